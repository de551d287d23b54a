"""Somebody who serves files, and a folder for copies."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from relay.archive.local_storage import LocalStorage
from tests.wire import Receiver


@pytest.fixture
def vendor() -> Iterator[Receiver]:
    """Serves files as each test says."""
    with Receiver() as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "archive"


@pytest.fixture
def storage(folder: Path) -> LocalStorage:
    return LocalStorage(folder)
