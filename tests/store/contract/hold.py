"""What a destination closes for a while: what is held, who sees it, and all that ends it."""

import dataclasses

import pytest

from relay.models.connection import Route, StoredConnection
from relay.models.delivery import Selection
from relay.store.contract.core import Store
from tests.store.contract.make import (
    LEASE,
    NOW,
    SHEET,
    SHOP,
    accept,
    claim,
    claim_one,
    ended,
    hold,
    only_delivery,
    pause,
    result,
    retry,
)

MINUTE, DAY = 60_000, 86_400_000
TWIN = dataclasses.replace(SHEET, name="twin")  # writes to the same sheet
SHARED = dataclasses.replace(SHEET, quota="account", hold_is_shared=True)
OTHER = dataclasses.replace(SHARED, name="other", target="sheet:2")


def held(store: Store, *connections: Route, until: int = NOW + MINUTE) -> None:
    """One delivery to each connection; the first connection's was refused with "come back later"."""
    first = connections[0]
    store.update_routes(connections)
    accept(store, result(), to=connections)
    claimed = claim_one(store, first)
    store.settle([retry(claimed, NOW, counts=False, hold=hold(until), held_by=first.held_by)])


def claimed_names(store: Store, *connections: Route, at: int) -> list[str]:
    return sorted(each.connection for each in claim(store, *connections, at=at).deliveries)


