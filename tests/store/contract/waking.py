"""What wakes a worker, wherever it sleeps. One that is not woken looks a second later: nobody may notice."""

import time
from collections.abc import Callable, Iterator

import pytest

from relay.models.delivery import Selection
from relay.store.contract.core import Store, Waiter
from tests.store.contract.make import NOW, accept, claim_one, ended, pause, result

LONG = 20.0


class WakingContract:
    @pytest.fixture
    def waiter(self, second: Store) -> Iterator[Waiter]:
        waiter = second.listen()
        yield waiter
        waiter.close()

    def test_an_accepted_result_that_somebody_wants_wakes_a_worker(
        self, store: Store, waiter: Waiter
    ) -> None:
        assert is_woken_by(lambda: accept(store, result()), waiter)

    def test_a_replay_wakes_a_worker(self, store: Store, waiter: Waiter) -> None:
        accept(store, result())
        store.settle([ended(claim_one(store))])
        waiter.wait(LONG)
        assert is_woken_by(lambda: store.replay(Selection(status="delivered"), now=NOW), waiter)

    def test_the_end_of_a_pause_wakes_a_worker(self, store: Store, waiter: Waiter) -> None:
        store.pause("sheet", pause())
        assert is_woken_by(lambda: store.resume("sheet", now=NOW), waiter)

    def test_a_notify_wakes_every_worker(self, store: Store, second: Store) -> None:
        waiters = [store.listen(), second.listen()]
        try:
            assert [is_woken_by(store.notify, waiter) for waiter in waiters] == [True, True]
        finally:
            for waiter in waiters:
                waiter.close()

    def test_a_waiter_can_be_woken_alone(self, waiter: Waiter) -> None:
        assert is_woken_by(waiter.wake, waiter)


def is_woken_by(act: Callable[[], object], waiter: Waiter) -> bool:
    act()
    began = time.monotonic()
    waiter.wait(LONG)
    return time.monotonic() - began < LONG / 2
