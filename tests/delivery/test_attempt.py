"""One attempt: whatever happens in it stands in its settlement, and no secret does."""

import logging
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr

from connectors.base import Done, Memory, NotYet
from relay.delivery.attempt import Destination, attempt, secret_values
from relay.delivery.retry_policy import RESTARTS
from relay.errors import RemoteError, StoreBusyError
from relay.http.client import Http
from relay.models.core import Result
from relay.models.delivery import ClaimedDelivery, DeliveryStatus, Outcome, Settlement
from relay.retry import LADDER
from relay.store.contract.core import OF_CONNECTION
from relay.store.sqlite.store import SqliteStore
from tests.delivery.destination import Played, no_files, played, webhook
from tests.store.contract.make import LEASE, NOW, accept, claim, claim_one, result
from tests.wire import Answer, Receiver

TOKEN = "hunter2-hunter2"


@pytest.fixture
def claimed(store: SqliteStore) -> ClaimedDelivery:
    accept(store, result(vendor_batch_id="batch_1"))
    return claim_one(store)


@pytest.fixture
def run(store: SqliteStore, claimed: ClaimedDelivery) -> Callable[[Destination], Settlement]:
    return lambda destination: attempt(claimed, destination, store, lambda: NOW, files=no_files)


Run = Callable[[Destination], Settlement]


def acting(what: Any, **options: Any) -> Destination:
    """A destination that gives or raises this."""

    def act(connector: Played, result: Result, memory: Memory) -> Done | NotYet:
        if isinstance(what, BaseException):
            raise what
        return what  # type: ignore[no-any-return]

    return played(act, **options)[1]


def test_a_delivery_over_real_http_is_settled_with_status_time_and_answer(
    run: Run, http: Http, receiver: Receiver, claimed: ClaimedDelivery
) -> None:
    receiver.answer = lambda call: Answer(201, body=b"thanks")
    settled = run(webhook(http, receiver.url()))
    assert (settled.outcome, settled.status) == (Outcome.DONE, DeliveryStatus.DELIVERED)
    assert (settled.http_status, settled.answer, settled.started_at) == (201, "thanks", NOW)
    assert (settled.delivery_id, settled.token, settled.due_at) == (claimed.delivery_id, claimed.token, None)
    assert settled.milliseconds >= 0
    assert [call.key for call in receiver.calls] == [claimed.key]


def test_a_refusal_keeps_the_other_sides_words(run: Run, http: Http, receiver: Receiver) -> None:
    receiver.answer = lambda call: Answer(422, body=b'{"error": "no such field"}')
    settled = run(webhook(http, receiver.url()))
    assert (settled.status, settled.http_status) == (DeliveryStatus.FAILED, 422)
    assert settled.answer == '{"error": "no such field"}'


def test_a_cut_line_is_tried_again(run: Run, http: Http, receiver: Receiver) -> None:
    receiver.answer = lambda call: Answer(cut=True)
    settled = run(webhook(http, receiver.url()))
    assert (settled.outcome, settled.counts, settled.http_status) == (Outcome.RETRY, True, None)
    assert settled.due_at is not None
    assert settled.due_at >= NOW + 5_000


def test_the_first_two_kilobytes_of_an_answer_are_kept(run: Run) -> None:
    assert run(acting(Done(answer="x" * 5_000))).answer == "x" * 2048
    assert run(acting(RemoteError("no", answer="y" * 5_000))).answer == "y" * 2048


def test_a_secret_that_comes_back_is_masked_everywhere(run: Run) -> None:
    said = f"your token {TOKEN} is fine"
    done = run(acting(Done(link=f"https://x.test/?t={TOKEN}", note=said, answer=said), token=TOKEN))
    refused = run(acting(RemoteError(said, "connection", answer=said), token=TOKEN))
    for settled in (done, refused):
        assert TOKEN not in repr(settled)
        assert "your token ******** is fine" in (settled.message, settled.answer)
    assert refused.pause is not None
    assert TOKEN not in refused.pause.why


def test_a_short_secret_is_masked_where_it_is_a_word_of_its_own(run: Run) -> None:
    """Else a password of one letter would leave nothing of a sentence to read."""
    settled = run(acting(Done(note="a 9 of 99 and v9", answer="pass=9"), token="9"))
    assert (settled.message, settled.answer) == ("a ******** of 99 and v9", "pass=********")


