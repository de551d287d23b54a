"""Webhooks that arrive together are written together, nobody is left waiting, and a full queue says so."""

import threading
from collections.abc import Callable, Sequence

import pytest

from relay.errors import StoreBusyError
from relay.intake.accept_queue import LARGEST_BATCH, MOST_LOOKS, AcceptQueue, Arrival, Outcome
from relay.models.core import AcceptedEvent, Event, RoutedResult
from tests.store.contract.make import event
from tests.wire import wait_until


class Store:
    """Writes a batch when it is let."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.entered, self.let = threading.Semaphore(0), threading.Semaphore(0)
        self.fault: Exception | None = None

    def accept(self, event: Event, wanted: Sequence[RoutedResult]) -> AcceptedEvent:
        raise NotImplementedError

    def accept_all(self, arrivals: Sequence[Arrival]) -> Sequence[Outcome]:
        self.entered.release()
        assert self.let.acquire(timeout=30)
        self.batches.append([event.delivery_id for event, _ in arrivals])
        if self.fault:
            fault, self.fault = self.fault, None
            raise fault
        return [
            ValueError("odd") if event.delivery_id == "odd" else AcceptedEvent(event.delivery_id, new=True)
            for event, _ in arrivals
        ]


def put(queue: AcceptQueue, answers: dict[str, Outcome], *names: str) -> None:
    for name in names:
        queue.put((event(delivery_id=name), ()), lambda outcome, name=name: answers.update({name: outcome}))


@pytest.fixture
def store() -> Store:
    return Store()


def test_what_comes_during_a_write_is_written_together_afterwards(store: Store) -> None:
    queue, answers = AcceptQueue(store), dict[str, Outcome]()
    put(queue, answers, "first")
    assert store.entered.acquire(timeout=30)
    names = [f"n{number}" for number in range(LARGEST_BATCH + 5)]
    put(queue, answers, *names)
    store.let.release(3)
    queue.stop()
    assert store.batches == [["first"], names[:LARGEST_BATCH], names[LARGEST_BATCH:]]
    assert answers.keys() == {"first", *names}


def test_a_batch_begins_once_a_look_for_more_has_brought_none(store: Store) -> None:
    looks: list[Callable[[], None]] = []
    queue, answers = AcceptQueue(store, after_a_look=looks.append), dict[str, Outcome]()
    put(queue, answers, "a")
    for name in ("b", "c"):
        put(queue, answers, name)
        looks.pop()()
    assert not store.entered.acquire(timeout=0.05)
    looks.pop()()
    assert not looks
    store.let.release()
    queue.stop()
    assert store.batches == [["a", "b", "c"]]


def test_a_flood_does_not_put_off_the_first_for_ever(store: Store) -> None:
    looks: list[Callable[[], None]] = []
    queue, answers = AcceptQueue(store, after_a_look=looks.append), dict[str, Outcome]()
    put(queue, answers, "first")
    for number in range(MOST_LOOKS):
        put(queue, answers, f"n{number}")
        looks.pop()()
    assert not looks
    assert store.entered.acquire(timeout=30)
    store.let.release()
    queue.stop()
    assert len(answers) == MOST_LOOKS + 1


def test_one_that_fails_fails_alone(store: Store) -> None:
    queue, answers = AcceptQueue(store), dict[str, Outcome]()
    put(queue, answers, "first")
    assert store.entered.acquire(timeout=30)
    put(queue, answers, "odd", "even")
    store.let.release(2)
    queue.stop()
    assert isinstance(answers["odd"], ValueError)
    assert answers["even"] == AcceptedEvent("even", new=True)


@pytest.mark.parametrize(
    ("fault", "told"),
    [(StoreBusyError("Nothing was written."), ["first", "a", "b"]), (OSError("disk"), ["first"])],
)
def test_a_write_that_fails_tells_all_in_it_and_a_busy_database_all_who_wait(
    store: Store, fault: Exception, told: list[str]
) -> None:
    queue, answers = AcceptQueue(store), dict[str, Outcome]()
    put(queue, answers, "first")
    assert store.entered.acquire(timeout=30)
    put(queue, answers, "a", "b")
    store.fault = fault
    store.let.release(2)
    wait_until(lambda: len(answers) == 3)
    put(queue, answers, "next")
    store.let.release()
    queue.stop()
    assert [name for name, answer in answers.items() if answer is fault] == told
    assert answers["next"] == AcceptedEvent("next", new=True)


def test_a_full_queue_refuses_and_takes_again_when_there_is_room(store: Store) -> None:
    queue, answers = AcceptQueue(store, most=2), dict[str, Outcome]()
    put(queue, answers, "first")
    assert store.entered.acquire(timeout=30)
    put(queue, answers, "a", "b")
    with pytest.raises(StoreBusyError, match="too many webhooks"):
        put(queue, answers, "c")
    store.let.release(2)
    wait_until(lambda: len(answers) == 3)
    put(queue, answers, "c")
    store.let.release()
    queue.stop()
    assert answers["c"] == AcceptedEvent("c", new=True)


def test_whoever_waits_is_told_once_per_batch_where_they_live(store: Store) -> None:
    told: list[int] = []
    answers: dict[str, Outcome] = {}

    def hand_over(tell: object) -> None:
        assert callable(tell)
        tell()
        told.append(len(answers))

    queue = AcceptQueue(store, hand_over)
    put(queue, answers, "first")
    assert store.entered.acquire(timeout=30)
    put(queue, answers, "a", "b", "c")
    store.let.release(2)
    queue.stop()
    assert told == [1, 4]
