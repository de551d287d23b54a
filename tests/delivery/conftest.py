"""A real store, and somebody who receives."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from relay.store.sqlite.store import SqliteStore
from tests.store.template import new_database
from tests.wire import Receiver


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "relay.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    new_database(path)
    made = SqliteStore(path, busy_seconds=1.0)
    made.migrate()
    yield made
    made.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as made:
        yield made
