"""Who waits together is written together, and nobody is left waiting."""

import threading
from collections.abc import Callable, Sequence

import pytest

from relay.store.sql.group_commit import GroupCommit
from tests.wire import wait_until


class Pen:
    """Writes batches when it is let; numbers come back doubled."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.entered = threading.Semaphore(0)
        self.let = threading.Semaphore(0)
        self.fault: BaseException | None = None

    def write(self, items: Sequence[int]) -> Sequence[int | Exception]:
        self.entered.release()
        assert self.let.acquire(timeout=30)
        self.batches.append(list(items))
        if self.fault:
            fault, self.fault = self.fault, None
            raise fault
        return [ValueError("odd") if item == 13 else item * 2 for item in items]


@pytest.fixture
def pen() -> Pen:
    return Pen()


def start(commits: "GroupCommit[int, int]", answers: dict[int, object], item: int) -> threading.Thread:
    def run() -> None:
        try:
            answers[item] = commits.submit(item)
        except BaseException as error:
            answers[item] = error

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def in_order(
    commits: "GroupCommit[int, int]", pen: Pen, items: Sequence[int], let: Callable[[], None]
) -> dict[int, object]:
    """The first item is being written while the others come, one after another."""
    answers: dict[int, object] = {}
    threads = [start(commits, answers, items[0])]
    assert pen.entered.acquire(timeout=30)
    for count, item in enumerate(items[1:], 1):
        threads.append(start(commits, answers, item))
        wait_until(lambda count=count: len(commits._waiting) == count)
    let()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads), "somebody was left waiting"
    return answers


def test_what_comes_during_a_write_is_written_together_afterwards(pen: Pen) -> None:
    answers = in_order(GroupCommit(pen.write), pen, range(10), lambda: pen.let.release(2))
    assert pen.batches == [[0], [1, 2, 3, 4, 5, 6, 7, 8, 9]]
    assert answers == {item: item * 2 for item in range(10)}


def test_a_batch_has_a_largest_size_and_the_rest_follows(pen: Pen) -> None:
    answers = in_order(GroupCommit(pen.write, largest=4), pen, range(10), lambda: pen.let.release(4))
    assert [len(batch) for batch in pen.batches] == [1, 4, 4, 1]
    assert answers == {item: item * 2 for item in range(10)}


def test_an_item_that_fails_fails_alone(pen: Pen) -> None:
    answers = in_order(GroupCommit(pen.write), pen, [0, 12, 13, 14], lambda: pen.let.release(2))
    assert isinstance(answers.pop(13), ValueError)
    assert answers == {0: 0, 12: 24, 14: 28}


@pytest.mark.parametrize("fault", [OSError("disk"), SystemExit(1)])
def test_a_write_that_fails_tells_everyone_who_waits_and_the_next_goes_on(
    pen: Pen, fault: BaseException
) -> None:
    commits = GroupCommit(pen.write)

    def let() -> None:
        pen.fault = fault
        pen.let.release(2)

    answers = in_order(commits, pen, [0, 1, 2], let)
    assert answers == {0: fault, 1: 2, 2: 4}
    pen.let.release()
    assert commits.submit(5) == 10


def test_nobody_begins_to_write_while_another_does(pen: Pen) -> None:
    commits = GroupCommit(pen.write)
    answers: dict[int, object] = {}
    threads = [start(commits, answers, 0)]
    assert pen.entered.acquire(timeout=30)
    threads.append(start(commits, answers, 1))
    wait_until(lambda: len(commits._waiting) == 1)
    pen.let.release()
    assert pen.entered.acquire(timeout=30), "the second writes now"
    threads.append(start(commits, answers, 2))
    wait_until(lambda: len(commits._waiting) == 1, seconds=5)
    pen.let.release(2)
    for thread in threads:
        thread.join(30)
    assert answers == {0: 0, 1: 2, 2: 4}
    assert pen.batches == [[0], [1], [2]]