@pytest.mark.parametrize(
    ("token", "repeated"),
    [
        ("a%2Fb+c-token", "a/b c-token"),
        ("a/b=c-token", "a%2Fb%3Dc-token"),
        ("a/b=c-token", "a%2fb%3dc-token"),
        ('a"\u00e9-token', 'a\\"\\u00e9-token'),
        ("a&b<c-token", "a&amp;b&lt;c-token"),
    ],
)
def test_a_secret_that_comes_back_in_another_spelling_is_masked_too(
    run: Run, token: str, repeated: str
) -> None:
    done = run(acting(Done(note=f"no {repeated}!", answer=f"no {repeated}!"), token=token))
    assert (done.message, done.answer) == ("no ********!", "no ********!")


def test_a_secret_across_the_cut_is_masked_too(run: Run) -> None:
    settled = run(acting(Done(answer="x" * 2040 + TOKEN), token=TOKEN))
    assert settled.answer == "x" * 2040 + "********"


def test_a_secret_within_a_secret_leaves_nothing_of_either() -> None:
    class Two(BaseModel):
        short: SecretStr = SecretStr("abcdefgh")
        long: SecretStr = SecretStr("abcdefgh-and-more")
        none: SecretStr = SecretStr("")
        absent: SecretStr | None = None

    assert secret_values(Two()) == ("abcdefgh-and-more", "abcdefgh")


