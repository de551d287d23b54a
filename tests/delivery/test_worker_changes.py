"""The worker while connections change, and between a call that halts a target and the write of it."""

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from connectors.base import Done, Memory, NotYet
from relay.delivery.attempt import Destination
from relay.delivery.worker import DeliveryWorker
from relay.errors import RemoteError, StoreBusyError
from relay.models.connection import Route
from relay.models.core import Result
from relay.models.delivery import Claim
from relay.store.sqlite.store import SqliteStore
from tests.delivery.destination import Played, no_files, played
from tests.delivery.test_worker import Clock, Gate, is_settled, named, owed_to, running
from tests.store.contract.make import accept, accept_many, only_delivery, pause, result
from tests.wire import wait_until


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Changing:
    """The destinations that a worker asks for, and whether it has heard of the last change."""

    def __init__(self, *destinations: Destination) -> None:
        self._now = {each.connection.name: each for each in destinations}
        self.heard = threading.Event()

    def __call__(self) -> dict[str, Destination]:
        self.heard.set()
        return self._now

    def change(self, store: SqliteStore, *destinations: Destination) -> None:
        """Returns when the worker is in a round that knows."""
        self._now = {each.connection.name: each for each in destinations}
        for _ in range(2):  # the round in which it asked is over when it asks again
            self.heard.clear()
            wait_until(lambda: store.notify() or self.heard.is_set())


def test_a_connection_that_is_added_while_it_runs_gets_its_pending_deliveries(
    store: SqliteStore, clock: Clock
) -> None:
    _, one = played(name="one")
    later, two = played(name="two")
    accept(store, result(), to=owed_to(one, two))
    now = Changing(one)
    with running(DeliveryWorker(store, now, clock, files=no_files)):
        wait_until(is_settled(store, "delivered", connection="one"))
        assert only_delivery(store, connection="two").status == "pending"
        now.change(store, one, two)
        wait_until(is_settled(store, "delivered", connection="two"))
    assert later.seen == ["vgen_1"]


def test_a_running_call_ends_with_what_it_began_with_and_what_waits_follows_the_change(
    store: SqliteStore, clock: Clock
) -> None:
    gate = Gate()
    before, old = played(gate, concurrency=1)
    after, new = played(concurrency=1, target="elsewhere", fingerprint="new")
    accept_many(store, 6, to=owed_to(old))
    now = Changing(old)
    with running(DeliveryWorker(store, now, clock, files=no_files)):
        assert before.called.acquire(timeout=30)
        now.change(store, new)
        wait_until(lambda: len(after.seen) == 5)
        gate.open.set()
        wait_until(is_settled(store, "delivered", 6))
    assert before.seen == ["vgen_0"]
    assert sorted(after.seen) == [f"vgen_{number}" for number in range(1, 6)]


def test_a_call_under_way_counts_against_its_target_also_after_a_change(
    store: SqliteStore, clock: Clock
) -> None:
    gate = Gate()
    before, old = played(gate, concurrency=1)
    after, new = played(concurrency=1, fingerprint="new")
    accept_many(store, 3, to=owed_to(old))
    now = Changing(old)
    with running(DeliveryWorker(store, now, clock, files=no_files)):
        assert before.called.acquire(timeout=30)
        for changed in ((), (new,)):  # gone and back again: its hand is still at work
            now.change(store, *changed)
        assert after.seen == []
        gate.open.set()
        wait_until(is_settled(store, "delivered", 3))
    assert (len(before.seen), len(after.seen)) == (1, 2)


def test_a_connection_that_is_gone_is_called_no_more(store: SqliteStore, clock: Clock) -> None:
    gate = Gate()
    connector, gone = played(gate, concurrency=1)
    accept_many(store, 4, to=owed_to(gone))
    now = Changing(gone)
    with running(DeliveryWorker(store, now, clock, files=no_files)):
        assert connector.called.acquire(timeout=30)
        now.change(store)
        gate.open.set()
        wait_until(is_settled(store, "delivered"))
        accept(store, result("later"), to=owed_to(gone))
        now.change(store)
    assert connector.seen == ["vgen_0"]
    rest = store.deliveries(limit=10, status="pending")
    assert [store.attempts(each.id) for each in rest] == [[]] * 4


def test_a_pause_is_ended_by_fixed_options_while_it_runs(store: SqliteStore, clock: Clock) -> None:
    _, bad = played(_refuse, fingerprint="old")
    _, mended = played(fingerprint="new")
    accept(store, result(), to=owed_to(bad))
    now = Changing(bad)
    with running(DeliveryWorker(store, now, clock, files=no_files)):
        wait_until(store.pauses)
        now.change(store, mended)
        wait_until(is_settled(store, "delivered"))
    assert store.pauses() == {}


def test_a_refusal_of_the_old_options_that_comes_after_the_change_pauses_nothing(
    store: SqliteStore, clock: Clock
) -> None:
    gate = Gate()

    def refuse_late(connector: Played, result: Result, memory: Memory) -> Done:
        gate(connector, result, memory)
        return _refuse(connector, result, memory)

    before, bad = played(refuse_late, fingerprint="old")
    _, mended = played(fingerprint="new")
    accept(store, result(), to=owed_to(bad))
    now = Changing(bad)
    with running(DeliveryWorker(store, now, clock, files=no_files)):
        assert before.called.acquire(timeout=30)
        now.change(store, mended)
        clock.now += 60_000
        gate.open.set()
        wait_until(is_settled(store, "delivered"))
    assert store.pauses() == {}


