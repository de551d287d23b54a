"""A real store, and a real way out to loopback."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from relay.http import Http
from relay.store.sqlite import SqliteStore
from tests.wire import Receiver


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "relay.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    made = SqliteStore(path, busy_seconds=0.1)
    made.migrate()
    yield made
    made.close()


@pytest.fixture
def http() -> Iterator[Http]:
    made = Http(allowed_hosts=["127.0.0.1"])
    yield made
    made.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as made:
        yield made
