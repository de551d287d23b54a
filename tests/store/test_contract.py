"""The list of behaviours on every engine there is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from relay.store.sqlite.store import SqliteStore
from tests.store.contract import OpenStore, StoreContract
from tests.store.template import new_database


class TestSqlite(StoreContract):
    @pytest.fixture
    def open_store(self, tmp_path: Path) -> Iterator[OpenStore]:
        opened: list[SqliteStore] = []

        def open_one() -> SqliteStore:
            new_database(tmp_path / "relay.db")
            opened.append(SqliteStore(tmp_path / "relay.db"))
            opened[-1].migrate()
            return opened[-1]

        yield open_one
        for store in opened:
            store.close()
