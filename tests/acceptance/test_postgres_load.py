"""Two web and three worker processes on one Postgres, under signed load, while workers are killed and the
server goes away: nothing is lost, every delivery is made once or comes again under its key, and paces hold.
"""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import combinations
from pathlib import Path

import pytest

from tests import postgres
from tests.acceptance.load import Load
from tests.wire import Answer, Receiver, RelayProcess, wait_until

pytestmark = pytest.mark.postgres

KILLS = RESTARTS = 10
WEBHOOKS = 400
OWED = "select count(*) from delivery where status in ('pending', 'retrying')"
SLACK = "https://hooks.slack.com"  # paced: a call a second
PACE = 1.0  # seconds between two calls as they leave
JITTER = 0.5  # seconds that a call may be longer on its way than another one


class Fleet:
    """The first two serve and work, the third only works."""

    def __init__(self, url: str, folder: Path, environment: dict[str, str]) -> None:
        given = environment | {"DATABASE_URL": url}
        worker = ("-m", "relay", "worker")
        self.relays = [RelayProcess(folder / str(number), given) for number in range(2)]
        self.third = RelayProcess(folder / "2", given, program=worker)

    def __enter__(self) -> "Fleet":
        with ExitStack() as started:
            for relay in self.relays:
                started.enter_context(relay)
            started.callback(self.third.kill)
            self.third.start(wait=False)
            self._started = started.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._started.close()

    def workers(self) -> list[int]:
        found = [wait_until(relay.delivery_worker) for relay in self.relays]
        return [*found, self.third.pid]

    def number(self, query: str) -> int:
        return self.relays[0].number(query)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    chance = random.Random(1)
    with Receiver(lambda _: Answer(after=chance.choice((0.0, 0.0, 0.005, 0.02)))) as receiver:
        yield receiver


def environment(receiver: Receiver) -> dict[str, str]:
    return {
        "WEBHOOK_URL": receiver.url(),
        "ALLOWED_HOSTS": receiver.host,
        "SLACK_WEBHOOK_URL": f"{SLACK}/services/T/B/X",
        "SLACK_STATUSES": "failed",
        "ORIGIN_MAP": f"{SLACK}=http://{receiver.host}",
    }


def loads(fleet: Fleet) -> list[Load]:
    return [
        Load(relay.port, threads=4, seed=number, pause=0.03, failures=4)
        for number, relay in enumerate(fleet.relays)
    ]


def under_load(fleet: Fleet, disturb: threading.Thread | None = None) -> list[Load]:
    """Until there were enough of them, and the disturbance is over."""
    running = loads(fleet)
    for load in running:
        load.start()
    if disturb:
        disturb.start()
        disturb.join()
    wait_until(lambda: sum(len(load.webhooks) for load in running) >= WEBHOOKS, 60)
    for load in running:
        load.stop()
    wait_until(lambda: fleet.number(OWED) == 0, 120, pause=0.2)
    return running


def assert_nothing_lost(fleet: Fleet, running: list[Load], receiver: Receiver) -> Counter[str]:
    """How often each delivery of the webhook connection was made, by its key."""
    assert [load.surprises for load in running] == [[], []]
    acknowledged = {each.generation_id for load in running for each in load.webhooks if each.acknowledged}
    assert len(acknowledged) > 50
    stored = {row[0] for row in fleet.relays[0].rows("select delivery_id from event")}
    assert acknowledged <= stored
    assert fleet.number("select count(*) from event") == fleet.number("select count(*) from result")
    rows = fleet.relays[0].rows("select connection, status from delivery")
    assert {status for _, status in rows} == {"delivered"}
    assert sum(connection == "webhook" for connection, _ in rows) == len(stored)
    calls = [call for call in receiver.calls if call.key]
    assert {call.json["data"]["generation_id"] for call in calls} == stored
    keys = Counter(call.key for call in calls)
    assert len(keys) == len(stored)
    assert_paced(receiver)
    return keys


def assert_paced(receiver: Receiver) -> None:
    times = sorted(call.at for call in receiver.calls if call.path.startswith("/services/"))
    assert len(times) > 2
    for (number, earlier), (next_number, later) in combinations(enumerate(times), 2):
        assert (later - earlier) / 1e9 >= (next_number - number) * PACE - JITTER


def test_every_delivery_is_made_once(
    postgres_server: postgres.Server, receiver: Receiver, tmp_path: Path
) -> None:
    url = postgres.new_database(postgres_server)
    with Fleet(url, tmp_path, environment(receiver)) as fleet:
        running = under_load(fleet)
        keys = assert_nothing_lost(fleet, running, receiver)
    assert set(keys.values()) == {1}


def test_a_worker_that_is_killed_each_second_loses_nothing(
    postgres_server: postgres.Server, receiver: Receiver, tmp_path: Path
) -> None:
    url = postgres.new_database(postgres_server)
    chance = random.Random(2)
    with Fleet(url, tmp_path, environment(receiver)) as fleet:

        def kill() -> None:
            for _ in range(KILLS):
                victim = chance.choice(fleet.workers())
                if victim == fleet.third.pid:
                    fleet.third.kill()
                    fleet.third.start(wait=False)
                else:
                    os.kill(victim, signal.SIGKILL)
                time.sleep(1.0)

        running = under_load(fleet, threading.Thread(target=kill))
        assert_nothing_lost(fleet, running, receiver)


def test_a_server_that_goes_away_again_and_again_loses_and_doubles_nothing(
    receiver: Receiver, tmp_path: Path
) -> None:
    server = postgres.Server.make()
    server.start()
    try:
        with Fleet(server.create("relay"), tmp_path, environment(receiver)) as fleet:

            def restart() -> None:
                for number in range(RESTARTS):
                    time.sleep(0.5)
                    server.stop((signal.SIGINT, signal.SIGQUIT)[number % 2])
                    time.sleep(0.2)
                    server.start()
                time.sleep(1.0)

            running = under_load(fleet, threading.Thread(target=restart))
            keys = assert_nothing_lost(fleet, running, receiver)
        assert set(keys.values()) == {1}
    finally:
        server.remove()
