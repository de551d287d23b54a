"""What a connector remembers between attempts."""

from relay.store.contract import Store


class MemoryContract:
    def test_nothing_saved_is_nothing_remembered(self, store: Store) -> None:
        assert store.load_memory("sheet", "vgen_1") == {}

    def test_what_was_saved_is_seen_by_every_handle(self, store: Store, second: Store) -> None:
        values = {"ts": "171.5", "steps": [1, 2], "who": "Zoë", "nested": {"a": None}}
        store.save_memory("sheet", "vgen_1", values)
        assert second.load_memory("sheet", "vgen_1") == values

    def test_saving_again_replaces_all_of_it(self, store: Store) -> None:
        store.save_memory("sheet", "vgen_1", {"a": 1, "b": 2})
        store.save_memory("sheet", "vgen_1", {"b": 3})
        assert store.load_memory("sheet", "vgen_1") == {"b": 3}

    def test_each_connection_and_scope_has_its_own(self, store: Store) -> None:
        store.save_memory("sheet", "vgen_1", {"a": 1})
        store.save_memory("shop", "vgen_1", {"a": 2})
        store.save_memory("sheet", "vgen_2", {"a": 3})
        assert store.load_memory("sheet", "vgen_1") == {"a": 1}
        assert store.load_memory("shop", "vgen_1") == {"a": 2}
        assert store.load_memory("shop", "vgen_2") == {}