def test_a_bug_is_logged_with_its_traceback_and_tried_again(
    run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        settled = run(acting(ZeroDivisionError("ours")))
    assert (settled.outcome, settled.status, settled.counts) == (
        Outcome.RETRY,
        DeliveryStatus.RETRYING,
        True,
    )
    (record,) = caplog.records
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError


@pytest.mark.parametrize(
    "nonsense", [None, "done", NotYet(math.nan), Done(answer=None), RemoteError("x", retry_after=math.nan)]
)
def test_an_answer_that_makes_no_sense_is_a_bug_and_not_the_end_of_the_worker(
    run: Run, nonsense: object
) -> None:
    settled = run(acting(nonsense))
    assert (settled.outcome, settled.counts) == (Outcome.RETRY, True)


def test_words_that_no_store_can_keep_are_kept_without_them(run: Run, store: SqliteStore) -> None:
    """A service that quotes half an emoji would else bring the worker down with each attempt."""
    settled = run(acting(Done(link="https://x.test/\udc00", note="cut \ud83d", answer="nul \0 in it")))
    assert (settled.link, settled.message, settled.answer) == ("https://x.test/?", "cut ?", "nul ? in it")
    assert store.settle([settled]) == []


def test_a_busy_store_under_a_connectors_memory_is_tried_again(run: Run) -> None:
    assert run(acting(StoreBusyError("busy"))).outcome == Outcome.RETRY


def test_memory_saved_before_a_crash_is_there_at_the_next_attempt(run: Run, store: SqliteStore) -> None:
    def act(connector: Played, result: Result, memory: Memory) -> Done:
        memory["tries"] = memory.get("tries", 0) + 1
        memory.save()
        memory["lost"] = True
        if memory["tries"] < 3:
            raise ZeroDivisionError
        return Done(note=str(memory["tries"]))

    _, destination = played(act)
    assert [run(destination).outcome for _ in range(3)] == ["retry", "retry", "done"]
    assert store.load_memory("sheet", "vgen_1") == {"tries": 3}


def noting(*saved: dict[str, Any]) -> Destination:
    """A destination that saves these, one after the other, and then loses its answer."""

    def act(connector: Played, result: Result, memory: Memory) -> Done:
        for each in saved:
            memory.clear()
            memory.update(each)
            memory.save()
        memory["lost"] = True
        raise RemoteError("cut", ambiguous=True)

    return played(act)[1]


def climbed(settled: Settlement) -> bool:
    assert settled.counts is not settled.restarts
    return settled.counts


def test_an_attempt_that_leaves_more_in_memory_than_it_found_begins_the_ladder_anew(
    store: SqliteStore, claimed: ClaimedDelivery
) -> None:
    late = replace(claimed, tries=len(LADDER))
    settled = attempt(late, noting({"staged": ["1"]}), store, lambda: NOW, files=no_files)
    assert not climbed(settled)
    assert settled.due_at is not None
    assert settled.due_at <= NOW + LADDER[0] * 1200 + settled.milliseconds


def test_what_only_comes_back_to_where_it_began_climbs_the_ladder(run: Run) -> None:
    assert climbed(run(noting()))
    assert climbed(run(noting({})))
    assert climbed(run(noting({"asked": ("x",)}, {})))
    assert not climbed(run(noting({"asked": ("x",)})))
    assert climbed(run(noting({}, {"asked": ("x",)})))


def test_what_is_remembered_of_the_batch_is_a_step_too(run: Run) -> None:
    def act(connector: Played, result: Result, memory: Memory) -> Done:
        memory.batch["thread"] = "170.1"
        memory.save()
        raise RemoteError("cut")

    destination = played(act)[1]
    assert [climbed(run(destination)) for _ in range(2)] == [False, True]


def test_a_connector_that_saves_something_new_each_time_is_given_up_all_the_same(
    store: SqliteStore, claimed: ClaimedDelivery
) -> None:
    settled, attempts = attempt(claimed, noting({"at": 1}), store, lambda: NOW, files=no_files), 1
    while settled.due_at is not None:
        store.settle([settled])
        now = settled.due_at
        claimed, attempts = claim_one(store, at=now), attempts + 1
        settled = attempt(claimed, noting({"at": attempts}), store, lambda now=now: now, files=no_files)  # type: ignore[misc]
    assert settled.status == DeliveryStatus.FAILED
    assert attempts == RESTARTS + len(LADDER) + 1


def test_memory_is_of_the_generation_and_beside_it_of_its_batch_and_of_the_connection(
    run: Run, store: SqliteStore
) -> None:
    def act(connector: Played, result: Result, memory: Memory) -> Done:
        memory["ts"] = "171.5"
        memory.batch["thread"] = "170.1"
        memory.connection["tab"] = memory.connection.get("tab", 0) + 1
        memory.save()
        return Done()

    for _ in range(2):
        run(played(act)[1])
    assert store.load_memory("sheet", "vgen_1") == {"ts": "171.5"}
    assert store.load_memory("sheet", "batch batch_1") == {"thread": "170.1"}
    assert store.load_memory("sheet", OF_CONNECTION) == {"tab": 2}


def test_of_the_memory_only_what_changed_is_written(store: SqliteStore, claimed: ClaimedDelivery) -> None:
    """What another attempt saved for the connection meanwhile stays."""

    def act(connector: Played, result: Result, memory: Memory) -> Done:
        assert memory.connection == {}
        lease = (claimed.delivery_id, claimed.token)
        store.save_memory("sheet", {OF_CONNECTION: {"tab": 7}}, lease=lease)
        memory["ts"] = "171.5"
        memory.save()
        return Done()

    attempt(claimed, played(act)[1], store, lambda: NOW, files=no_files)
    assert store.load_memory("sheet", OF_CONNECTION) == {"tab": 7}
    assert store.load_memory("sheet", "vgen_1") == {"ts": "171.5"}


def test_a_connector_whose_lease_is_lost_stops_without_a_word_in_the_log(
    run: Run, store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    def act(connector: Played, result: Result, memory: Memory) -> Done:
        claim(store, at=NOW + LEASE + 1)
        memory["ts"] = "171.5"
        memory.save()
        raise AssertionError("not reached")

    settlement = run(played(act)[1])
    assert store.settle([settlement]) == [settlement]
    assert store.load_memory("sheet", "vgen_1") == {}
    assert not [record for record in caplog.records if record.exc_info]


def test_a_delivery_that_ends_the_worker_each_time_is_given_up_without_another_call(
    store: SqliteStore, claimed: ClaimedDelivery
) -> None:
    connector, sheet = played()
    settlement = attempt(replace(claimed, tries=len(LADDER) + 1), sheet, store, lambda: NOW, files=no_files)
    assert settlement.status == DeliveryStatus.FAILED
    assert "again and again" in settlement.message
    assert connector.keys == []
