"""What every test has: an environment without any setting of the relay or of a host."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import connectors
from relay.config.settings import Settings
from relay.http.client import Http
from relay.store.sqlite.store import SqliteStore
from tests import compiled_rules
from tests.commands import Run, commands
from tests.store.template import new_database

if TYPE_CHECKING:
    from tests import postgres

compiled_rules.share()

_HOSTS = ("DYNO", "RENDER", "RAILWAY_", "FLY_", "DIGITALOCEAN_", "RELAY_CONTAINER", "WEB_CONCURRENCY", "PORT")
_OURS = tuple(name.upper() for name in Settings.model_fields)
_CONNECTIONS = tuple(f"{kind.upper()}_" for kind in connectors.kinds())


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """.ci/pytest finds slow and serial ones by their files, which name the mark or are in acceptance."""
    for item in items:
        if "postgres_server" in getattr(item, "fixturenames", ()):
            item.add_marker("postgres")
        if "acceptance" in item.path.parts:
            continue
        for mark in {"slow", "serial"} & {mark.name for mark in item.own_markers}:
            if f"mark.{mark}" not in item.path.read_text():
                raise pytest.UsageError(f"{item.nodeid} is {mark}; its file has to say so.")


def pytest_collection_finish() -> None:
    """The thousands of tests live to the end, so nobody needs to look through them for garbage."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _environment_without_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name in _OURS or name.startswith((*_HOSTS, *_CONNECTIONS)):
            monkeypatch.delenv(name)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def run(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """A command of the relay on this folder."""
    with commands(data_dir, monkeypatch) as run:
        yield run


@pytest.fixture
def http() -> Iterator[Http]:
    """A real way out, to this machine."""
    made = Http(allowed_hosts=["127.0.0.1"])
    yield made
    made.close()


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator["postgres.Server"]:
    """Of this test run. Skips where there is none."""
    from tests import postgres  # the driver is loaded where it is needed

    folder = tmp_path_factory.getbasetemp()
    with postgres.shared_server(folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) as server:
        yield server


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    new_database(tmp_path / "relay.db")
    made = SqliteStore(tmp_path / "relay.db", busy_seconds=1.0)
    made.migrate()
    yield made
    made.close()
