"""Opens the store: the only place that knows which engine it is."""

import logging
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from relay.config.settings import Settings
from relay.errors import SettingsError
from relay.store.contract.core import Store
from relay.store.sql.tables import Tables
from relay.store.sqlite import draft
from relay.store.sqlite import restore as sqlite_restore
from relay.store.sqlite.store import SqliteStore

log = logging.getLogger(__name__)

_SECONDS_BETWEEN = 1.0


def make_store(settings: Settings) -> Store:
    """Open it after a fork: one per process, passed to all that need it."""
    return _postgres(settings.postgres_url) if settings.postgres_url else open_store(settings.database_path)


def await_server(settings: Settings, seconds: float) -> None:
    """Until the database's server can be written to, or so many seconds are over: a host that starts both at
    once is not to start the relay again and again. Returns at once with SQLite."""
    if not settings.postgres_url or seconds <= 0:
        return
    until = time.monotonic() + seconds
    with closing(make_store(settings)) as store:
        while not (health := store.health()).writable and time.monotonic() < until:
            log.warning("waiting for the database", extra={"why": health.fault})
            time.sleep(_SECONDS_BETWEEN)


def restore(backup: Path, settings: Settings) -> Path | None:
    """Where the database of before is now; None: there was none. Raises RestoreError."""
    if settings.postgres_url:
        from relay.store.postgres.restore import restore as into_postgres

        return into_postgres(backup, settings.postgres_url, settings.data_dir / "relay.db.before-restore")
    return sqlite_restore.restore(backup, settings.database_path)


@contextmanager
def alone(settings: Settings) -> Iterator[Tables]:
    """The whole database, with the schema of today, while nobody else uses it. Raises StoreBusyError."""
    if settings.postgres_url:
        from relay.store.postgres.alone import alone as postgres_alone

        with postgres_alone(settings.postgres_url) as tables:
            yield tables
    else:
        with draft.alone(settings.database_path) as file:
            yield file


def open_store(path: Path) -> Store:
    return SqliteStore(path)


def _postgres(url: str) -> Store:
    try:
        from relay.store.postgres.store import PostgresStore
    except ImportError as error:
        sentence = "DATABASE_URL: Postgres needs a package that is missing"
        raise SettingsError([f"{sentence}: pip install creativeai-relay[postgres] ({error})"]) from error
    return PostgresStore(url)
