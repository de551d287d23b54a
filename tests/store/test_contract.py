"""The list of behaviours on every engine there is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from relay.store.contract.core import Store
from relay.store.postgres.store import PostgresStore
from relay.store.sqlite.store import SqliteStore
from tests.store.contract import OpenStore, StoreContract
from tests.store.template import new_database


class TestSqlite(StoreContract):
    @pytest.fixture
    def open_store(self, tmp_path: Path) -> Iterator[OpenStore]:
        opened: list[Store] = []

        def open_one() -> Store:
            new_database(tmp_path / "relay.db")
            opened.append(SqliteStore(tmp_path / "relay.db"))
            opened[-1].migrate()
            return opened[-1]

        yield open_one
        for store in opened:
            store.close()


class TestPostgres(StoreContract):
    @pytest.fixture
    def open_store(self, postgres_url: str) -> Iterator[OpenStore]:
        opened: list[Store] = []

        def open_one() -> Store:
            opened.append(PostgresStore(postgres_url))
            return opened[-1]

        yield open_one
        for store in opened:
            store.close()
