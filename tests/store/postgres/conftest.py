"""Stores on an empty database of the test run's server."""

from collections.abc import Iterator

import pytest

from relay.store.postgres.store import PostgresStore
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
