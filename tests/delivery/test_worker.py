"""The worker in a thread, on a real store: it delivers, waits, renews, survives, shares and stops."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from connectors.base import Done, Memory, NotYet
from relay.delivery import worker as worker_module
from relay.delivery.attempt import Destination
from relay.delivery.target_pool import SpareSlots, TargetPool, Task
from relay.delivery.worker import SPARE_SLOTS, DeliveryWorker
from relay.errors import RemoteError
from relay.http.client import Http
from relay.lease_loop import LEASE_MS, LONGEST_SLEEP_SECONDS
from relay.models.connection import Pause, Route
from relay.models.core import Result
from relay.models.delivery import Selection
from relay.store.contract.core import Waiter
from relay.store.sqlite.store import SqliteStore
from tests.delivery.destination import Played, no_files, played, webhook
from tests.store.contract.make import LEASE, NOW, accept, accept_many, claim, only_delivery, result
from tests.store.template import new_database
from tests.wire import Answer, Receiver, wait_until


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOW + 1_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@contextmanager
def running(worker: DeliveryWorker) -> Iterator[threading.Thread]:
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield thread
    finally:
        worker.stop()
        thread.join(30)
    assert not thread.is_alive(), "the worker did not stop"


def named(*destinations: Destination) -> Callable[[], dict[str, Destination]]:
    """As the directory gives them: the same mapping each time."""
    by_name = {each.connection.name: each for each in destinations}
    return lambda: by_name


def owed_to(*destinations: Destination) -> list[Route]:
    return [each.connection for each in destinations]


def is_settled(store: SqliteStore, status: str, count: int = 1, **filters: str) -> Callable[[], bool]:
    return lambda: len(store.deliveries(limit=1_000, status=status, **filters)) == count


class Gate:
    """A call that does not end before it is let, and then as told."""

    def __init__(self) -> None:
        self.open = threading.Event()

    def __call__(self, connector: Played, result: Result, memory: Memory) -> Done:
        assert self.open.wait(30)
        return Done(note="through the gate")


def test_what_is_accepted_is_delivered_at_once(
    store: SqliteStore, http: Http, receiver: Receiver, clock: Clock
) -> None:
    hook = webhook(http, receiver.url())
    with running(DeliveryWorker(store, named(hook), clock, files=no_files)):
        accept(store, result(prompt="a cup"), to=owed_to(hook))
        wait_until(is_settled(store, "delivered"))
    (call,) = receiver.calls
    assert call.json["data"]["prompt"] == "a cup"
    (attempt,) = store.attempts(only_delivery(store).id)
    assert (attempt.outcome, attempt.http_status, attempt.answer) == ("done", 200, "ok")


def test_what_fails_is_tried_again_when_its_time_has_come_and_with_the_same_key(
    store: SqliteStore, http: Http, receiver: Receiver, clock: Clock
) -> None:
    receiver.answer = lambda call: Answer(500 if len(receiver.calls) < 3 else 200)
    hook = webhook(http, receiver.url())
    accept(store, result(), to=owed_to(hook))
    with running(DeliveryWorker(store, named(hook), clock, files=no_files)):
        for _ in range(2):
            due_at = wait_until(lambda: next_try(store, clock))
            clock.now = due_at - 1
            store.notify()
            clock.now = due_at
            store.notify()
        wait_until(is_settled(store, "delivered"))
    assert len({call.key for call in receiver.calls}) == 1
    outcomes = [each.outcome for each in store.attempts(only_delivery(store).id)]
    assert outcomes == ["retry", "retry", "done"]


def next_try(store: SqliteStore, clock: Clock) -> int | None:
    """When, if it waits for one that has not come; not while an attempt is under way."""
    row = only_delivery(store)
    waits = row.status == "retrying" and len(store.attempts(row.id)) == row.attempt_count
    return row.due_at if waits and (row.due_at or 0) > clock.now else None


def test_a_long_call_keeps_its_lease(store: SqliteStore, path: Path, clock: Clock) -> None:
    gate = Gate()
    connector, slow = played(gate)
    accept(store, result(), to=owed_to(slow))
    with (
        running(DeliveryWorker(store, named(slow), clock, files=no_files)),
        closing(SqliteStore(path)) as other,
    ):
        assert connector.called.acquire(timeout=30)
        for _ in range(5):
            clock.now += LEASE_MS // 2
            store.notify()
            wait_until(lambda: lease_end(other) == clock.now + LEASE_MS)
            assert claim(other, slow.connection, at=clock.now).deliveries == ()
        gate.open.set()
        wait_until(is_settled(store, "delivered"))
    assert len(connector.keys) == 1


def lease_end(store: SqliteStore) -> int | None:
    return store.health().oldest_due_at


def test_a_lease_may_be_shorter(store: SqliteStore, clock: Clock) -> None:
    gate = Gate()
    connector, slow = played(gate)
    accept(store, result(), to=owed_to(slow))
    with running(DeliveryWorker(store, named(slow), clock, files=no_files, lease_ms=500)):
        assert connector.called.acquire(timeout=30)
        assert lease_end(store) == clock.now + 500
        gate.open.set()


def test_a_clock_that_jumps_ahead_does_not_make_a_worker_take_its_own_work_again(
    store: SqliteStore, clock: Clock
) -> None:
    gate = Gate()
    connector, slow = played(gate)
    accept(store, result(), to=owed_to(slow))
    with running(DeliveryWorker(store, named(slow), clock, files=no_files)):
        assert connector.called.acquire(timeout=30)
        clock.now += 3_600_000
        store.notify()
        wait_until(lambda: lease_end(store) == clock.now + LEASE_MS)
        gate.open.set()
        wait_until(is_settled(store, "delivered"))
    assert len(connector.keys) == 1


def test_stop_finishes_what_is_in_hand_and_releases_the_rest(store: SqliteStore, clock: Clock) -> None:
    gate = Gate()
    connector, slow = played(gate, concurrency=2)
    _, idle = played(gate, name="idle", concurrency=1)
    accept_many(store, 2, to=owed_to(slow))
    worker = DeliveryWorker(store, named(slow, idle), clock, files=no_files)
    with running(worker) as thread:
        for _ in range(2):
            assert connector.called.acquire(timeout=30)
        worker.stop()
        worker.stop()
        assert thread.is_alive(), "it waits for what is in hand"
        accept(store, result("later"), to=owed_to(slow))
        gate.open.set()
        thread.join(30)
    by_generation = {each.generation_id: each for each in store.deliveries(limit=10)}
    assert {name: row.status for name, row in by_generation.items()} == {
        "vgen_0": "delivered",
        "vgen_1": "delivered",
        "later": "pending",
    }
    assert by_generation["later"].attempt_count == 0


def test_what_was_claimed_and_not_begun_is_released_at_stop(store: SqliteStore, clock: Clock) -> None:
    """What was claimed ahead and waits for a slot goes back untouched."""
    gate = Gate()
    connector, slow = played(gate, concurrency=8)
    accept_many(store, 30, to=owed_to(slow))
    worker = DeliveryWorker(store, named(slow), clock, files=no_files)
    with running(worker) as thread:
        wait_until(lambda: len(connector.keys) == 8)
        worker.stop()
        wait_until(lambda: len(due_now(store, clock)) == 22)
        gate.open.set()
        thread.join(30)
    rest = store.deliveries(limit=200, status="pending")
    assert len(rest) == 22
    assert [store.attempts(each.id) for each in rest] == [[]] * 22
    assert len(store.deliveries(limit=200, status="delivered")) == 8


def due_now(store: SqliteStore, clock: Clock) -> list[str]:
    rows = store.deliveries(limit=200, status="pending")
    return [each.id for each in rows if each.due_at is not None and each.due_at <= clock.now]


def test_one_slow_destination_holds_up_nobody(store: SqliteStore, clock: Clock) -> None:
    gate = Gate()
    _, slow = played(gate, name="slow", concurrency=4)
    _, quick = played(name="quick", concurrency=4)
    accept_many(store, 40, to=owed_to(slow, quick))
    with running(DeliveryWorker(store, named(slow, quick), clock, files=no_files)):
        wait_until(is_settled(store, "delivered", 40, connection="quick"))
        assert store.deliveries(limit=1, status="delivered", connection="slow") == []
        gate.open.set()
        wait_until(is_settled(store, "delivered", 40, connection="slow"))


def test_twenty_that_hang_leave_a_healthy_one_its_slots_and_have_a_bound(
    store: SqliteStore, clock: Clock
) -> None:
    gate = Gate()
    hanging = [played(gate, name=f"slow {number}", concurrency=16) for number in range(20)]
    _, quick = played(name="quick", concurrency=16)
    destinations = [destination for _, destination in hanging]
    accept_many(store, 16, to=owed_to(*destinations))
    with running(DeliveryWorker(store, named(*destinations, quick), clock, files=no_files)):
        bound = 20 * 4 + SPARE_SLOTS
        wait_until(lambda: sum(len(connector.keys) for connector, _ in hanging) == bound)
        assert all(len(connector.keys) >= 4 for connector, _ in hanging), "each has slots of its own"
        for number in range(40):
            accept(store, result(f"late_{number}"), to=owed_to(quick))
        wait_until(is_settled(store, "delivered", 40, connection="quick"))
        gate.open.set()
        wait_until(is_settled(store, "delivered", 20 * 16 + 40))


def test_slots_beyond_a_targets_own_come_back_when_its_work_is_done(store: SqliteStore, clock: Clock) -> None:
    gate, begun = threading.Event(), threading.Semaphore(0)

    def call(_task: Task) -> None:
        begun.release()
        assert gate.wait(30)

    spare = SpareSlots(3)
    pool = TargetPool(call, spare)
    _, sheet = played(concurrency=12)
    accept_many(store, 12, to=owed_to(sheet))
    claimed = claim(store, sheet.connection, at=clock.now).deliveries
    pool.add([Task(each, sheet) for each in claimed], 12)
    for _ in range(4):
        assert begun.acquire(timeout=30)
    pool.add([], 12)
    for _ in range(3):
        assert begun.acquire(timeout=30)
    assert (spare.left, pool.wants_slots) == (0, False)
    gate.set()
    wait_until(lambda: pool.is_idle)
    assert spare.left == 3


@pytest.mark.parametrize("hung", [1, 3, 12])
def test_addresses_that_hang_leave_another_of_their_host_all_its_own(
    store: SqliteStore, clock: Clock, hung: int
) -> None:
    gate = Gate()
    hanging = [played(gate, name=f"slow {number}", concurrency=16, quota="host") for number in range(hung)]
    _, quick = played(name="quick", concurrency=16, quota="host")
    slow = [destination for _, destination in hanging]
    accept_many(store, 40, to=owed_to(*slow, quick))
    with running(DeliveryWorker(store, named(*slow, quick), clock, files=no_files)):
        wait_until(is_settled(store, "delivered", 40, connection="quick"))
        assert {each.connection for each in store.deliveries(limit=50, status="delivered")} == {"quick"}
        gate.open.set()
        wait_until(is_settled(store, "delivered", 40 * (hung + 1)))


def test_what_arrives_is_called_at_once_also_beside_a_backlog_that_hangs_and_settles_what_has_ended(
    store: SqliteStore, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate()
    hangs, slow = played(gate, name="slow", concurrency=4)
    quick, healthy = played(name="quick", concurrency=4)
    accept_many(store, 40, to=owed_to(slow))
    monkeypatch.setattr(worker_module, "BATCH_SECONDS", 60.0)
    with running(DeliveryWorker(store, named(slow, healthy), clock, files=no_files)):
        wait_until(lambda: len(hangs.keys) == 4)
        for number in range(5):
            accept(store, result(f"late_{number}"), to=owed_to(healthy))
            assert quick.called.acquire(timeout=30)
            wait_until(is_settled(store, "delivered", number, connection="quick"))
        monkeypatch.setattr(worker_module, "BATCH_SECONDS", 0.01)
        store.notify()
        wait_until(is_settled(store, "delivered", 5, connection="quick"))
        gate.open.set()
        wait_until(is_settled(store, "delivered", 40, connection="slow"))


def test_a_host_that_allows_no_more_threads_delivers_with_those_it_has(
    store: SqliteStore, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, start = [], threading.Thread.start

    def start_two(thread: threading.Thread) -> None:
        if thread.name == "attempt":
            started.append(thread)
            if len(started) != 2:
                raise RuntimeError("can't start new thread")
        start(thread)

    connector, sheet = played(concurrency=8)
    accept_many(store, 20, to=owed_to(sheet))
    monkeypatch.setattr(threading.Thread, "start", start_two)
    with running(DeliveryWorker(store, named(sheet), clock, files=no_files)):
        wait_until(lambda: store.notify() or is_settled(store, "delivered", 20)())
    assert len(connector.keys) == 20


def test_a_target_is_never_called_more_often_at_once_than_it_allows(store: SqliteStore, clock: Clock) -> None:
    now, most, lock = 0, 0, threading.Lock()

    def act(connector: Played, result: Result, memory: Memory) -> Done:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        waited.wait(0.002)
        with lock:
            now -= 1
        return Done()

    waited = threading.Event()
    _, one = played(act, name="one", concurrency=3, target="shared")
    _, two = played(act, name="two", concurrency=3, target="shared")
    accept_many(store, 30, to=owed_to(one, two))
    with (
        running(DeliveryWorker(store, named(one, two), clock, files=no_files)),
        running(DeliveryWorker(store, named(one, two), clock, files=no_files)),
    ):
        wait_until(is_settled(store, "delivered", 60))
    assert most == 3


def test_two_workers_share_the_work_and_double_none_of_it(
    store: SqliteStore, path: Path, clock: Clock
) -> None:
    connector, sheet = played(concurrency=8)
    accept_many(store, 200, to=owed_to(sheet))
    with closing(SqliteStore(path)) as other:
        first, second = (
            DeliveryWorker(store, named(sheet), clock, files=no_files),
            DeliveryWorker(other, named(sheet), clock, files=no_files),
        )
        with running(first), running(second):
            wait_until(is_settled(store, "delivered", 200))
    assert sorted(connector.seen) == sorted(f"vgen_{number}" for number in range(200))


def test_a_busy_store_is_survived_and_nothing_is_sent_twice(
    store: SqliteStore, path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    gate = Gate()
    connector, sheet = played(gate)
    accept(store, result(), to=owed_to(sheet))
    with running(DeliveryWorker(store, named(sheet), clock, files=no_files)):
        assert connector.called.acquire(timeout=30)
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("begin immediate")
            gate.open.set()
            wait_until(lambda: "store busy" in caplog.messages)
            other.execute("rollback")
        store.notify()
        wait_until(is_settled(store, "delivered"))
    assert len(connector.keys) == 1


def test_a_store_that_is_busy_at_the_stop_is_waited_for(
    store: SqliteStore, path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    gate = Gate()
    connector, sheet = played(gate)
    accept(store, result(), to=owed_to(sheet))
    worker = DeliveryWorker(store, named(sheet), clock, files=no_files)
    with running(worker) as thread:
        assert connector.called.acquire(timeout=30)
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("begin immediate")
            worker.stop()
            gate.open.set()
            wait_until(lambda: caplog.messages.count("store busy") >= 2)
            other.execute("rollback")
        thread.join(30)
    assert only_delivery(store).status == "delivered"


def test_a_bug_in_a_connector_is_tried_again_and_others_go_on(store: SqliteStore, clock: Clock) -> None:
    def broken(connector: Played, result: Result, memory: Memory) -> Done:
        raise ZeroDivisionError

    _, bad = played(broken, name="bad")
    _, good = played(name="good")
    accept(store, result(), to=owed_to(bad, good))
    with running(DeliveryWorker(store, named(bad, good), clock, files=no_files)):
        wait_until(is_settled(store, "delivered", connection="good"))
        wait_until(is_settled(store, "retrying", connection="bad"))
    assert "ZeroDivisionError" in only_delivery(store, connection="bad").note


def test_a_connection_that_refuses_stands_still_until_its_options_are_fixed(
    store: SqliteStore, clock: Clock
) -> None:
    def refuse(connector: Played, result: Result, memory: Memory) -> Done:
        raise RemoteError("answered 410", "connection", status=410)

    connector, gone = played(refuse, concurrency=1, fingerprint="old")
    accept_many(store, 3, to=owed_to(gone))
    with running(DeliveryWorker(store, named(gone), clock, files=no_files)):
        wait_until(lambda: store.pauses().get("sheet"))
    assert store.pauses() == {"sheet": Pause(only_pause(store).since, "answered 410", None)}
    assert len(connector.keys) == 1
    assert len(store.deliveries(limit=10, status="pending")) == 3
    _, mended = played(concurrency=1, fingerprint="new")
    clock.now += 1_000  # the first one is due again after the time that its call took
    with running(DeliveryWorker(store, named(mended), clock, files=no_files)):
        wait_until(is_settled(store, "delivered", 3))
    assert store.pauses() == {}


def only_pause(store: SqliteStore) -> Pause:
    (pause,) = store.pauses().values()
    return pause


def test_not_yet_comes_back_without_climbing_the_ladder(store: SqliteStore, clock: Clock) -> None:
    def busy(connector: Played, result: Result, memory: Memory) -> Done | NotYet:
        return NotYet(30, "still copying") if len(connector.keys) == 1 else Done()

    _, sheet = played(busy)
    accept(store, result(), to=owed_to(sheet))
    with running(DeliveryWorker(store, named(sheet), clock, files=no_files)):
        wait_until(lambda: only_delivery(store).note == "still copying")
        clock.now += 31_000
        store.notify()
        wait_until(is_settled(store, "delivered"))


def test_a_replay_goes_out_with_the_same_key(store: SqliteStore, clock: Clock) -> None:
    connector, sheet = played()
    accept(store, result(), to=owed_to(sheet))
    with running(DeliveryWorker(store, named(sheet), clock, files=no_files)):
        wait_until(is_settled(store, "delivered"))
        store.replay(Selection(status="delivered"), now=clock.now)
        wait_until(lambda: len(connector.keys) == 2)
        wait_until(is_settled(store, "delivered"))
    assert len(set(connector.keys)) == 1


def test_a_worker_that_died_is_followed_by_one_that_delivers(store: SqliteStore, clock: Clock) -> None:
    connector, sheet = played()
    accept(store, result(), to=owed_to(sheet))
    claim(store, sheet.connection, at=clock.now)
    clock.now += LEASE
    with running(DeliveryWorker(store, named(sheet), clock, files=no_files)):
        wait_until(is_settled(store, "delivered"))
    outcomes = [each.outcome for each in store.attempts(only_delivery(store).id)]
    assert outcomes == ["interrupted", "done"]
    assert len(connector.keys) == 1


# -- no busy polling


class PatientWaiter:
    """Sleeps until it is woken, unless it waits for a batch, and remembers what it was asked."""

    def __init__(self, waiter: Waiter, asked: list[float]) -> None:
        self._waiter = waiter
        self._asked = asked
        self.wake, self.close = waiter.wake, waiter.close

    def wait(self, seconds: float) -> bool:
        self._asked.append(seconds)
        return self._waiter.wait(seconds if seconds == worker_module.BATCH_SECONDS else 30)


class CountedStore(SqliteStore):
    """The real store. `asked` are the seconds that its waiters were asked to sleep."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.asked: list[float] = []

    def listen(self, topic: str = "") -> Waiter:
        return PatientWaiter(super().listen(topic), self.asked)


