"""Under load and kill -9 nothing that was answered 2xx is lost, and every repeated call has the same key.

CRASH_KILLS sets how many kills of each engine (50 and 20 unless told, `make crash` takes 300), CRASH_SEED
where chance starts. On SQLite half of them hit one relay and half another, so that both can run at a time.
"""

import os
import random
import secrets
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import pytest

from tests import postgres
from tests.acceptance.kills import BEFORE_COMMIT, COMMITTED, PLACES, PLAN, UNSETTLED, Kills
from tests.acceptance.load import Load
from tests.wire import Answer, Call, Receiver, RelayProcess, wait_until

SLACK = "https://hooks.slack.com"
AIMED_AT = {
    BEFORE_COMMIT: ("web worker", "a post is sent"),
    COMMITTED: ("web worker", "a post is stored"),
    UNSETTLED: ("delivery worker", "a call arrives"),
}
OWED = "select count(*) from delivery where status in ('pending', 'retrying')"


@pytest.mark.parametrize("half", [0, 1])
def test_no_kill_at_any_place_loses_an_answered_webhook(
    half: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    count = int(os.environ.get("CRASH_KILLS", "50")) // 2
    plan = PLAN[half * len(PLAN) // 2 :] + PLAN[: half * len(PLAN) // 2]
    _crash(tmp_path, {}, count, capsys, plan=plan, run=half)


def test_no_kill_on_postgres_loses_an_answered_webhook(
    postgres_server: postgres.Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    count = int(os.environ.get("CRASH_KILLS", "20"))
    url = postgres.new_database(postgres_server)
    _crash(tmp_path, {"DATABASE_URL": url}, count, capsys)


def _crash(
    folder: Path,
    environment: Mapping[str, str],
    count: int,
    capsys: pytest.CaptureFixture[str],
    *,
    plan: Sequence[tuple[str, str]] = PLAN,
    run: int = 0,
) -> None:
    seed = int(os.environ.get("CRASH_SEED") or secrets.randbits(32)) + run
    chance = random.Random(seed)
    with Receiver() as receiver:
        relay = RelayProcess(folder / "data", _environment(receiver) | dict(environment))
        with relay:
            load = Load(relay.port, threads=6, seed=seed, pause=0.03, failures=40)
            kills = Kills(relay, receiver, load, seed)

            def answer(_: Call) -> Answer:
                kills.called()
                return Answer(after=chance.choice((0.0, 0.0, 0.005, 0.02)))

            receiver.answer = answer
            receiver.answered = lambda _: kills.answered()
            load.start()
            try:
                for number in range(count):
                    kills.kill(*plan[number % len(plan)])
                for missed in _missed(kills, most=20):
                    kills.kill(*AIMED_AT[missed])
            finally:
                load.stop()
            _wait_for_all_deliveries(relay)
            report = _report(seed, kills, load, receiver)
            with capsys.disabled():
                print(report)
            _assert_all_places_occurred(kills)
            _assert_stored_once(relay, load)
            _assert_delivered(relay, receiver, load)
            _assert_repeats_have_the_same_key(receiver, kills)


def _wait_for_all_deliveries(relay: RelayProcess) -> None:
    """A relay that is killed all the time falls behind, and then goes on until all is sent."""

    def is_less(than: int) -> bool:
        return relay.number(OWED) < than

    while owed := relay.number(OWED):
        wait_until(partial(is_less, owed), 120, pause=0.5)


def _environment(receiver: Receiver) -> dict[str, str]:
    return {
        "WEBHOOK_URL": receiver.url(),
        "ALLOWED_HOSTS": receiver.host,
        "SLACK_WEBHOOK_URL": f"{SLACK}/services/T/B/X",
        "SLACK_STATUSES": "failed",
        "ORIGIN_MAP": f"{SLACK}=http://{receiver.host}",
    }


def _missed(kills: Kills, most: int) -> Iterator[str]:
    """Places that no kill has hit, each until one has: on a busy machine a kill may miss its aim."""
    for _ in range(most):
        if missed := AIMED_AT.keys() - {place for _, place in kills.places}:
            yield min(missed)


def _assert_all_places_occurred(kills: Kills) -> None:
    seen = {place for _, place in kills.places}
    assert AIMED_AT.keys() <= seen, kills.places


def _assert_stored_once(relay: RelayProcess, load: Load) -> None:
    assert load.surprises == []
    stored = {row[0]: row[1] for row in relay.rows("select delivery_id, id from event")}
    assert relay.number("select count(*) from event") == len(stored)
    assert relay.number("select count(*) from result") == len(stored)
    if not relay.on_postgres:
        assert relay.rows("pragma integrity_check") == [("ok",)]
    answered = {w.generation_id: w for w in load.webhooks if w.acknowledged}
    assert len(answered) > 0
    assert answered.keys() <= stored.keys()
    assert stored.keys() <= {webhook.generation_id for webhook in load.webhooks if webhook.sent}
    for webhook in answered.values():
        assert {event for _, event in webhook.answers} == {stored[webhook.generation_id]}
        assert [status for status, _ in webhook.answers].count(202) <= 1


def _assert_delivered(relay: RelayProcess, receiver: Receiver, load: Load) -> None:
    rows = relay.rows(
        "select result.generation_id, result.status, delivery.connection, delivery.status"
        " from result left join delivery on delivery.result_id = result.id"
    )
    claimed = {(generation_id, status, "webhook") for generation_id, status, _, _ in rows}
    claimed |= {
        (generation_id, status, "slack") for generation_id, status, _, _ in rows if status == "failed"
    }
    assert {(*row[:3],) for row in rows} == claimed
    assert len(rows) == len(claimed)
    assert {row[3] for row in rows} == {"delivered"}
    reached = {_named(call) for call in receiver.calls if call.key}
    assert reached == {(generation_id, status) for generation_id, status, _ in claimed}
    slack = [call for call in receiver.calls if call.path.startswith("/services/")]
    assert len(slack) >= sum(connection == "slack" for _, _, connection in claimed)


def _assert_repeats_have_the_same_key(receiver: Receiver, kills: Kills) -> None:
    keys: dict[tuple[str, str], set[str]] = defaultdict(set)
    named: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for call in receiver.calls:
        if call.key:
            keys[_named(call)].add(call.key)
            named[call.key].add(_named(call))
    assert [found for found in keys.values() if len(found) > 1] == []
    assert [found for found in named.values() if len(found) > 1] == []
    assert _repeated(receiver) <= kills.unsettled, "a call was repeated although its delivery was settled"


def _repeated(receiver: Receiver) -> set[str]:
    counts = Counter(call.key for call in receiver.calls if call.key)
    return {key for key, count in counts.items() if count > 1}


def _named(call: Call) -> tuple[str, str]:
    data = call.json["data"]
    return data["generation_id"], data["status"]


def _report(seed: int, kills: Kills, load: Load, receiver: Receiver) -> str:
    lines = [f"\ncrash: {sum(kills.done.values())} kills, seed {seed}; a kill can hit several places"]
    lines += ["".join((f"  {'killed':<17}{'times':>6}", *(f"  {place:>27}" for place in PLACES)))]
    for what, times in kills.done.items():
        places = "".join(f"  {kills.places[what, place]:>27}" for place in PLACES)
        lines.append(f"  {what:<17}{times:>6}{places}")
    acknowledged = sum(webhook.acknowledged for webhook in load.webhooks)
    posts = sum(webhook.sent for webhook in load.webhooks)
    lines.append(
        f"  {len(load.webhooks)} webhooks in {posts} posts, {acknowledged} answered 2xx;"
        f" {len(receiver.calls)} calls, {len(_repeated(receiver))} of them came again under the same key"
    )
    return "\n".join(lines)
