"""The loop that all workers share, played round by round with a worker whose work is numbers."""

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest

from relay.errors import StoreBusyError
from relay.lease_loop import LEASE_MS, LONGEST_SLEEP_SECONDS, LeaseLoop
from tests.wire import wait_until

Act = Callable[["Numbers"], object]


class Rounds:
    """Instead of a sleep the next act of the test happens; after the last one the loop is stopped."""

    def __init__(self, acts: Sequence[Act]) -> None:
        self.loop: Numbers
        self.acts = list(acts)
        self.slept: list[float] = []
        self.woken = threading.Semaphore(0)
        self.closed = False

    def wait(self, seconds: float) -> bool:
        self.slept.append(seconds)
        if self.acts:
            self.acts.pop(0)(self.loop)
        if not self.acts:
            self.loop.stop()
        return True

    def wake(self) -> None:
        self.woken.release()

    def close(self) -> None:
        self.closed = True


class Numbers(LeaseLoop[int, int]):
    """Claims what is in `due`. `did` is everything that was asked of it, in order."""

    name = "numbers"
    busy: str = ""  # the step in which the store is busy
    broken: str = ""  # the step that has a bug
    next_due_at: int | None = None

    def __init__(self, rounds: Rounds, work: Callable[[int], int] | None = None, **options: Any) -> None:
        super().__init__(rounds, lambda: self.now, **options)
        rounds.loop = self
        self.work = work
        self.now = 1_000_000
        self.due: list[int] = []
        self.did: list[tuple[str, Any]] = []

    def end(self, *numbers: int) -> None:
        """As a thread of its own does."""
        self._ended.extend(numbers)

    def _claim(self, now: int) -> int | None:
        self._do("claim", self.due)
        for number in self.due:
            if self.work is None:
                self._leases.add(number)
            else:
                self._begin(number, partial(self.work, number))
        self.due = []
        return self.next_due_at

    def _settle(self, ended: Sequence[int]) -> None:
        self._do("settle", list(ended))

    def _renew(self, leases: set[int], until: int) -> None:
        self._do("renew", (sorted(leases), until))

    def _release(self, leases: Sequence[int], now: int) -> None:
        self._do("release", list(leases))

    def _lease_of(self, ended: int) -> int:
        return ended

    def _do(self, step: str, what: Any) -> None:
        if step == self.busy:
            raise StoreBusyError("the database is busy")
        if step == self.broken:
            raise ZeroDivisionError
        if what:
            self.did.append((step, what))


def numbers(*acts: Act, due: Sequence[int] = (1,), **options: Any) -> Numbers:
    loop = Numbers(Rounds(acts), **options)
    loop.due = list(due)
    return loop


def settled(loop: Numbers) -> list[list[int]]:
    return [what for step, what in loop.did if step == "settle"]


def change(**attributes: Any) -> Act:
    return lambda loop: [setattr(loop, name, value) for name, value in attributes.items()]


def test_what_ended_is_settled_in_the_next_round_and_its_lease_is_over() -> None:
    loop = numbers(lambda loop: loop.end(1), due=[1])
    loop.run()
    assert [step for step, _ in loop.did if step != "renew"] == ["claim", "settle"]
    assert loop._leases == set()
    assert loop._waiter.closed  # type: ignore[attr-defined]


def test_a_lease_is_renewed_at_a_third_of_its_time_and_not_before() -> None:
    third = LEASE_MS // 3
    loop = numbers(
        lambda loop: change(now=loop.now + third - 1)(loop),
        lambda loop: change(now=loop.now + 1)(loop),
        lambda loop: loop.end(1),
    )
    loop._renew_at = loop.now + third  # as it is after the renewal of another
    start = loop.now
    loop.run()
    assert [what for step, what in loop.did if step == "renew"] == [([1], start + third + LEASE_MS)]


def test_when_the_clock_was_set_back_what_is_in_hand_is_renewed_at_once_and_then_as_ever() -> None:
    hour = 3_600_000
    loop = numbers(
        lambda loop: change(now=loop.now - hour)(loop),
        lambda loop: change(now=loop.now + 1)(loop),
        lambda loop: loop.end(1),
    )
    loop._renew_at = loop.now + LEASE_MS // 3  # as it is after the renewal of another
    start = loop.now
    loop.run()
    assert [what for step, what in loop.did if step == "renew"] == [([1], start - hour + LEASE_MS)]


