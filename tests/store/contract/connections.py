"""Connections in the store: their names, who changed them last, what becomes of what they are owed."""

import dataclasses
import threading

from relay.models.connection import StoredConnection
from relay.models.delivery import Selection
from relay.store.contract.core import Store
from tests.store.contract.make import (
    NOW,
    SHEET,
    SHOP,
    accept,
    accept_many,
    claim,
    claim_one,
    ended,
    pause,
    result,
)

STORED = StoredConnection(
    "sheet", "sheets", '{"tab": "Zoë"}', '{"kinds": "video"}', ("token", "other"), "sealed words"
)


def stored(store: Store) -> list[StoredConnection]:
    return store.stored_connections()[1]


class ConnectionsContract:
    def test_at_first_there_are_none(self, store: Store) -> None:
        assert store.stored_connections() == (store.connections_revision(), [])

    def test_what_is_added_is_kept_as_it_was_and_seen_by_every_handle(
        self, store: Store, second: Store
    ) -> None:
        plain = StoredConnection("plain", "webhook", "{}", "{}")
        assert store.add_connection(STORED)
        assert store.add_connection(plain)
        revision, (one, other) = second.stored_connections()
        assert dataclasses.replace(one, revision=0) == plain
        assert dataclasses.replace(other, revision=0) == STORED
        assert one.revision == revision == second.connections_revision()

    def test_a_name_is_taken_once_also_by_two_at_the_same_time(self, store: Store, second: Store) -> None:
        answers: list[bool] = []
        gate = threading.Barrier(2)

        def add(handle: Store) -> None:
            gate.wait(30)
            answers.append(handle.add_connection(STORED))

        threads = [threading.Thread(target=add, args=(each,)) for each in (store, second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert sorted(answers) == [False, True]
        assert len(stored(store)) == 1

    def test_every_change_raises_the_revision(self, store: Store, second: Store) -> None:
        seen = [second.connections_revision()]
        store.add_connection(STORED)
        seen.append(second.connections_revision())
        store.change_connection(stored(store)[0])
        seen.append(second.connections_revision())
        store.pause("sheet", pause())
        seen.append(second.connections_revision())
        store.remove_connection("sheet", now=NOW, note="gone")
        seen.append(second.connections_revision())
        assert seen == sorted(set(seen))

    def test_a_change_replaces_all_but_name_and_kind(self, store: Store) -> None:
        store.add_connection(STORED)
        (row,) = stored(store)
        other = dataclasses.replace(row, options='{"tab": "B"}', filters="{}", sealed_fields=(), sealed="")
        assert store.change_connection(other)
        (changed,) = stored(store)
        assert dataclasses.replace(changed, revision=row.revision) == other

    def test_of_two_changes_of_the_same_state_the_second_is_refused(
        self, store: Store, second: Store
    ) -> None:
        store.add_connection(STORED)
        (row,) = stored(store)
        assert store.change_connection(dataclasses.replace(row, options='{"by": 1}'))
        assert not second.change_connection(dataclasses.replace(row, options='{"by": 2}'))
        assert stored(store)[0].options == '{"by": 1}'

    def test_what_was_removed_is_neither_listed_nor_changed_nor_removed_again(self, store: Store) -> None:
        store.add_connection(STORED)
        (row,) = stored(store)
        assert store.remove_connection("sheet", now=NOW, note="gone") == 0
        assert stored(store) == []
        assert not store.change_connection(row)
        assert store.remove_connection("sheet", now=NOW, note="gone") is None
        assert store.remove_connection("never", now=NOW, note="gone") is None

    def test_what_waits_for_it_is_skipped_with_a_note_and_others_go_on(self, store: Store) -> None:
        store.add_connection(STORED)
        accept_many(store, 3, to=(SHEET, SHOP))
        store.settle([ended(claim_one(store, dataclasses.replace(SHEET, concurrency=1)))])
        assert store.waiting("sheet") == 2
        assert store.remove_connection("sheet", now=NOW + 9, note="removed") == 2
        rows = store.deliveries(limit=10, connection="sheet")
        assert sorted((each.status, each.note) for each in rows) == [
            ("delivered", ""),
            ("skipped", "removed"),
            ("skipped", "removed"),
        ]
        assert store.waiting("sheet") == 0
        assert len(claim(store, SHEET, SHOP, at=NOW + 100).deliveries) == 3

    def test_what_is_in_hand_at_the_removal_is_delivered_if_the_call_succeeds(self, store: Store) -> None:
        store.add_connection(STORED)
        accept(store, result())
        accept(store, result("vgen_2"))
        one, other = claim(store).deliveries
        store.remove_connection("sheet", now=NOW, note="removed")
        assert store.settle([ended(one), ended(other, "retrying", due_at=NOW + 5)]) == []
        assert {each.id: each.status for each in store.deliveries(limit=10)} == {
            one.delivery_id: "delivered",
            other.delivery_id: "skipped",
        }

    def test_whoever_has_not_heard_of_the_removal_owes_it_nothing(self, store: Store, second: Store) -> None:
        """Routing looks once a second: a result that it still routed there would wait for ever."""
        store.add_connection(STORED)
        store.remove_connection("sheet", now=NOW, note="removed")
        assert accept(second, result(), to=(SHEET, SHOP)).deliveries == 1
        assert [each.connection for each in store.deliveries(limit=10)] == ["shop"]

    def test_what_went_to_it_before_is_not_sent_again(self, store: Store) -> None:
        store.add_connection(STORED)
        accept(store, result())
        store.settle([ended(claim_one(store), "failed")])
        store.remove_connection("sheet", now=NOW, note="removed")
        assert store.replay(Selection(status="failed"), now=NOW) == 0

    def test_a_removed_name_can_be_taken_again_and_gets_what_comes_then(self, store: Store) -> None:
        store.add_connection(STORED)
        accept(store, result())
        store.pause("sheet", pause())
        store.remove_connection("sheet", now=NOW, note="removed")
        assert store.pauses() == {}
        assert store.add_connection(dataclasses.replace(STORED, kind="webhook", sealed=""))
        assert [(row.kind, row.sealed) for row in stored(store)] == [("webhook", "")]
        accept(store, result("later"))
        assert [each.result.generation_id for each in claim(store).deliveries] == ["later"]

    def test_a_removed_name_that_the_environment_uses_now_gets_what_comes(self, store: Store) -> None:
        for name in ("sheet", "shop"):
            store.add_connection(dataclasses.replace(STORED, name=name))
        store.remove_connection("sheet", now=NOW, note="removed")
        store.free_names(["sheet", "shop", "never"])
        assert accept(store, result(), to=(SHEET, SHOP)).deliveries == 2
        assert [row.name for row in stored(store)] == ["shop"], "one that lives is not touched"
