"""Sending again on purpose, one or many, with the same key."""

from relay.models.delivery import Selection
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

LATER = NOW + 86_400_000


class ReplayContract:
    def test_a_delivered_one_is_sent_again_with_the_same_key_and_marked_so(self, store: Store) -> None:
        accept(store, result())
        first = claim_one(store)
        store.settle([ended(first)])
        assert store.replay(Selection(ids=(first.delivery_id,)), now=LATER) == 1
        again = claim_one(store, at=LATER)
        assert (again.delivery_id, again.key) == (first.delivery_id, first.key)
        assert again.token > first.token
        store.settle([ended(again, at=LATER)])
        assert [each.number for each in store.attempts(first.delivery_id)] == [1, 2]

    def test_a_failed_one_starts_the_ladder_from_its_foot(self, store: Store) -> None:
        accept(store, result())
        store.settle([retry(claim_one(store), NOW + 5_000)])
        store.settle([ended(claim_one(store, at=NOW + 5_000), "failed", message="No.")])
        assert store.replay(Selection(status="failed"), now=LATER) == 1
        row = only_delivery(store)
        assert (row.status, row.due_at, row.settled_at, row.note) == ("pending", LATER, None, "")
        again = claim_one(store, at=LATER)
        assert again.tries == 0

    def test_one_that_waits_for_its_next_try_goes_now(self, store: Store) -> None:
        accept(store, result())
        store.settle([retry(claim_one(store), NOW + 10 * 86_400_000)])
        assert store.replay(Selection(status="retrying"), now=LATER) == 1
        assert len(claim(store, at=LATER).deliveries) == 1

    def test_many_are_chosen_by_connection_status_and_generation(self, store: Store) -> None:
        accept_many(store, 3, to=(SHEET, SHOP))
        drain(store, SHEET, SHOP, at=NOW + 100)
        assert store.replay(Selection(connection="shop"), now=LATER, dry=True) == 3
        assert store.replay(Selection(generation_id="vgen_1"), now=LATER, dry=True) == 2
        assert store.replay(Selection(generation_id="vgen_1", connection="shop"), now=LATER, dry=True) == 1
        assert store.replay(Selection(status="failed"), now=LATER, dry=True) == 0
        assert store.replay(Selection(status="delivered"), now=LATER) == 6
        assert len(claim(store, SHEET, SHOP, at=LATER).deliveries) == 6

    def test_each_way_of_choosing_finds_its_own(self, store: Store) -> None:
        accept_many(store, 3, to=(SHEET, SHOP))
        drain(store, SHEET, SHOP, at=NOW + 100)

        def count(**chosen: str) -> int:
            return store.replay(Selection(**chosen), now=LATER, dry=True)  # type: ignore[arg-type]

        assert count() == count(status="delivered") == 6
        assert count(connection="shop", status="delivered") == 3
        assert count(connection="shop", status="failed") == count(connection="nobody") == 0
        assert count(generation_id="vgen_1", status="delivered") == 2
        assert count(generation_id="vgen_1", status="failed") == 0

    def test_a_count_goes_no_further_than_it_is_told(self, store: Store) -> None:
        accept_many(store, 3, to=(SHEET, SHOP))
        drain(store, SHEET, SHOP, at=NOW + 100)
        assert store.replay(Selection(status="delivered"), now=LATER, dry=True, most=4) == 4
        assert store.replay(Selection(connection="shop"), now=LATER, dry=True, most=4) == 3

    def test_several_are_chosen_by_id(self, store: Store) -> None:
        accept_many(store, 3)
        done = drain(store, at=NOW + 100)
        chosen = tuple(each.delivery_id for each in done[:2])
        assert store.replay(Selection(ids=chosen), now=LATER) == 2
        assert {each.delivery_id for each in claim(store, at=LATER).deliveries} == set(chosen)

    def test_a_dry_replay_counts_and_changes_nothing(self, store: Store) -> None:
        accept(store, result())
        store.settle([ended(claim_one(store))])
        assert store.replay(Selection(status="delivered"), now=LATER, dry=True) == 1
        assert only_delivery(store).status == "delivered"
        assert claim(store, at=LATER).deliveries == ()

    def test_an_id_that_is_none_is_nothing(self, store: Store) -> None:
        assert store.replay(Selection(ids=("dlv_none",)), now=LATER) == 0

    def test_what_has_been_superseded_is_not_sent_again(self, store: Store) -> None:
        """A failure would overwrite the success that followed it."""
        accept(store, result(status="failed"))
        failed = claim_one(store)
        store.settle([ended(failed)])
        accept(store, result(status="completed"), at=NOW + 1)
        assert store.replay(Selection(ids=(failed.delivery_id,)), now=LATER) == 0
        assert store.replay(Selection(generation_id="vgen_1"), now=LATER) == 1
        assert claim_one(store, at=LATER).result.status == "completed"

    def test_what_is_in_hand_is_left_alone(self, store: Store) -> None:
        accept(store, result())
        claimed = claim_one(store)
        assert store.replay(Selection(ids=(claimed.delivery_id,)), now=NOW + 1) == 0
        assert store.settle([ended(claimed)]) == []

    def test_what_was_in_hand_of_someone_who_died_can_be_sent_again(self, store: Store) -> None:
        accept(store, result())
        lost = claim_one(store)
        assert store.replay(Selection(ids=(lost.delivery_id,)), now=NOW + LEASE) == 1
        again = claim_one(store, at=NOW + LEASE)
        assert store.settle([ended(lost)]) == [ended(lost)]
        assert store.settle([ended(again, at=NOW + LEASE)]) == []
