"""A connection that stands still, and what ends that."""

import dataclasses

from relay.store.contract.core import Store
from tests.store.contract.make import (
    NOW,
    SHEET,
    SHOP,
    accept,
    claim,
    claim_one,
    ended,
    only_delivery,
    pause,
    result,
)


class PauseContract:
    def test_nothing_of_a_paused_connection_is_claimed_and_others_go_on(self, store: Store) -> None:
        store.pause("sheet", pause())
        accept(store, result(), to=(SHEET, SHOP))
        assert [each.connection for each in claim(store, SHEET, SHOP).deliveries] == ["shop"]
        assert only_delivery(store, connection="sheet").status == "pending"

    def test_a_pause_without_an_end_lasts_until_somebody_resumes(self, store: Store, second: Store) -> None:
        store.pause("sheet", pause())
        accept(store, result())
        assert claim(store, at=NOW + 365 * 86_400_000).deliveries == ()
        assert second.resume("sheet") is True
        assert store.pauses() == {}
        assert len(claim(store).deliveries) == 1

    def test_resuming_what_is_not_paused_says_so(self, store: Store) -> None:
        assert store.resume("sheet") is False

    def test_a_pause_ends_at_its_end_and_is_looked_for_then(self, store: Store) -> None:
        store.pause("sheet", pause(until=NOW + 700))
        accept(store, result())
        early = claim(store, at=NOW + 699)
        assert (early.deliveries, early.next_due_at) == ((), NOW + 700)
        assert len(claim(store, at=NOW + 700).deliveries) == 1
        assert store.pauses() == {}

    def test_a_pause_says_since_when_why_and_until(self, store: Store) -> None:
        standing = pause("answered 401", until=NOW + 700, since=NOW - 5)
        store.pause("sheet", standing)
        assert store.pauses() == {"sheet": standing}

    def test_a_second_fault_of_a_paused_connection_keeps_its_beginning_and_the_later_end(
        self, store: Store
    ) -> None:
        store.pause("sheet", pause("answered 401", until=NOW + 700))
        store.pause("sheet", pause("answered 403", until=NOW + 900, since=NOW + 5))
        assert store.pauses() == {"sheet": pause("answered 403", until=NOW + 900)}

    def test_an_attempt_that_fails_late_does_not_shorten_a_persons_pause(self, store: Store) -> None:
        accept(store, result())
        claimed = claim_one(store)
        store.pause("sheet", pause("holidays"))
        late = pause("answered 401", until=NOW + 3_600_000, since=NOW + 5)
        store.settle([ended(claimed, "pending", due_at=NOW, pause=late, fingerprint="old")])
        assert store.pauses() == {"sheet": pause("holidays")}
        assert claim(store, at=NOW + 4_000_000).deliveries == ()

    def test_options_that_were_fixed_end_the_pause_they_caused(self, store: Store) -> None:
        store.pause("sheet", pause(), fingerprint="old")
        assert store.resume_changed([dataclasses.replace(SHEET, fingerprint="old")]) == []
        assert store.resume_changed([dataclasses.replace(SHEET, fingerprint="new"), SHOP]) == ["sheet"]
        assert store.pauses() == {}

    def test_a_pause_that_no_options_caused_is_not_ended_by_other_options(self, store: Store) -> None:
        store.pause("sheet", pause("holidays"))
        assert store.resume_changed([dataclasses.replace(SHEET, fingerprint="new")]) == []
        assert "sheet" in store.pauses()

    def test_what_is_in_hand_when_the_pause_begins_is_still_settled(self, store: Store) -> None:
        accept(store, result())
        claimed = claim_one(store)
        store.pause("sheet", pause())
        assert store.settle([ended(claimed)]) == []
        assert only_delivery(store).status == "delivered"