class HoldContract:
    def test_a_held_target_is_called_by_nobody_before_its_time(self, store: Store, second: Store) -> None:
        held(store, SHEET, SHOP)
        early = claim(second, SHEET, at=NOW + MINUTE - 1)
        assert (early.deliveries, early.next_due_at) == ((), NOW + MINUTE)
        assert len(claim(second, SHEET, at=NOW + MINUTE).deliveries) == 1

    def test_another_target_is_not_touched(self, store: Store) -> None:
        held(store, SHEET, SHOP)
        assert claimed_names(store, SHEET, SHOP, at=NOW + 1) == ["shop"]
        assert "shop" not in store.pauses()

    def test_neighbors_that_share_only_their_pace_are_not_held(self, store: Store) -> None:
        """Two webhooks of one host: the pace is the host's, the hold the address's."""
        one = dataclasses.replace(SHEET, quota="host")
        two = dataclasses.replace(one, name="two", target="sheet:2")
        held(store, one, two)
        assert claimed_names(store, one, two, at=NOW + 1) == ["two"]
        assert store.pauses().keys() == {"sheet"}

    def test_a_hold_of_a_shared_quota_is_of_all_that_share_it(self, store: Store) -> None:
        held(store, SHARED, OTHER, SHOP)
        assert claimed_names(store, SHARED, OTHER, SHOP, at=NOW + 1) == ["shop"]
        assert store.pauses() == {"sheet": hold(NOW + MINUTE), "other": hold(NOW + MINUTE)}
        assert claimed_names(store, SHARED, OTHER, at=NOW + MINUTE) == ["other", "sheet"]

    def test_readers_see_since_when_why_and_until(self, store: Store, second: Store) -> None:
        held(store, SHEET, TWIN, SHOP)
        assert second.pauses() == {"sheet": hold(NOW + MINUTE), "twin": hold(NOW + MINUTE)}

    def test_of_several_holds_the_one_that_ends_last_stays(self, store: Store) -> None:
        store.update_routes([SHEET])
        for name in ("vgen_1", "vgen_2", "vgen_3"):
            accept(store, result(name))
        one, two, three = claim(store).deliveries
        store.settle(
            [
                retry(one, NOW, hold=hold(NOW + 30_000, "answered 503")),
                retry(two, NOW, hold=hold(NOW + MINUTE, since=NOW + 5)),
                retry(three, NOW, hold=hold(NOW + 5_000)),
            ]
        )
        assert store.pauses() == {"sheet": hold(NOW + MINUTE, since=NOW + 5)}
        assert claim(store, at=NOW + MINUTE - 1).deliveries == ()

    def test_of_a_pause_and_a_hold_the_one_that_ends_last_is_shown(self, store: Store) -> None:
        held(store, SHEET)
        store.pause("sheet", pause(until=NOW + MINUTE - 1))
        assert store.pauses() == {"sheet": hold(NOW + MINUTE)}
        store.pause("sheet", pause("holidays"))
        assert store.pauses() == {"sheet": pause("holidays")}

    def test_a_hold_that_is_over_is_gone_also_where_nothing_waits_for_it(self, store: Store) -> None:
        store.update_routes([SHEET, SHOP])
        accept(store, result())
        store.settle([ended(claim_one(store), hold=hold(NOW + MINUTE))])
        store.pause("shop", pause(until=NOW + MINUTE))
        assert claim(store, SHEET, SHOP, at=NOW + MINUTE - 1).deliveries == ()
        assert store.pauses().keys() == {"sheet", "shop"}
        assert claim(store, SHEET, SHOP, at=NOW + MINUTE).deliveries == ()
        assert store.pauses() == {}

    def test_it_outlives_the_process_that_met_it(self, store: Store, second: Store) -> None:
        held(store, SHEET)
        store.close()
        second.update_routes([SHEET])  # as every worker does when it starts
        assert second.pauses() == {"sheet": hold(NOW + MINUTE)}
        assert claim(second, at=NOW + MINUTE - 1).deliveries == ()

    def test_a_person_who_resumes_ends_it_at_once_for_all_it_stops(self, store: Store, second: Store) -> None:
        held(store, SHEET, TWIN, until=NOW + DAY)
        assert second.resume("twin", now=NOW + 1) is True
        assert store.pauses() == {}
        assert claimed_names(store, SHEET, TWIN, at=NOW + 1) == ["sheet", "twin"]

    def test_who_resumes_need_not_wait_for_the_next_retry(self, store: Store) -> None:
        store.update_routes([SHEET])
        accept(store, result())
        store.settle([retry(claim_one(store), NOW + DAY, hold=hold(NOW + MINUTE))])
        store.resume("sheet", now=NOW + 1)
        assert len(claim(store, at=NOW + 1).deliveries) == 1

    def test_what_waits_for_its_copy_is_not_sent_by_a_resume(self, store: Store) -> None:
        held(store, SHEET)
        accept(store, result("vgen_2"), at=NOW + MINUTE)
        store.resume("sheet", now=NOW + 1)
        assert [each.result.generation_id for each in claim(store, at=NOW + 1).deliveries] == ["vgen_1"]

    def test_resuming_ends_pause_and_hold(self, store: Store) -> None:
        held(store, SHEET)
        store.pause("sheet", pause("holidays"))
        assert store.resume("sheet", now=NOW + 1) is True
        assert store.pauses() == {}

    @pytest.mark.parametrize(
        "chosen", [{"status": "retrying"}, {"connection": "sheet"}, {"generation_id": "vgen_1"}]
    )
    def test_a_replay_ends_it_at_once(self, store: Store, chosen: dict[str, str]) -> None:
        held(store, SHEET, until=NOW + DAY)
        assert store.replay(Selection(**chosen), now=NOW + 1) == 1  # type: ignore[arg-type]
        assert store.pauses() == {}
        assert len(claim(store, at=NOW + 1).deliveries) == 1

    def test_a_replay_of_one_delivery_ends_it_for_all_that_wait(self, store: Store) -> None:
        held(store, SHEET, until=NOW + DAY)
        for name in ("vgen_2", "vgen_3"):
            accept(store, result(name))
        store.replay(Selection(ids=(only_delivery(store, status="retrying").id,)), now=NOW + LEASE)
        assert len(claim(store, at=NOW + LEASE).deliveries) == 3

    @pytest.mark.parametrize(
        "chosen",
        [Selection(connection="shop"), Selection(status="failed"), Selection(ids=("dlv_none",))],
        ids=["another connection", "nothing that fits", "an id that is none"],
    )
    def test_a_replay_that_sends_nothing_there_leaves_it(self, store: Store, chosen: Selection) -> None:
        held(store, SHEET, SHOP)
        store.replay(chosen, now=NOW + 1)
        assert store.pauses() == {"sheet": hold(NOW + MINUTE)}

    def test_counting_a_replay_leaves_it(self, store: Store) -> None:
        held(store, SHEET)
        assert store.replay(Selection(status="retrying"), now=NOW + 1, dry=True) == 1
        assert store.pauses() == {"sheet": hold(NOW + MINUTE)}

    def test_a_replay_leaves_a_pause(self, store: Store) -> None:
        held(store, SHEET)
        store.pause("sheet", pause("holidays"))
        store.replay(Selection(status="retrying"), now=NOW + 1)
        assert store.pauses() == {"sheet": pause("holidays")}

    def test_changed_options_end_it(self, store: Store) -> None:
        held(store, SHEET, TWIN, until=NOW + DAY)
        changed = dataclasses.replace(TWIN, fingerprint="new")
        assert store.update_routes([SHEET, changed]) == ["twin"]
        assert claimed_names(store, SHEET, changed, at=NOW + 1) == ["sheet", "twin"]

    def test_a_changed_address_leaves_it_to_the_address_before(self, store: Store) -> None:
        held(store, SHEET, TWIN, until=NOW + DAY)
        moved = dataclasses.replace(SHEET, target="sheet:9", fingerprint="new")
        store.update_routes([moved, TWIN])
        assert store.pauses() == {"twin": hold(NOW + DAY)}
        assert claimed_names(store, moved, TWIN, at=NOW + 1) == ["sheet"]

    @pytest.mark.parametrize("before", ["elsewhere", "nowhere"])
    def test_a_connection_that_comes_to_a_held_address_is_held_there(self, store: Store, before: str) -> None:
        held(store, SHEET)
        if before == "elsewhere":
            store.update_routes([dataclasses.replace(TWIN, target="sheet:9", fingerprint="old")])
        assert store.update_routes([TWIN]) == []
        assert store.pauses() == {"sheet": hold(NOW + MINUTE), "twin": hold(NOW + MINUTE)}

    def test_options_that_stay_leave_it(self, store: Store) -> None:
        held(store, SHEET)
        assert store.update_routes([SHEET]) == []
        assert store.pauses() == {"sheet": hold(NOW + MINUTE)}

    def test_what_the_options_before_met_holds_nothing(self, store: Store) -> None:
        """The call was under way when a person changed them."""
        accept(store, result())
        store.update_routes([SHEET])
        claimed = claim_one(store)
        store.update_routes([dataclasses.replace(SHEET, fingerprint="new")])
        store.settle([retry(claimed, NOW, hold=hold(NOW + DAY))])
        assert store.pauses() == {}
        assert len(claim(store, at=NOW + 1).deliveries) == 1

    def test_what_the_address_before_said_holds_it_for_its_neighbors(self, store: Store) -> None:
        accept(store, result())
        store.update_routes([SHEET, TWIN])
        claimed = claim_one(store)
        store.update_routes([dataclasses.replace(SHEET, target="sheet:9", fingerprint="new")])
        store.settle([retry(claimed, NOW, hold=hold(NOW + MINUTE))])
        assert store.pauses() == {"twin": hold(NOW + MINUTE)}

    def test_a_connection_that_was_removed_leaves_it_to_its_neighbors(self, store: Store) -> None:
        assert store.add_connection(StoredConnection("sheet", "sheets", "{}", "{}"))
        held(store, SHEET, TWIN)
        assert store.remove_connection("sheet", now=NOW, note="skipped: removed") is not None
        assert store.pauses() == {"twin": hold(NOW + MINUTE)}
