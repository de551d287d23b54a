"""The relay on Postgres, end to end: webhooks, jobs, a new disk, a server that stops and comes back."""

import json
import re
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from relay.store.postgres.store import PostgresStore
from sandbox import API_KEY, ORIGINS, SIGNING_SECRET, Config, Sandbox, serve
from tests import postgres
from tests.commands import Run
from tests.wire import (
    Answer,
    Call,
    Connection,
    Receiver,
    RelayProcess,
    Reply,
    generation,
    request,
    signed,
    wait_until,
)

pytestmark = pytest.mark.postgres

TOKEN = "cr_of-the-test"
DELIVERED = "select count(*) from delivery where status = 'delivered'"
AUTHORIZATION = ("Authorization", f"Bearer {TOKEN}")


def get(relay: RelayProcess, path: str) -> Reply:
    with Connection(relay.port, timeout=20) as wire:
        return wire.post(request(b"", [AUTHORIZATION], path, "GET"))


def post(relay: RelayProcess, path: str, body: Mapping[str, object]) -> Reply:
    raw = json.dumps(body).encode()
    kind = ("Content-Type", "application/json")
    with Connection(relay.port, timeout=20) as wire:
        return wire.post(request(raw, [AUTHORIZATION, kind, ("Content-Length", str(len(raw)))], path))


def send(relay: RelayProcess, generation_id: str) -> int:
    with Connection(relay.port, timeout=20) as wire:
        return wire.post(signed(generation(generation_id))).status


def environment(receiver: Receiver, url: str) -> dict[str, str]:
    return {"DATABASE_URL": url, "WEBHOOK_URL": receiver.url(), "ALLOWED_HOSTS": receiver.host}


def delivered(receiver: Receiver) -> list[Call]:
    """Without the calls that only look whether it answers."""
    return [call for call in receiver.calls if call.key]


def results(receiver: Receiver) -> list[tuple[str, str]]:
    """What was delivered: generation and status of each call."""
    return [(call.json["data"]["generation_id"], call.json["data"]["status"]) for call in delivered(receiver)]


@contextmanager
def closing_sandbox(sandbox: Sandbox) -> Iterator[None]:
    try:
        yield
    finally:
        sandbox.stop()


@pytest.fixture
def url(postgres_server: postgres.Server) -> str:
    """As Heroku spells it."""
    url = postgres.new_database(postgres_server).replace("postgresql://", "postgres://")
    with closing(PostgresStore(url)) as store:
        store.add_token("test", sha256(TOKEN.encode()).hexdigest(), now=1)
    return url


@pytest.fixture
def own_server() -> Iterator[postgres.Server]:
    """For a test that stops it."""
    server = postgres.Server.make()
    server.start()
    yield server
    server.remove()


def test_a_webhook_goes_in_and_out_and_all_is_there_on_a_new_disk(url: str, tmp_path: Path, run: Run) -> None:
    """The second relay has nothing of the first but the database: not even the generated SECRET_KEY, with
    which the address of the connection is encrypted."""
    with Receiver() as receiver:
        given = {"DATABASE_URL": url, "ALLOWED_HOSTS": receiver.host}
        words = ("connections", "add", "webhook", "hook", "--set", "url=-")
        added = run(*words, answers=receiver.url() + "\n", **given)
        assert added.exit_code == 0, added.output
        with RelayProcess(tmp_path / "first", given) as relay:
            assert [send(relay, "vgen_1"), send(relay, "vgen_1")] == [202, 200]
            wait_until(lambda: relay.number(DELIVERED) == 1)
            assert relay.stop() == 0
        assert [each.name for each in (tmp_path / "first").iterdir()] == ["output.log"]
        with RelayProcess(tmp_path / "second", given) as relay:
            assert [send(relay, "vgen_1"), send(relay, "vgen_2")] == [200, 202]
            wait_until(lambda: relay.number(DELIVERED) == 2)
            assert len(json.loads(get(relay, "/api/deliveries").body)["items"]) == 2
    assert sorted(results(receiver)) == [("vgen_1", "completed"), ("vgen_2", "completed")]


def test_a_job_goes_through_to_its_delivery(url: str, tmp_path: Path) -> None:
    sandbox = serve(config=Config(speed=60))
    with closing_sandbox(sandbox), Receiver() as receiver:
        given = environment(receiver, url) | {
            "CREATIVEAI_API_KEY": API_KEY,
            "CREATIVEAI_WEBHOOK_SECRET": SIGNING_SECRET,
            "ORIGIN_MAP": ",".join(f"{origin}={sandbox.url}" for origin in ORIGINS),
        }
        with RelayProcess(tmp_path, given, calls_back=True) as relay:
            job = {"kind": "text-to-video", "input": {"prompt": "A mug"}, "context": {"sku": "CUP-7"}}
            answer = post(relay, "/api/jobs", job)
            assert answer.status == 201, answer
            wait_until(lambda: "completed" in {status for _, status in results(receiver)}, 60)
            assert relay.number("select count(*) from job where status = 'completed'") == 1
    with closing(PostgresStore(url)) as store:
        assert [job.context for job in store.find_jobs("a MUG cup-7", limit=5)] == [{"sku": "CUP-7"}]
        assert store.find_jobs("a mug cup-8", limit=5) == []


def test_while_the_server_is_away_webhooks_get_503_and_then_all_goes_on(
    own_server: postgres.Server, tmp_path: Path
) -> None:
    """Also what was being delivered when it went: it is settled afterwards, and not made again."""
    under_way, ended = threading.Event(), threading.Event()

    def answer(call: Call) -> Answer:
        if call.key and call.json["data"]["generation_id"] == "vgen_before":
            under_way.set()
            return Answer(after=1.0)
        return Answer()

    with Receiver(answer, answered=lambda _: ended.set()) as receiver:
        given = environment(receiver, own_server.create("relay"))
        with RelayProcess(tmp_path, given) as relay:
            assert send(relay, "vgen_before") == 202
            assert under_way.wait(30)
            running = set(relay.processes())
            own_server.stop(signal.SIGQUIT)
            assert [send(relay, "vgen_during") for _ in range(3)] == [503] * 3
            assert get(relay, "/healthz").status == 200
            assert get(relay, "/readyz").status == 503
            assert ended.wait(30)
            own_server.start()
            wait_until(lambda: send(relay, "vgen_during") in (200, 202))
            assert send(relay, "vgen_after") == 202
            wait_until(lambda: relay.number(DELIVERED) == 3)
            assert set(relay.processes()) == running, "nobody started again"
    assert sorted(results(receiver)) == [
        ("vgen_after", "completed"),
        ("vgen_before", "completed"),
        ("vgen_during", "completed"),
    ]


def test_it_waits_for_a_server_that_starts_with_it(own_server: postgres.Server, tmp_path: Path) -> None:
    with Receiver() as receiver:
        given = environment(receiver, own_server.create("relay"))
        own_server.stop()
        relay = RelayProcess(tmp_path, given)
        try:
            relay.start(wait=False)
            wait_until(lambda: relay.log.exists() and "waiting for the database" in relay.log.read_text(), 30)
            own_server.start()
            relay.wait_ready()
            assert send(relay, "vgen_1") == 202
        finally:
            relay.kill()
        assert not re.search("Traceback", relay.log.read_text())
