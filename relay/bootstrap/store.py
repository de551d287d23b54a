"""Opens the store: the only place that knows which engine it is."""

from pathlib import Path

from relay.config.settings import Settings
from relay.store.contract.core import Store
from relay.store.sqlite import restore as sqlite_restore
from relay.store.sqlite.store import SqliteStore


def make_store(settings: Settings) -> Store:
    """Open it after a fork: one per process, passed to all that need it."""
    return open_store(settings.database_path)


def restore(backup: Path, settings: Settings) -> Path | None:
    """Where the database of before is now; None: there was none. Raises RestoreError."""
    return sqlite_restore.restore(backup, settings.database_path)


def open_store(path: Path) -> Store:
    return SqliteStore(path)
