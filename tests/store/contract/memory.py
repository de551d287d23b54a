"""What a connector remembers between attempts, and whose word counts."""

import pytest

from relay.errors import LeaseLostError
from relay.store.contract.core import OF_CONNECTION, Store
from tests.store.contract.make import LEASE, NOW, accept, claim, claim_one, result


class MemoryContract:
    def test_nothing_saved_is_nothing_remembered(self, store: Store) -> None:
        assert store.load_memory("sheet", "vgen_1") == {}

    def test_what_was_saved_is_seen_by_every_handle(self, store: Store, second: Store) -> None:
        accept(store, result())
        claimed = claim_one(store)
        values = {"ts": "171.5", "steps": [1, 2], "who": "Zoë", "nested": {"a": None}}
        store.save_memory("sheet", {"vgen_1": values}, lease=(claimed.delivery_id, claimed.token))
        assert second.load_memory("sheet", "vgen_1") == values

    def test_saving_again_replaces_all_of_it(self, store: Store) -> None:
        accept(store, result())
        claimed = claim_one(store)
        for values in ({"a": 1, "b": 2}, {"b": 3}):
            store.save_memory("sheet", {"vgen_1": values}, lease=(claimed.delivery_id, claimed.token))
        assert store.load_memory("sheet", "vgen_1") == {"b": 3}

    def test_each_connection_and_scope_has_its_own(self, store: Store) -> None:
        accept(store, result())
        claimed = claim_one(store)
        lease = (claimed.delivery_id, claimed.token)
        scopes = {"vgen_1": {"a": 1}, "batch b": {"a": 4}, OF_CONNECTION: {"a": 5}}
        store.save_memory("sheet", scopes, lease=lease)
        store.save_memory("shop", {"vgen_1": {"a": 2}}, lease=lease)
        assert store.load_memory("sheet", "vgen_1") == {"a": 1}
        assert store.load_memory("sheet", "batch b") == {"a": 4}
        assert store.load_memory("sheet", OF_CONNECTION) == {"a": 5}
        assert store.load_memory("shop", "vgen_1") == {"a": 2}
        assert store.load_memory("shop", OF_CONNECTION) == {}
        assert store.load_memory("shop", "batch b") == {}

    def test_nothing_to_save_still_says_whether_the_lease_is_held(self, store: Store) -> None:
        accept(store, result())
        claimed = claim_one(store)
        store.save_memory("sheet", {}, lease=(claimed.delivery_id, claimed.token))
        with pytest.raises(LeaseLostError):
            store.save_memory("sheet", {}, lease=(claimed.delivery_id, claimed.token + 1))

    def test_a_hand_that_lost_its_lease_remembers_nothing(self, store: Store) -> None:
        accept(store, result())
        lost = claim_one(store)
        later = claim(store, at=NOW + LEASE + 1).deliveries[0]
        store.save_memory("sheet", {"vgen_1": {"by": 2}}, lease=(later.delivery_id, later.token))
        with pytest.raises(LeaseLostError):
            store.save_memory("sheet", {"vgen_1": {"by": 1}}, lease=(lost.delivery_id, lost.token))
        assert store.load_memory("sheet", "vgen_1") == {"by": 2}