@pytest.fixture
def counted(path: Path) -> Iterator[CountedStore]:
    new_database(path)
    made = CountedStore(path)
    made.migrate()
    yield made
    made.close()


def test_an_idle_worker_looks_once_and_sleeps_until_it_is_woken(counted: CountedStore, clock: Clock) -> None:
    _, sheet = played()
    with running(DeliveryWorker(counted, named(sheet), clock, files=no_files)):
        wait_until(lambda: len(counted.asked) == 1)
        counted.notify()
        wait_until(lambda: len(counted.asked) == 2)
    assert counted.asked == [LONGEST_SLEEP_SECONDS] * 2


def test_a_worker_whose_hands_are_full_does_not_look_again_at_once(
    counted: CountedStore, clock: Clock
) -> None:
    gate = Gate()
    connector, slow = played(gate, concurrency=2)
    accept_many(counted, 10, to=owed_to(slow))
    with running(DeliveryWorker(counted, named(slow), clock, files=no_files)):
        assert connector.called.acquire(timeout=30)
        wait_until(lambda: counted.asked)
        assert counted.asked == [LONGEST_SLEEP_SECONDS]
        gate.open.set()
        wait_until(is_settled(counted, "delivered", 10))
    assert min(counted.asked) > 0


def test_a_worker_sleeps_until_the_next_is_due(counted: CountedStore, clock: Clock) -> None:
    _, sheet = played()
    accept(counted, result(), to=owed_to(sheet), at=clock.now + 400)
    with running(DeliveryWorker(counted, named(sheet), clock, files=no_files)):
        wait_until(lambda: counted.asked)
    assert counted.asked == [0.4]
