"""What is too old is forgotten, oldest first and in steps; what guards against duplicates stays."""

import pytest

from relay.store.contract.core import Store
from tests.store.contract.jobs import ACCOUNT, PLENTY
from tests.store.contract.make import NOW, SHEET, accept, accept_many, claim_one, ended, only_delivery, result
from tests.store.contract.shop import told

MINUTE = 60_000


class RetentionContract:
    def test_bodies_of_processed_shop_events_go_and_their_repeats_are_still_known(self, store: Store) -> None:
        for number in range(4):
            store.keep_shop_event(told(f"w{number}", at=NOW + number * MINUTE))
        for _ in range(3):
            work = store.claim_shop_event(now=NOW + 3 * MINUTE, until=NOW + 9 * MINUTE)
            assert work is not None
            store.end_shop_event(work.id, note="")
        removed = [store.prune_shop_events(before=NOW + 2 * MINUTE, most=1) for _ in range(3)]
        assert removed == [1, 1, 0]
        bodies = {event.webhook_id: event.body for _, event in store.shop_events(limit=9)}
        assert bodies == {"w0": b"", "w1": b"", "w2": b'{"id": 1}', "w3": b'{"id": 1}'}
        assert not store.keep_shop_event(told("w0", at=NOW + 9 * MINUTE))

    def test_the_body_of_a_shop_event_that_waits_stays_however_old_it_is(self, store: Store) -> None:
        store.keep_shop_event(told("w1"))
        assert store.prune_shop_events(before=NOW + 1000 * MINUTE, most=9) == 0
        work = store.claim_shop_event(now=NOW + 1000 * MINUTE, until=NOW + 1001 * MINUTE)
        assert work is not None
        assert work.event.body == b'{"id": 1}'

    def test_old_attempts_go_and_the_delivery_still_says_how_it_ended(self, store: Store) -> None:
        accept(store, result())
        for number in range(3):
            at = NOW + number * MINUTE
            retry = ended(
                claim_one(store, at=at), "retrying", at=at, due_at=at + MINUTE, message=f"try {number}"
            )
            store.settle([retry])
        row = only_delivery(store)
        removed = [store.prune_attempts(before=NOW + 2 * MINUTE, most=1) for _ in range(3)]
        assert removed == [1, 1, 0]
        assert [each.number for each in store.attempts(row.id)] == [3]
        assert only_delivery(store) == row
        assert (row.attempt_count, row.note) == (3, "try 2")

    def test_attempts_of_deliveries_that_are_younger_stay(self, store: Store) -> None:
        accept_many(store, 3)
        store.settle([ended(claim_one(store, SHEET, at=NOW))])
        assert store.prune_attempts(before=NOW, most=9) == 0
        assert store.prune_attempts(before=NOW + 1, most=9) == 1

    @pytest.mark.parametrize("account", [ACCOUNT, "the key before"])
    def test_calls_are_forgotten_of_every_key(self, store: Store, account: str) -> None:
        for number in range(3):
            assert store.take_request(account, PLENTY, now=NOW + number * MINUTE)
        removed = [store.prune_calls(before=NOW + 10 * MINUTE, most=2) for _ in range(3)]
        assert removed == [2, 1, 0]

    def test_a_store_with_nothing_old_has_nothing_to_give_back(self, store: Store) -> None:
        accept_many(store, 3)
        assert store.prune_attempts(before=NOW, most=9) == 0
        assert store.release_space() is False
