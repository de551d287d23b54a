"""What pages, commands and probes read: newest first, page by page, and the health."""

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
    ended,
    only_delivery,
    pause,
    result,
    retry,
)


class ReadingContract:
    def test_an_empty_store_reads_as_empty(self, store: Store) -> None:
        assert store.events(limit=10) == []
        assert store.deliveries(limit=10) == []
        assert store.attempts("dlv_none") == []
        assert store.pauses() == {}

    def test_events_come_newest_first_and_page_by_page(self, store: Store) -> None:
        accept_many(store, 7)
        seen: list[str] = []
        before = ""
        while page := store.events(limit=3, before=before):
            assert len(page) <= 3
            seen += [each.delivery_id for each in page]
            before = page[-1].id
        assert seen == [f"vgen_{number}" for number in reversed(range(7))]

    def test_a_page_does_not_move_when_something_new_comes(self, store: Store) -> None:
        accept_many(store, 4)
        first = store.events(limit=2)
        accept(store, result("newest"), at=NOW + 1_000)
        rest = store.events(limit=10, before=first[-1].id)
        assert [each.delivery_id for each in rest] == ["vgen_1", "vgen_0"]

    def test_an_event_tells_what_came_in_and_what_became_of_it(self, store: Store) -> None:
        accept(store, result(), to=(SHEET, SHOP))
        store.settle([ended(claim_one(store))])
        (row,) = store.events(limit=10)
        assert (row.delivery_id, row.status, row.name) == (
            "vgen_1",
            "completed",
            "video.generation.completed",
        )
        assert (row.label, row.secret, row.received_at) == ("n8n", "CREATIVEAI_WEBHOOK_SECRET", NOW)
        assert sorted(row.deliveries.split(", ")) == ["sheet delivered", "shop pending"]

    def test_deliveries_come_newest_first_and_page_by_page(self, store: Store) -> None:
        accept_many(store, 7)
        first = store.deliveries(limit=4)
        rest = store.deliveries(limit=4, before=first[-1].id)
        found = [each.generation_id for each in first + rest]
        assert found == [f"vgen_{number}" for number in reversed(range(7))]

    def test_deliveries_are_narrowed_by_status_connection_and_generation(self, store: Store) -> None:
        accept_many(store, 3, to=(SHEET, SHOP))
        store.settle([ended(claim_one(store, SHEET, at=NOW))])
        assert only_delivery(store, status="delivered").generation_id == "vgen_0"
        assert len(store.deliveries(limit=10, connection="shop")) == 3
        assert len(store.deliveries(limit=10, generation_id="vgen_2")) == 2
        assert len(store.deliveries(limit=10, status="pending", connection="sheet")) == 2
        assert store.deliveries(limit=10, status="delivered", connection="shop") == []

    def test_a_delivery_tells_its_next_try_and_what_was_said_last(self, store: Store) -> None:
        accept(store, result())
        store.settle([retry(claim_one(store), NOW + 5_000, message="answered 500")])
        row = only_delivery(store)
        assert (row.generation_id, row.result_status, row.kind) == ("vgen_1", "completed", "video")
        assert (row.status, row.attempt_count, row.due_at, row.note) == (
            "retrying",
            1,
            NOW + 5_000,
            "answered 500",
        )

    def test_pauses_are_by_connection(self, store: Store) -> None:
        store.pause("sheet", pause("a"))
        store.pause("shop", pause("b", until=NOW + 1))
        assert store.pauses() == {"sheet": pause("a"), "shop": pause("b", until=NOW + 1)}

    def test_a_good_store_is_healthy_and_tells_the_oldest_due(self, store: Store) -> None:
        idle = store.health()
        assert (idle.migrated, idle.writable, idle.oldest_due_at, idle.fault) == (True, True, None, "")
        assert idle.free_bytes is None or idle.free_bytes > 0
        accept(store, result("young"), at=NOW + 500)
        accept(store, result("old"), at=NOW)
        assert store.health().oldest_due_at == NOW

    def test_open_work_is_counted_and_what_is_done_is_not(self, store: Store) -> None:
        accept_many(store, 4, to=(SHEET, SHOP))
        store.settle([ended(claim_one(store, SHEET, at=NOW))])
        store.settle([ended(claim_one(store, SHEET, at=NOW + 1), "failed", at=NOW + 1)])
        store.settle([retry(claim_one(store, SHEET, at=NOW + 2), NOW + 60_000)])
        work = store.open_work(["sheet", "shop", "none"])
        counted = {key: number for key, number in work.deliveries.items() if number}
        assert counted == {
            ("sheet", "pending"): 1,
            ("sheet", "retrying"): 1,
            ("sheet", "failed"): 1,
            ("shop", "pending"): 4,
        }
        assert work.oldest_due_at == {"sheet": NOW + 3, "shop": NOW, "none": None}
        assert work.last_event_at == NOW + 3
        assert not any(work.jobs.values())

    def test_migrating_what_is_up_to_date_takes_no_step(self, store: Store) -> None:
        assert store.migrate() == []

    def test_a_delivery_tells_whether_it_is_in_hand_and_whether_a_later_result_replaced_it(
        self, store: Store
    ) -> None:
        accept(store, result(status="failed"))
        claim_one(store)
        row = only_delivery(store)
        assert (row.leased_until, row.attempt_count, row.is_superseded) == (NOW + LEASE, 1, False)
        accept(store, result(), to=())
        assert only_delivery(store).is_superseded
        assert store.delivery(row.id) == only_delivery(store)

    def test_a_delivery_knows_how_many_are_due_before_it(self, store: Store) -> None:
        accept_many(store, 4)
        accept(store, result("of another"), to=(SHOP,), at=NOW)
        rows = reversed(store.deliveries(limit=10, connection="sheet"))
        assert [store.deliveries_ahead(row) for row in rows] == [0, 1, 2, 3]
        claim(store, at=NOW)  # the first is in hand
        (last, *_) = store.deliveries(limit=1, connection="sheet")
        assert store.deliveries_ahead(last) == 2

    def test_those_that_are_due_at_the_same_time_have_an_order(self, store: Store) -> None:
        accept(store, *(result(f"vgen_{number}") for number in range(3)), delivery_id="batch")
        rows = store.deliveries(limit=10)
        assert {each.due_at for each in rows} == {NOW}
        assert sorted(store.deliveries_ahead(row) for row in rows) == [0, 1, 2]

    def test_what_is_settled_has_nothing_before_it(self, store: Store) -> None:
        accept_many(store, 2)
        store.settle([ended(each) for each in claim(store, at=NOW + 1).deliveries])
        assert [store.deliveries_ahead(row) for row in store.deliveries(limit=2)] == [0, 0]
