"""What wakes a worker, wherever it sleeps. One that is not woken looks a second later: nobody may notice."""

import time
from collections.abc import Callable, Iterator

import pytest

from relay.models.archive import CopySettlement, CopyStatus
from relay.models.core import Output, RoutedResult
from relay.models.delivery import Selection
from relay.store.contract.core import ARCHIVE, DELIVERY, QUEUE, Store, Waiter
from tests.store.contract.make import LEASE, NOW, accept, claim_one, ended, event, pause, result

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

    @pytest.mark.parametrize("topic", [DELIVERY, ARCHIVE, QUEUE])
    def test_a_topic_wakes_who_waits_for_it_and_who_waits_for_all(
        self, store: Store, second: Store, topic: str
    ) -> None:
        waiters = {each: second.listen(each) for each in (DELIVERY, ARCHIVE, QUEUE, "")}
        try:
            store.notify(topic)
            assert [waiters[each].wait(LONG) for each in (topic, "")] == [True, True]
            assert not any(waiter.wait(0) for waiter in waiters.values())
        finally:
            for waiter in waiters.values():
                waiter.close()

    def test_a_result_wakes_only_the_worker_whose_turn_it_is(self, store: Store, second: Store) -> None:
        deliveries, copies = second.listen(DELIVERY), second.listen(ARCHIVE)
        try:
            accept(store, result())
            assert (deliveries.wait(LONG), copies.wait(0)) == (True, False)
            held = result("vgen_2", outputs=(Output("https://cdn.test/1.png"),))
            store.accept(event(held), [RoutedResult(held, ("sheet",), held_until=NOW + 4_000)])
            assert (copies.wait(LONG), deliveries.wait(0)) == (True, False)
            ((copy,), _) = store.claim_copies(now=NOW, lease_until=NOW + LEASE, first=1, later=1)
            failed = CopySettlement(copy.result_id, copy.number, copy.token, CopyStatus.FAILED, "gone")
            store.settle_copies([failed], now=NOW)
            assert (deliveries.wait(LONG), copies.wait(0)) == (True, False)
        finally:
            deliveries.close()
            copies.close()

    def test_a_waiter_that_was_woken_alone_was_not_notified(self, waiter: Waiter) -> None:
        waiter.wake()
        assert waiter.wait(LONG) is False

    def test_a_waiter_can_be_woken_alone(self, waiter: Waiter) -> None:
        assert is_woken_by(waiter.wake, waiter)


def is_woken_by(act: Callable[[], object], waiter: Waiter) -> bool:
    act()
    began = time.monotonic()
    waiter.wait(LONG)
    return time.monotonic() - began < LONG / 2
