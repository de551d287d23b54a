"""Who may deliver what, and when: leases, fencing tokens, pace, concurrency, order, the next look."""

import dataclasses
import threading

import pytest

from relay.models.connection import Route
from relay.store.contract.core import Store
from tests.store.contract.make import (
    LEASE,
    NOW,
    SHEET,
    SHOP,
    accept,
    accept_many,
    claim,
    claim_one,
    drain,
    ended,
    only_delivery,
    result,
    retry,
)

WIDE = dataclasses.replace(SHEET, concurrency=1000)
PACED = dataclasses.replace(SHEET, calls_per_second=5.0, concurrency=10)


class ClaimContract:
    def test_nothing_due_is_nothing_claimed_and_nothing_to_look_for(self, store: Store) -> None:
        nothing = claim(store)
        assert (nothing.deliveries, nothing.next_due_at) == ((), None)

    def test_what_is_claimed_once_is_not_claimed_again_under_its_lease(
        self, store: Store, second: Store
    ) -> None:
        accept(store, result())
        assert len(claim(store).deliveries) == 1
        assert claim(store, at=NOW + LEASE - 1).deliveries == ()
        assert claim(second, at=NOW + LEASE - 1).deliveries == ()

    def test_two_handles_that_claim_at_once_get_disjoint_parts(self, store: Store, second: Store) -> None:
        accept_many(store, 120)
        some = dataclasses.replace(SHEET, concurrency=100_000)
        taken: dict[int, list[str]] = {0: [], 1: []}
        gate = threading.Barrier(2)

        def work(number: int, handle: Store) -> None:
            gate.wait(30)
            for step in range(30):
                narrow = dataclasses.replace(some, concurrency=(step + 1) * 4)
                taken[number] += [
                    each.delivery_id for each in claim(handle, narrow, at=NOW + 1_000).deliveries
                ]

        threads = [threading.Thread(target=work, args=each) for each in enumerate((store, second))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        everything = taken[0] + taken[1]
        assert len(everything) == len(set(everything)) == 120

    def test_concurrency_holds_across_handles(self, store: Store, second: Store) -> None:
        accept_many(store, 10)
        three = dataclasses.replace(SHEET, concurrency=3)
        first = claim(store, three, at=NOW + 100).deliveries
        assert len(first) == 3
        assert claim(second, three, at=NOW + 100).deliveries == ()
        store.settle([ended(first[0], at=NOW + 100)])
        assert len(claim(second, three, at=NOW + 100).deliveries) == 1

    def test_concurrency_is_of_the_target_not_of_each_connection(self, store: Store) -> None:
        other = dataclasses.replace(SHEET, name="sheet two")
        accept_many(store, 5, to=(SHEET, other))
        claimed = claim(store, SHEET, other, at=NOW + 100).deliveries
        assert len(claimed) == SHEET.concurrency

    @pytest.mark.parametrize(
        ("targets", "allowed", "slots"),
        [(1, 16, 16), (4, 16, 16), (5, 16, 12), (8, 16, 8), (32, 16, 2), (40, 16, 2), (6, 4, 2), (40, 1, 1)],
    )
    def test_targets_of_one_quota_share_its_calls_at_a_time_evenly(
        self, store: Store, targets: int, allowed: int, slots: int
    ) -> None:
        routes = [
            Route(f"hook {number}", "webhook", f"hook:{number}", quota="host", concurrency=allowed)
            for number in range(targets)
        ]
        twin = dataclasses.replace(routes[0], name="twin")  # the same target once more is no share more
        elsewhere = dataclasses.replace(routes[0], name="else", target="hook:else", quota="another host")
        accept_many(store, 17, to=(routes[0], routes[-1], elsewhere))
        first = claim(store, *routes, twin, elsewhere, at=NOW + 100)
        taken = [each.connection for each in first.deliveries]
        assert taken.count(routes[0].name) == taken.count(routes[-1].name) == slots
        assert (taken.count("else"), first.slots["hook:0"]) == (min(allowed, 17), slots)

    def test_a_connection_whose_target_is_busy_holds_up_no_other_target(self, store: Store) -> None:
        accept_many(store, 10, to=(SHEET, SHOP))
        claim(store, SHEET, SHOP, at=NOW + 100)
        accept(store, result("late"), to=(SHOP,), at=NOW + 100)
        roomy = dataclasses.replace(SHOP, concurrency=50)
        assert len(claim(store, SHEET, roomy, at=NOW + 100).deliveries) == 7

    def test_a_long_queue_of_one_connection_does_not_starve_another_of_its_target(self, store: Store) -> None:
        one = dataclasses.replace(SHEET, concurrency=1)
        other = dataclasses.replace(one, name="sheet two")
        accept_many(store, 3, at=NOW)
        accept(store, result("mine"), to=(other,), at=NOW + 10)
        for number in range(5):
            accept(store, result(f"later_{number}"), at=NOW + 20)
        order = [each.result.generation_id for each in drain(store, one, other, at=NOW + 100)]
        assert order[:4] == ["vgen_0", "vgen_1", "vgen_2", "mine"]

    def test_pace_lets_one_call_go_and_says_when_the_next_may(self, store: Store, second: Store) -> None:
        accept_many(store, 3)
        first = claim(store, PACED, at=NOW + 100)
        assert (len(first.deliveries), first.next_due_at) == (1, NOW + 300)
        assert claim(second, PACED, at=NOW + 299).deliveries == ()
        assert len(claim(second, PACED, at=NOW + 300).deliveries) == 1

    @pytest.mark.parametrize(
        ("a_second", "step"), [(1.0, 1000), (1.6, 625), (3.0, 334), (4.0, 250), (7.0, 143)]
    )
    def test_no_second_ever_has_more_calls_than_the_pace_allows(
        self, store: Store, a_second: float, step: int
    ) -> None:
        """Rounded up to the millisecond: three a second are one each 334 ms, not 333."""
        paced = dataclasses.replace(PACED, calls_per_second=a_second)
        accept_many(store, 3)
        assert claim(store, paced, at=NOW + 100).next_due_at == NOW + 100 + step
        assert claim(store, paced, at=NOW + 99 + step).deliveries == ()
        assert len(claim(store, paced, at=NOW + 100 + step).deliveries) == 1

    def test_pace_is_of_the_target_shared_by_two_connections(self, store: Store, second: Store) -> None:
        other = dataclasses.replace(PACED, name="sheet two")
        accept(store, result(), to=(PACED, other))
        assert len(claim(store, PACED, other).deliveries) == 1
        assert claim(second, PACED, other, at=NOW + 199).deliveries == ()
        assert len(claim(second, PACED, other, at=NOW + 200).deliveries) == 1

    def test_two_targets_of_one_quota_get_one_call_a_second_together(
        self, store: Store, second: Store
    ) -> None:
        base = dataclasses.replace(PACED, calls_per_second=1.0, quota="base")
        other = dataclasses.replace(base, name="table two", target="sheet:2")
        accept_many(store, 4, to=(base, other))
        times = []
        for tick in range(0, 4_000, 250):
            handle = (store, second)[tick // 250 % 2]
            claimed = claim(handle, base, other, at=NOW + 100 + tick).deliveries
            times += [(tick, each.connection) for each in claimed]
            handle.settle([ended(each, at=NOW + 100 + tick) for each in claimed])
        assert [tick for tick, _ in times] == [0, 1_000, 2_000, 3_000]
        assert {name for _, name in times} == {"sheet", "table two"}, "they take turns"

    def test_hands_are_of_the_target_although_the_quota_is_shared(self, store: Store) -> None:
        one = dataclasses.replace(SHEET, concurrency=1, quota="base")
        other = dataclasses.replace(one, name="table two", target="sheet:2")
        accept_many(store, 3, to=(one, other))
        assert [each.connection for each in claim(store, one, other, at=NOW + 100).deliveries] == [
            "sheet",
            "table two",
        ]

    def test_never_two_of_one_generation_and_connection_at_a_time(self, store: Store, second: Store) -> None:
        accept(store, result(status="processing"))
        processing = claim_one(store, WIDE)
        accept(store, result(status="completed"), at=NOW + 1)
        assert claim(second, WIDE, at=NOW + 1).deliveries == ()
        store.settle([ended(processing, at=NOW + 1)])
        assert claim_one(second, WIDE, at=NOW + 1).result.status == "completed"

    def test_another_connection_may_have_the_same_generation_in_hand(self, store: Store) -> None:
        accept(store, result(), to=(SHEET, SHOP))
        assert len(claim(store, SHEET, SHOP).deliveries) == 2

    def test_what_is_due_first_is_claimed_first(self, store: Store) -> None:
        for age, name in ((30, "young"), (10, "oldest"), (20, "older")):
            accept(store, result(name), at=NOW + age)
        one = dataclasses.replace(SHEET, concurrency=1)
        order = [each.result.generation_id for each in drain(store, one, at=NOW + 100)]
        assert order == ["oldest", "older", "young"]

    def test_what_is_claimed_together_comes_in_the_order_it_became_due(self, store: Store) -> None:
        accept_many(store, 6)
        claimed = claim(store, WIDE, at=NOW + 100).deliveries
        assert [each.result.generation_id for each in claimed] == [f"vgen_{number}" for number in range(6)]

    def test_what_is_due_later_is_not_claimed_and_is_looked_at_then(self, store: Store) -> None:
        accept(store, result())
        store.settle([retry(claim_one(store), NOW + 5_000)])
        early = claim(store, at=NOW + 4_999)
        assert (early.deliveries, early.next_due_at) == ((), NOW + 5_000)
        assert len(claim(store, at=NOW + 5_000).deliveries) == 1

    def test_the_next_look_is_at_the_earliest_of_all_connections(self, store: Store) -> None:
        accept(store, result(), to=(SHEET, SHOP))
        for claimed in claim(store, SHEET, SHOP).deliveries:
            later = 9_000 if claimed.connection == "sheet" else 3_000
            store.settle([retry(claimed, NOW + later)])
        assert claim(store, SHEET, SHOP, at=NOW + 1).next_due_at == NOW + 3_000

    def test_the_next_look_is_never_at_once_when_nothing_more_can_be_had(self, store: Store) -> None:
        """Looking again at once would find the same: a loop that never sleeps."""
        accept_many(store, 10)
        full = claim(store, at=NOW + 100)
        assert len(full.deliveries) == SHEET.concurrency
        assert full.next_due_at is None or full.next_due_at > NOW + 100
        accept(store, result("vgen_blocked", "processing"), to=(SHOP,), at=NOW)
        claim(store, SHOP, at=NOW)
        accept(store, result("vgen_blocked", "completed"), to=(SHOP,), at=NOW + 1)
        blocked = claim(store, SHOP, at=NOW + 1)
        assert blocked.deliveries == ()
        assert blocked.next_due_at is None or blocked.next_due_at > NOW + 1

    def test_a_lease_that_ran_out_is_an_interrupted_attempt_and_gives_a_new_token(
        self, store: Store, second: Store
    ) -> None:
        accept(store, result())
        lost = claim_one(store)
        again = claim_one(second, at=NOW + LEASE)
        assert (again.delivery_id, again.key) == (lost.delivery_id, lost.key)
        assert again.token > lost.token
        assert again.tries == lost.tries + 1
        (interrupted,) = store.attempts(lost.delivery_id)
        assert (interrupted.number, interrupted.outcome) == (lost.token, "interrupted")

    def test_a_stale_token_settles_nothing_and_is_told(self, store: Store, second: Store) -> None:
        accept(store, result())
        stale = ended(claim_one(store), message="mine")
        fresh = claim_one(second, at=NOW + LEASE)
        assert store.settle([stale]) == [stale]
        assert only_delivery(store).status == "pending"
        assert second.settle([ended(fresh, at=NOW + LEASE)]) == []
        assert only_delivery(store).status == "delivered"
        assert store.settle([stale]) == [stale]
        assert [each.outcome for each in store.attempts(fresh.delivery_id)] == ["interrupted", "done"]

    def test_a_lease_that_is_renewed_does_not_run_out(self, store: Store, second: Store) -> None:
        accept(store, result())
        claimed = claim_one(store)
        store.renew([(claimed.delivery_id, claimed.token)], until=NOW + 3 * LEASE)
        assert claim(second, at=NOW + 3 * LEASE - 1).deliveries == ()
        assert store.settle([ended(claimed, at=NOW + 3 * LEASE)]) == []

    def test_a_stale_token_renews_nothing(self, store: Store, second: Store) -> None:
        accept(store, result())
        stale = claim_one(store)
        fresh = claim_one(second, at=NOW + LEASE)
        store.renew([(stale.delivery_id, stale.token)], until=NOW + 100 * LEASE)
        assert claim_one(store, at=NOW + 2 * LEASE).token > fresh.token

    def test_what_is_settled_cannot_be_renewed_into_being_due_again(self, store: Store) -> None:
        accept(store, result())
        claimed = claim_one(store)
        store.settle([ended(claimed)])
        store.renew([(claimed.delivery_id, claimed.token)], until=NOW + LEASE)
        store.release([(claimed.delivery_id, claimed.token)], now=NOW)
        assert only_delivery(store).status == "delivered"
        assert claim(store, at=NOW + 2 * LEASE).deliveries == ()

    def test_what_is_released_is_due_at_once_and_has_no_attempt(self, store: Store, second: Store) -> None:
        accept(store, result())
        claimed = claim_one(store)
        store.release([(claimed.delivery_id, claimed.token)], now=NOW + 5)
        again = claim_one(second, at=NOW + 5)
        assert (again.delivery_id, again.tries) == (claimed.delivery_id, 0)
        assert again.token > claimed.token
        assert store.attempts(claimed.delivery_id) == []

    def test_a_stale_token_releases_nothing(self, store: Store, second: Store) -> None:
        accept(store, result())
        stale = claim_one(store)
        claim_one(second, at=NOW + LEASE)
        store.release([(stale.delivery_id, stale.token)], now=NOW + LEASE)
        assert claim(store, at=NOW + LEASE).deliveries == ()

    def test_a_clock_that_was_set_back_loses_and_doubles_nothing(self, store: Store, second: Store) -> None:
        accept(store, result("before"), at=NOW)
        held = claim_one(store, at=NOW)
        earlier = NOW - 3_600_000
        accept(store, result("after"), at=earlier)
        assert [each.result.generation_id for each in claim(second, at=earlier).deliveries] == ["after"]
        assert store.settle([ended(held, at=earlier)]) == []
        assert {each.status for each in store.deliveries(limit=10)} == {"delivered", "pending"}

    def test_a_connection_nobody_configures_keeps_its_deliveries(self, store: Store) -> None:
        accept(store, result(), to=(SHEET, SHOP))
        assert len(drain(store, SHOP, at=NOW)) == 1
        assert len(drain(store, SHEET, at=NOW + 86_400_000)) == 1

    def test_claiming_for_no_connection_is_nothing(self, store: Store) -> None:
        accept(store, result())
        nothing: tuple[Route, ...] = ()
        assert store.claim(nothing, now=NOW, lease_until=NOW + LEASE).deliveries == ()

    def test_the_leases_of_a_worker_that_died_end_and_count_as_tried(
        self, store: Store, second: Store
    ) -> None:
        accept_many(store, 2)
        one_each = dataclasses.replace(SHEET, concurrency=1)
        dead = store.claim([one_each], now=NOW + 1, lease_until=NOW + LEASE, worker="dead")
        assert len(dead.deliveries) == 1
        assert second.claim([one_each], now=NOW + 2, lease_until=NOW + LEASE, worker="next").deliveries == ()
        assert second.lease_holders(now=NOW + 2) == ["dead"]
        second.end_leases("somebody else", now=NOW + 2)
        assert second.lease_holders(now=NOW + 2) == ["dead"]
        second.end_leases("dead", now=NOW + 2)
        assert second.lease_holders(now=NOW + 2) == []
        (before,) = dead.deliveries
        taken = second.claim(
            [dataclasses.replace(SHEET, concurrency=2)], now=NOW + 3, lease_until=NOW + LEASE, worker="next"
        )
        (again,) = [each for each in taken.deliveries if each.delivery_id == before.delivery_id]
        assert (len(taken.deliveries), again.token, again.tries) == (2, before.token + 1, 1)
        assert [each.outcome for each in store.attempts(before.delivery_id)] == ["interrupted"]
        assert store.settle([ended(before)]) != [], "the dead one's token settles nothing"
