"""What becomes of a delivery when its attempt ends."""

import dataclasses

from relay.models.delivery import superseded_by
from relay.store.contract.core import Store
from tests.store.contract.make import (
    LEASE,
    NOW,
    SHEET,
    accept,
    claim,
    claim_one,
    drain,
    ended,
    hold,
    only_delivery,
    pause,
    result,
    retry,
    statuses,
)


class SettleContract:
    def test_delivered_is_settled_with_its_link_and_note(self, store: Store) -> None:
        accept(store, result())
        claimed = claim_one(store)
        done = ended(claimed, message="Row 7", link="https://sheet.test/7", at=NOW + 3)
        assert store.settle([done]) == []
        row = only_delivery(store)
        assert (row.status, row.due_at, row.settled_at) == ("delivered", None, NOW + 10)
        assert (row.link, row.note) == ("https://sheet.test/7", "Row 7")
        assert claim(store, at=NOW + LEASE).deliveries == ()

    def test_the_attempt_is_kept_as_it_was(self, store: Store) -> None:
        accept(store, result())
        claimed = claim_one(store)
        store.settle([ended(claimed, message="thanks", http_status=201, answer='{"ok": true}', at=NOW + 3)])
        (kept,) = store.attempts(claimed.delivery_id)
        assert (kept.number, kept.outcome, kept.started_at, kept.milliseconds) == (1, "done", NOW + 3, 7)
        assert (kept.http_status, kept.message, kept.answer) == (201, "thanks", '{"ok": true}')

    def test_what_a_claim_settles_is_settled_before_it_claims(self, store: Store) -> None:
        accept(store, result(status="processing"))
        first = claim_one(store)
        accept(store, result())
        assert claim(store).deliveries == (), "another status of this generation is under lease"
        both = store.claim([SHEET], now=NOW + 1, lease_until=NOW + LEASE, settled=[ended(first)])
        assert [each.result.status for each in both.deliveries] == ["completed"]
        assert both.stale == ()
        assert [each.outcome for each in store.attempts(first.delivery_id)] == ["done"]

    def test_a_claim_refuses_what_is_stale_and_obeys_the_pause_that_it_settles(self, store: Store) -> None:
        two = dataclasses.replace(SHEET, concurrency=2, calls_per_second=None)
        accept(store, result())
        late = ended(claim_one(store))
        accept(store, result("vgen_2"))
        taken = claim(store, two, at=NOW + LEASE).deliveries
        refused = ended(taken[0], "pending", due_at=NOW, pause=pause())
        both = [late, refused]
        again = store.claim([two], now=NOW + LEASE, lease_until=NOW + 2 * LEASE, ahead=8, settled=both)
        assert (again.stale, again.deliveries) == ((late,), ())
        assert store.claim([two], now=NOW + LEASE, lease_until=NOW + 2 * LEASE, ahead=8).deliveries == ()

    def test_a_claim_settles_also_where_there_is_nothing_to_claim(self, store: Store) -> None:
        accept(store, result())
        claimed = claim_one(store)
        assert store.claim([], now=NOW, lease_until=NOW + LEASE, settled=[ended(claimed)]).deliveries == ()
        assert only_delivery(store).status == "delivered"

    def test_failed_is_settled_and_not_claimed_again(self, store: Store) -> None:
        accept(store, result())
        store.settle([ended(claim_one(store), "failed", message="no such product")])
        row = only_delivery(store)
        assert (row.status, row.due_at, row.note) == ("failed", None, "no such product")
        assert claim(store, at=NOW + 10 * LEASE).deliveries == ()

    def test_a_retry_is_due_when_it_says_and_counts_when_it_says(self, store: Store) -> None:
        accept(store, result())
        store.settle([retry(claim_one(store), NOW + 5_000, message="answered 500")])
        row = only_delivery(store)
        assert (row.status, row.due_at, row.settled_at) == ("retrying", NOW + 5_000, None)
        counted = claim_one(store, at=NOW + 5_000)
        assert counted.tries == 1
        store.settle([retry(counted, NOW + 6_000, counts=False)])
        uncounted = claim_one(store, at=NOW + 6_000)
        assert (uncounted.tries, uncounted.token) == (1, 3)

    def test_a_retry_that_restarts_has_its_tries_before_it_again(self, store: Store) -> None:
        accept(store, result())
        for number in range(3):
            claimed = claim_one(store, at=NOW + number)
            store.settle([retry(claimed, NOW + number + 1)])
        claimed = claim_one(store, at=NOW + 3)
        store.settle([retry(claimed, NOW + 4, counts=False, restarts=True)])
        assert (claimed.tries, claim_one(store, at=NOW + 4).tries) == (3, 0)

    def test_attempts_are_listed_in_their_order(self, store: Store) -> None:
        accept(store, result())
        for number in range(12):
            claimed = claim_one(store, at=NOW + number)
            store.settle([retry(claimed, NOW + number + 1, at=NOW + number, message=f"try {number}")])
        kept = store.attempts(only_delivery(store).id)
        assert [each.message for each in kept] == [f"try {number}" for number in range(12)]

    def test_many_are_settled_together_and_only_the_stale_one_is_refused(self, store: Store) -> None:
        for name in ("vgen_1", "vgen_2", "vgen_3"):
            accept(store, result(name))
        one, two, three = claim(store).deliveries
        store.settle([ended(two)])
        stale = ended(two, "failed")
        assert store.settle([ended(one), stale, ended(three)]) == [stale]
        assert {each.status for each in store.deliveries(limit=10)} == {"delivered"}

    def test_settling_nothing_is_nothing(self, store: Store) -> None:
        assert store.settle([]) == []

    def test_a_fault_of_the_connection_pauses_it_in_the_same_step(self, store: Store) -> None:
        accept(store, result())
        claimed = claim_one(store)
        standing = pause("answered 401", until=NOW + 3_600_000)
        store.settle([ended(claimed, "pending", due_at=NOW, pause=standing)])
        assert store.pauses() == {"sheet": standing}
        row = only_delivery(store)
        assert (row.status, row.settled_at) == ("pending", None)
        assert claim(store, at=NOW + 3_599_999).deliveries == ()
        assert claim_one(store, at=NOW + 3_600_000).tries == 0

    def test_a_stale_attempt_neither_pauses_nor_holds(self, store: Store, second: Store) -> None:
        accept(store, result())
        stale = claim_one(store)
        fresh = claim_one(second, at=NOW + LEASE)
        store.settle([ended(stale, "pending", due_at=NOW, pause=pause(), hold=hold(NOW + 10**9))])
        assert store.pauses() == {}
        second.settle([retry(fresh, NOW + LEASE, at=NOW + LEASE)])
        assert len(claim(store, at=NOW + LEASE).deliveries) == 1

    def test_superseded_in_hand_and_delivered_all_the_same_is_delivered(self, store: Store) -> None:
        accept(store, result(status="failed"))
        claimed = claim_one(store)
        accept(store, result(status="completed"), at=NOW + 1)
        assert store.settle([ended(claimed, link="https://sheet.test/7")]) == []
        assert statuses(store) == {"failed": "delivered", "completed": "pending"}
        assert len(store.attempts(claimed.delivery_id)) == 1

    def test_superseded_in_hand_and_not_delivered_stays_skipped(self, store: Store) -> None:
        for number, end in enumerate(("failed", "retrying", "pending")):
            name = f"vgen_{number}"
            accept(store, result(name, "processing"))
            claimed = claim_one(store)
            accept(store, result(name, "completed"), to=(), at=NOW + 1)
            due_at = None if end == "failed" else NOW + 5_000
            store.settle([ended(claimed, end, due_at=due_at, counts=True)])
            row = only_delivery(store, generation_id=name)
            assert (row.status, row.due_at) == ("skipped", None)
            assert row.note == superseded_by("completed")
        assert claim(store, at=NOW + LEASE).deliveries == ()

    def test_superseded_in_hand_renewed_and_then_lost_is_not_sent_again(self, store: Store) -> None:
        accept(store, result(status="processing"))
        claimed = claim_one(store)
        accept(store, result(status="completed"), at=NOW + 1)
        store.renew([(claimed.delivery_id, claimed.token)], until=NOW + 2 * LEASE)
        assert claim(store, at=NOW + LEASE).deliveries == ()
        assert [each.result.status for each in drain(store, at=NOW + 2 * LEASE)] == ["completed"]
        assert statuses(store) == {"processing": "skipped", "completed": "delivered"}

    def test_superseded_in_hand_and_released_stays_skipped(self, store: Store) -> None:
        accept(store, result(status="processing"))
        claimed = claim_one(store)
        accept(store, result(status="completed"), at=NOW + 1)
        store.release([(claimed.delivery_id, claimed.token)], now=NOW + 2)
        assert [each.result.status for each in drain(store, at=NOW + 2)] == ["completed"]
        assert statuses(store) == {"processing": "skipped", "completed": "delivered"}
