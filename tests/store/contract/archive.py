"""Outputs owed to the archive, and the deliveries that wait for them, but not for ever."""

from collections.abc import Sequence
from typing import Any

import pytest

from relay.delivery.status import delivery_status
from relay.models.archive import ClaimedCopy, Copy, CopySettlement, CopyStatus
from relay.models.core import Output, Result, RoutedResult
from relay.models.status import Status
from relay.models.views import ArchiveSummary
from relay.store.contract.core import ArchiveStore, IntakeStore, Store
from tests.store.contract.make import (
    LEASE,
    NOW,
    SHEET,
    SHOP,
    accept,
    claim,
    claim_one,
    event,
    only_delivery,
    result,
)
from tests.store.contract.make import ended as delivered
from tests.store.contract.waking import is_woken_by

WAIT = 600_000
TWO = (Output("https://cdn.test/1.png", "image/png"), Output("https://cdn.test/2.png", "image/png"))


def accept_held(
    store: IntakeStore, *results: Result, to: Sequence[str] = ("sheet",), at: int = NOW, wait: int = WAIT
) -> None:
    wanted = [RoutedResult(each, tuple(to), held_until=at + wait) for each in results]
    store.accept(event(*results, at=at), wanted)


def claim_copies(
    store: ArchiveStore, at: int = NOW, *, first: int = 10, later: int = 10
) -> list[ClaimedCopy]:
    claimed, _ = store.claim_copies(now=at, lease_until=at + LEASE, first=first, later=later)
    return sorted(claimed, key=lambda each: (each.generation_id, each.number))


def kept(claimed: ClaimedCopy, **fields: Any) -> CopySettlement:
    plain: dict[str, Any] = {
        "status": CopyStatus.ARCHIVED,
        "storage": "local",
        "key": f"2027/01/{claimed.generation_id}-{claimed.number}.png",
        "type": "image/png",
        "size": 100,
        "sha256": "ab" * 32,
    }
    return CopySettlement(claimed.result_id, claimed.number, claimed.token, **(plain | fields))


def failed(claimed: ClaimedCopy, note: str = "the link is dead") -> CopySettlement:
    return CopySettlement(claimed.result_id, claimed.number, claimed.token, CopyStatus.FAILED, note)


def again(claimed: ClaimedCopy, due_at: int) -> CopySettlement:
    return CopySettlement(
        claimed.result_id, claimed.number, claimed.token, CopyStatus.RETRYING, "busy", due_at
    )


