"""A site per test, closed afterwards, and the connections that SQLite was asked for."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.web.site import N8N, Site

OpenSite = Callable[..., Site]


@pytest.fixture
def open_site(tmp_path: Path) -> Iterator[OpenSite]:
    opened = []

    def open_one(data_dir: Path | None = None, **options: Any) -> Site:
        opened.append(Site(data_dir or tmp_path / "data", **options))
        return opened[-1]

    yield open_one
    for site in opened:
        site.close()


@pytest.fixture
def site(open_site: OpenSite) -> Site:
    """With one connection, which wants all that is completed or failed."""
    return open_site(**N8N)


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[sqlite3.Connection]:
    """Every database connection opened from now on: real ones, to set limits on."""
    opened: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def connect_and_note(*args: Any, **options: Any) -> sqlite3.Connection:
        opened.append(connect(*args, **options))
        return opened[-1]

    monkeypatch.setattr(sqlite3, "connect", connect_and_note)
    return opened
