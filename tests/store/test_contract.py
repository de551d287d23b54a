"""The list of behaviours on every engine there is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from relay.store.sqlite.store import SqliteStore
from tests.store.contract import OpenStore, StoreContract


class TestSqlite(StoreContract):
    @pytest.fixture
    def open_store(self, tmp_path: Path) -> Iterator[OpenStore]:
        opened: list[SqliteStore] = []

        def open_one() -> SqliteStore:
            store = SqliteStore(tmp_path / "relay.db")
            opened.append(store)
            store.migrate()
            return store

        yield open_one
        for store in opened:
            store.close()