class ArchiveContract:
    def test_every_output_is_due_for_the_archive_at_once(self, store: Store) -> None:
        accept_held(store, result(outputs=TWO))
        one, two = claim_copies(store)
        assert (one.number, one.url, two.number, two.url) == (1, TWO[0].url, 2, TWO[1].url)
        assert (one.generation_id, one.received_at, one.token, one.tries) == ("vgen_1", NOW, 1, 0)

    def test_without_an_archive_nothing_is_due_and_nothing_waits(self, store: Store) -> None:
        accept(store, result())
        assert claim_copies(store) == []
        claimed = claim_one(store)
        assert (claimed.copies, claimed.received_at) == ((), NOW)

    def test_the_deliveries_wait_for_the_last_output_and_are_due_with_it(self, store: Store) -> None:
        accept_held(store, result(outputs=TWO), to=("sheet", "shop"))
        assert claim(store, SHEET, SHOP, at=NOW + 5_000).deliveries == ()
        said = delivery_status(store.deliveries(limit=1)[0], Status("ready"), NOW)
        assert said.reason.startswith("Waiting for the archived copy of its file.")
        one, two = claim_copies(store)
        store.settle_copies([kept(one)], now=NOW + 6_000)
        assert claim(store, SHEET, SHOP, at=NOW + 6_000).deliveries == ()
        store.settle_copies([kept(two)], now=NOW + 7_000)
        sheet, shop = claim(store, SHEET, SHOP, at=NOW + 7_000).deliveries
        expected = (
            Copy(1, "local", "2027/01/vgen_1-1.png", "image/png", 100),
            Copy(2, "local", "2027/01/vgen_1-2.png", "image/png", 100),
        )
        assert sheet.copies == shop.copies == expected
        assert store.deliveries(limit=1)[0].note == ""

    def test_one_that_fails_for_good_is_waited_for_no_more(self, store: Store) -> None:
        accept_held(store, result(outputs=TWO))
        one, two = claim_copies(store)
        store.settle_copies([failed(one), kept(two)], now=NOW + 1)
        assert claim_one(store, at=NOW + 1).copies == (
            Copy(2, "local", "2027/01/vgen_1-2.png", "image/png", 100),
        )

    def test_the_deliveries_do_not_wait_longer_than_they_may(self, store: Store) -> None:
        accept_held(store, result())
        (claimed,) = claim_copies(store)
        store.settle_copies([again(claimed, NOW + 10 * WAIT)], now=NOW + 1)
        assert claim(store, at=NOW + WAIT - 1).deliveries == ()
        assert claim_one(store, at=NOW + WAIT).copies == ()

    @pytest.mark.parametrize("reported", [Output(TWO[0].url), Output(TWO[0].url, "text/plain", 7)])
    def test_a_result_is_read_with_the_type_and_size_of_its_copies(
        self, store: Store, reported: Output
    ) -> None:
        """As deliveries, pages and the API read it; what has no copy is as it was reported."""
        accept_held(store, result(outputs=(reported, TWO[1])))
        one, two = claim_copies(store)
        store.settle_copies([kept(one, type="video/mp4", size=4711), failed(two)], now=NOW)
        (record,) = store.results("vgen_1")
        for outputs in (claim_one(store).result.outputs, record.result.outputs):
            assert outputs == (Output(TWO[0].url, "video/mp4", 4711), TWO[1])

    def test_first_tries_and_later_ones_are_claimed_apart(self, store: Store) -> None:
        """What was tried takes no place of what is new; the next is due only of what there is room for."""
        accept_held(store, result("old"), result("older"))
        store.settle_copies([again(each, NOW + 1_000) for each in claim_copies(store)], now=NOW)
        accept_held(store, result("new"), at=NOW + 500)
        later = NOW + 1_000
        for first, names in ((1, ["new"]), (0, [])):
            found, _ = store.claim_copies(now=later, lease_until=later + LEASE, first=first, later=0)
            assert [each.generation_id for each in found] == names
        none = ([], None)
        assert store.claim_copies(now=later, lease_until=later + LEASE, first=9, later=0) == none
        (one,) = claim_copies(store, at=later, first=0, later=1)
        (other,), next_due_at = store.claim_copies(now=later, lease_until=later + LEASE, first=9, later=9)
        assert {one.generation_id, other.generation_id} == {"old", "older"}
        assert next_due_at == later + LEASE

    def test_an_output_whose_lease_ran_out_is_a_later_try(self, store: Store) -> None:
        accept_held(store, result())
        claim_copies(store)
        assert claim_copies(store, at=NOW + LEASE, later=0) == []
        assert len(claim_copies(store, at=NOW + LEASE, first=0)) == 1

    def test_a_wait_of_nothing_archives_and_delivers_at_once(self, store: Store) -> None:
        accept_held(store, result(), wait=0)
        assert only_delivery(store).note == ""
        assert claim_one(store).copies == ()
        assert len(claim_copies(store)) == 1

    def test_what_was_delivered_or_tried_already_is_not_touched_by_a_late_copy(self, store: Store) -> None:
        accept_held(store, result(), to=("sheet", "shop"))
        store.settle([delivered(claim_one(store, SHEET, at=NOW + WAIT))])
        tried = claim_one(store, SHOP, at=NOW + WAIT)
        later = NOW + 5 * WAIT
        store.settle([delivered(tried, "pending", due_at=later, message="not ready")])
        (claimed,) = claim_copies(store, at=NOW + WAIT)
        store.settle_copies([kept(claimed)], now=NOW + WAIT + 1)
        assert claim(store, SHEET, SHOP, at=later - 1).deliveries == ()
        assert len(claim_one(store, SHOP, at=later).copies) == 1

    def test_two_archivers_never_have_the_same_output(self, store: Store, second: Store) -> None:
        accept_held(store, result(outputs=TWO))
        (one,) = claim_copies(store, first=1)
        (two,) = claim_copies(second)
        assert {one.number, two.number} == {1, 2}
        assert claim_copies(store) == []

    def test_a_lease_that_ran_out_counts_and_its_hand_settles_nothing(
        self, store: Store, second: Store
    ) -> None:
        accept_held(store, result())
        (stale,) = claim_copies(store)
        (fresh,) = claim_copies(second, at=NOW + LEASE)
        assert (fresh.tries, fresh.token) == (1, 2)
        late = kept(stale)
        assert store.settle_copies([late], now=NOW + LEASE) == [late]
        assert claim(store, at=NOW + LEASE).deliveries == ()
        assert second.settle_copies([kept(fresh)], now=NOW + LEASE) == []

    def test_a_renewed_lease_is_kept_and_a_stale_one_is_not_renewed(self, store: Store) -> None:
        accept_held(store, result())
        (claimed,) = claim_copies(store)
        store.renew_copies([claimed.lease], until=NOW + 3 * LEASE)
        assert claim_copies(store, at=NOW + 3 * LEASE - 1) == []
        (fresh,) = claim_copies(store, at=NOW + 3 * LEASE)
        store.renew_copies([claimed.lease], until=NOW + 99 * LEASE)
        assert len(claim_copies(store, at=NOW + 4 * LEASE)) == 1
        assert fresh.token == 2

    def test_what_is_given_back_is_due_and_counts_for_nothing(self, store: Store) -> None:
        accept_held(store, result())
        (claimed,) = claim_copies(store)
        store.release_copies([claimed.lease], now=NOW + 1)
        (fresh,) = claim_copies(store, at=NOW + 1)
        assert fresh.tries == 0

    def test_a_retry_is_due_when_it_says_and_counts(self, store: Store) -> None:
        accept_held(store, result())
        (claimed,) = claim_copies(store)
        store.settle_copies([again(claimed, NOW + 5_000)], now=NOW)
        assert store.claim_copies(now=NOW, lease_until=NOW + LEASE, first=1, later=1) == ([], NOW + 5_000)
        (fresh,) = claim_copies(store, at=NOW + 5_000)
        assert fresh.tries == 1

    def test_outputs_that_come_with_a_repeat_are_archived_too(self, store: Store) -> None:
        accept_held(store, result(outputs=()))
        assert claim_copies(store) == []
        accept_held(store, result(outputs=TWO), at=NOW + 1)
        accept_held(store, result(outputs=TWO), at=NOW + 2)
        assert [each.number for each in claim_copies(store, at=NOW + 2)] == [1, 2]

    def test_a_repeat_owes_nothing_more(self, store: Store) -> None:
        accept_held(store, result(outputs=TWO))
        store.settle_copies([kept(each) for each in claim_copies(store)], now=NOW)
        other = (Output("https://cdn.test/other.png"), *TWO)
        accept_held(store, result(outputs=other, model="late word"), at=NOW + 1)
        assert claim_copies(store, at=NOW + LEASE) == []

    def test_a_settled_copy_wakes_the_deliveries(self, store: Store, second: Store) -> None:
        accept_held(store, result())
        (claimed,) = claim_copies(store)
        waiter = second.listen()
        try:
            assert is_woken_by(lambda: store.settle_copies([kept(claimed)], now=NOW), waiter)
        finally:
            waiter.close()

    def test_a_result_that_nobody_wants_wakes_the_archive(self, store: Store, second: Store) -> None:
        waiter = second.listen()
        try:
            assert is_woken_by(lambda: accept_held(store, result(), to=()), waiter)
        finally:
            waiter.close()

    def test_the_summary_counts_and_names_what_failed_first(self, store: Store) -> None:
        assert store.archive_summary() == ArchiveSummary()
        accept_held(store, result(outputs=TWO), result("vgen_2"), result("vgen_3"))
        one, two, three, four = claim_copies(store)
        ends = [kept(one, size=100), kept(two, size=23, storage="s3"), again(three, NOW + 9), failed(four)]
        store.settle_copies(ends, now=NOW)
        assert store.archive_summary() == ArchiveSummary(waiting=1, archived=2, failed=1, size=123)
        assert (store.storage_size("local"), store.storage_size("s3")) == (100, 23)
        dead, busy = store.unarchived(limit=10)
        assert (dead.generation_id, dead.status, dead.note) == ("vgen_3", "failed", "the link is dead")
        assert (busy.generation_id, busy.status, busy.due_at) == ("vgen_2", "retrying", NOW + 9)

    @pytest.mark.parametrize("end", ["failed", "archived"])
    def test_a_person_can_try_those_that_failed_again(self, store: Store, end: str) -> None:
        accept_held(store, result())
        (claimed,) = claim_copies(store)
        store.settle_copies([failed(claimed) if end == "failed" else kept(claimed)], now=NOW)
        assert store.retry_copies(now=NOW + 1) == (1 if end == "failed" else 0)
        assert [each.tries for each in claim_copies(store, at=NOW + 1)] == ([0] if end == "failed" else [])