def test_results_are_kept_while_the_store_is_busy_written_once_and_nothing_is_claimed_before() -> None:
    loop = numbers(
        lambda loop: (loop.end(1), change(busy="settle", due=[2])(loop)),
        change(busy=""),
        lambda loop: loop.end(2),
    )
    loop.run()
    assert [each for each in loop.did if each[0] != "renew"] == [
        ("claim", [1]),
        ("settle", [1]),
        ("claim", [2]),
        ("settle", [2]),
    ]


def test_results_that_a_bug_keeps_from_being_written_are_left_to_their_leases(
    caplog: pytest.LogCaptureFixture,
) -> None:
    loop = numbers(
        lambda loop: (loop.end(1), change(broken="settle", due=[2])(loop)),
        lambda loop: (loop.end(2), change(broken="")(loop)),
    )
    loop.run()
    assert settled(loop) == [[2]]
    assert loop._leases == set()
    assert "results could not be written" in caplog.messages


@pytest.mark.parametrize("step", ["claim", "renew"])
def test_a_bug_in_one_step_ends_neither_the_loop_nor_the_other_steps(
    step: str, caplog: pytest.LogCaptureFixture
) -> None:
    loop = numbers(lambda loop: change(broken=step, now=loop.now + LEASE_MS)(loop), lambda loop: loop.end(1))
    loop.run()
    assert settled(loop) == [[1]]
    assert "worker step failed" in caplog.messages


def test_a_duty_with_a_bug_holds_up_neither_the_others_nor_the_claim() -> None:
    asked: list[int] = []
    loop = numbers(lambda loop: loop.end(1), duties=[lambda now: 1 // (now * 0), asked.append])
    loop.run()
    assert asked == [loop.now]
    assert settled(loop) == [[1]]


def test_settled_at_most_so_many_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Numbers, "settle_at_most", 2)
    loop = numbers(lambda loop: loop.end(1, 2, 3), due=[1, 2, 3])
    loop.run()
    assert settled(loop) == [[1, 2], [3]]


@pytest.mark.parametrize(
    ("next_due_in", "seconds"),
    [(None, LONGEST_SLEEP_SECONDS), (400, 0.4), (60_000, LONGEST_SLEEP_SECONDS), (-5, 0.0)],
)
def test_it_sleeps_until_the_next_is_due_and_no_longer_than_a_lost_signal_may_cost(
    next_due_in: int | None, seconds: float
) -> None:
    loop = numbers(due=[])
    loop.next_due_at = None if next_due_in is None else loop.now + next_due_in
    loop.run()
    assert loop._waiter.slept == [seconds]  # type: ignore[attr-defined]


def test_after_a_round_that_a_busy_store_ended_it_sleeps_the_longest() -> None:
    loop = numbers(change(busy="claim"), change(busy=""), due=[])
    loop.next_due_at = loop.now
    loop.run()
    assert loop._waiter.slept == [0.0, LONGEST_SLEEP_SECONDS]  # type: ignore[attr-defined]


def test_a_call_that_ends_wakes_the_loop() -> None:
    def is_woken(loop: Numbers) -> None:
        assert loop._waiter.woken.acquire(timeout=10)  # type: ignore[attr-defined]

    loop = numbers(is_woken, work=lambda number: number)
    loop.run()
    assert settled(loop) == [[1]]


def test_at_a_stop_running_calls_are_waited_for_and_those_not_begun_are_released() -> None:
    go_on = threading.Event()

    def work(number: int) -> int:
        assert go_on.wait(10)
        return number

    def stop(loop: Numbers) -> None:
        loop.stop()
        loop._begin(2, lambda: work(2))
        wait_until(lambda: loop._unbegun)
        go_on.set()
        wait_until(lambda: loop._ended)

    loop = numbers(stop, work=work)
    loop.run()
    assert settled(loop) == [[1]]
    assert ("release", [2]) in loop.did
    assert loop._leases == set()


def test_a_stop_waits_for_a_busy_store() -> None:
    loop = numbers(lambda loop: (loop.end(1), loop.stop(), change(busy="settle")(loop)), change(busy=""))
    loop.run()
    assert settled(loop) == [[1]]


@pytest.mark.parametrize("released", [False, True])
def test_what_is_unfinished_after_the_grace_is_left_to_its_lease_or_released(
    released: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Numbers, "grace_seconds", 0.0)
    monkeypatch.setattr(Numbers, "releases_unfinished", released)
    loop = numbers()
    with caplog.at_level("INFO"):
        loop.run()
    assert [what for step, what in loop.did if step == "release"] == ([[1]] if released else [])
    (stopped,) = [record for record in caplog.records if record.message == "worker stopped"]
    assert vars(stopped)["unfinished"] == (0 if released else 1)
