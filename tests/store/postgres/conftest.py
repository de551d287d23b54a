"""Stores on an empty database of the test run's server, and a backup with rows in every table."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from relay.store.postgres.store import PostgresStore
from relay.store.sql.tables import TABLES
from relay.store.sqlite import draft
from tests.store.contract import OpenStore


@pytest.fixture
def url(postgres_url: str) -> str:
    return postgres_url


@pytest.fixture
def open_store(url: str) -> Iterator[OpenStore]:
    opened: list[PostgresStore] = []

    def open_one() -> PostgresStore:
        opened.append(PostgresStore(url, busy_seconds=5.0))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


JSON = ("context", "input", "inputs", "options", "filters", "fixed_values", "headers", "details", "content")
OF_A_LIST = {("job", "source"): "api", ("job", "status"): "queued", ("job", "rate_bucket"): "other"}


def rows_of(table: str, columns: list[sqlite3.Row]) -> Iterator[tuple[object, ...]]:
    """Three that hold together by their numbers; the last one has nothing where nothing may be."""

    def value(column: sqlite3.Row, number: int) -> object:
        if number == 3 and not (column["notnull"] or column["pk"]):
            return None
        if word := OF_A_LIST.get((table, column["name"])):
            return word
        if column["name"] in JSON and (table, column["name"]) != ("upload", "content"):
            return f'{{"a": "word{number} \N{SNOWMAN}"}}'
        kinds = {"integer": number * 10**12 + 1, "real": number + 0.1, "blob": b"\0\xff" * number}
        return kinds.get(column["type"].lower(), str(number))

    for number in (1, 2, 3):
        row = [value(column, number) for column in columns]
        if table == "connection_revision":
            yield (1, 7)
            return
        yield tuple(row)


@pytest.fixture
def full(tmp_path: Path) -> Path:
    """A backup with rows in every table."""
    path = tmp_path / "full.db"
    with draft.draft(path) as tables:
        tables.clear("connection_revision")
        for table in TABLES:
            columns = tables._connection.execute(f"pragma table_info({table})").fetchall()
            tables.write(table, [column["name"] for column in columns], [*rows_of(table, columns)])
        tables.complete()
    return path