def test_what_was_claimed_ahead_is_not_sent_after_a_person_paused(store: SqliteStore, clock: Clock) -> None:
    """The pause raises the revision, so the directory gives another mapping."""
    gate = Gate()
    connector, sheet = played(gate, concurrency=1)
    accept_many(store, 5, to=owed_to(sheet))
    now = Changing(sheet)
    with running(DeliveryWorker(store, now, clock, files=no_files)):
        assert connector.called.acquire(timeout=30)
        store.pause("sheet", pause("holidays"))
        now.change(store, sheet)
        gate.open.set()
        wait_until(is_settled(store, "delivered"))
        now.change(store, sheet)
    assert len(connector.keys) == 1


def test_a_busy_store_puts_off_a_change_and_loses_it_not(store: SqliteStore, clock: Clock) -> None:
    connector, sheet = played()
    asked = 0

    def at_first_busy() -> dict[str, Destination]:
        nonlocal asked
        asked += 1
        if asked < 3:
            raise StoreBusyError("not now")
        return by_name

    by_name = named(sheet)()
    accept(store, result(), to=owed_to(sheet))
    with running(DeliveryWorker(store, at_first_busy, clock, files=no_files)):
        wait_until(lambda: store.notify() or only_delivery(store).status == "delivered")
    assert len(connector.keys) == 1


# -- between a call that says "nobody now" and the write of it


class SlowClaim(SqliteStore):
    """The real store; after a claim that got something more, it lets the first call end before it returns."""

    def __init__(self, path: Path, first: Gate, claimed: Callable[[], bool]) -> None:
        super().__init__(path)
        self._first, self._over, self._claims = first, claimed, 0

    def claim(self, connections: Sequence[Route], **given: Any) -> Claim:
        claim = super().claim(connections, **given)
        self._claims += bool(claim.deliveries)
        if claim.deliveries and self._claims == 2:
            self._first.open.set()
            wait_until(self._over)
        return claim


@pytest.fixture
def race(path: Path) -> Iterator[Callable[..., SlowClaim]]:
    opened: list[SlowClaim] = []

    def open_one(first: Gate, over: Callable[[], bool]) -> SlowClaim:
        opened.append(SlowClaim(path, first, over))
        return opened[-1]

    yield open_one
    for each in opened:
        each.close()


def _refuse(connector: Played, result: Result, memory: Memory) -> Done:
    raise RemoteError("answered 401", "connection", status=401)


def _slow_down(connector: Played, result: Result, memory: Memory) -> Done:
    raise RemoteError("answered 429", status=429, retry_after=60)


def _used_up(connector: Played, result: Result, memory: Memory) -> NotYet:
    return NotYet(60, "quota used up", holds=True)


@pytest.mark.parametrize(
    ("halt", "shares"),  # a pause is of one connection alone
    [
        (_refuse, "connection"),
        *itertools.product((_slow_down, _used_up), ("connection", "quota")),
    ],
)
def test_nobody_calls_between_a_call_that_halts_a_target_and_the_write_of_it(
    store: SqliteStore,
    clock: Clock,
    race: Callable[..., SlowClaim],
    halt: Callable[[Played, Result, Memory], Done],
    shares: str,
) -> None:
    """The second claim is under way when the first call is told to stop: the store cannot know it yet."""
    gate = Gate()

    def first(connector: Played, result: Result, memory: Memory) -> Done | NotYet:
        gate(connector, result, memory)
        return halt(connector, result, memory)

    shared: dict[str, Any] = {"quota": "base", "hold_is_shared": True}
    called, one = played(first, concurrency=2, **shared)
    also, two = (called, one) if shares == "connection" else played(name="other", target="t2", **shared)
    worker: DeliveryWorker
    slow = race(gate, lambda: bool(worker._ended))
    worker = DeliveryWorker(slow, named(one, two), clock, files=no_files)
    accept(store, result(), to=owed_to(one))
    with running(worker):
        assert called.called.acquire(timeout=30)
        accept(store, result("vgen_2"), to=owed_to(two))
        slow.notify()
        wait_until(gate.open.is_set)
        wait_until(lambda: not worker._leases)
    assert called.seen == ["vgen_1"]
    assert also.seen in ([], ["vgen_1"])
    waiting = only_delivery(store, generation_id="vgen_2")
    assert (waiting.status, store.attempts(waiting.id)) == ("pending", [])


def test_another_connection_of_the_target_goes_on_while_one_is_paused(
    store: SqliteStore, clock: Clock, race: Callable[..., SlowClaim]
) -> None:
    gate = Gate()

    def first(connector: Played, result: Result, memory: Memory) -> Done:
        gate(connector, result, memory)
        return _refuse(connector, result, memory)

    refused, one = played(first, concurrency=2, target="shared")
    fine, two = played(name="two", concurrency=2, target="shared")
    worker: DeliveryWorker
    slow = race(gate, lambda: bool(worker._ended))
    worker = DeliveryWorker(slow, named(one, two), clock, files=no_files)
    accept(store, result(), to=owed_to(one))
    with running(worker):
        assert refused.called.acquire(timeout=30)
        accept(store, result("vgen_2"), to=owed_to(one, two))
        slow.notify()
        wait_until(is_settled(store, "delivered", connection="two"))
    assert (refused.seen, fine.seen) == (["vgen_1"], ["vgen_2"])


def test_a_changed_mapping_of_the_same_destinations_loses_and_doubles_nothing(
    store: SqliteStore, path: Path, clock: Clock
) -> None:
    connector, sheet = played(concurrency=4)
    accept_many(store, 200, to=owed_to(sheet))
    with (
        closing(SqliteStore(path)) as other,
        running(DeliveryWorker(other, lambda: {"sheet": sheet}, clock, files=no_files)),
    ):
        wait_until(is_settled(store, "delivered", 200))
    assert sorted(connector.seen) == sorted(f"vgen_{number}" for number in range(200))
