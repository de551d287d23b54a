"""The store in one SQLite file."""

from pathlib import Path

from relay.store.sql.store import SqlStore
from relay.store.sqlite import migrations
from relay.store.sqlite.backup import SqliteBackup
from relay.store.sqlite.database import SqliteDatabase
from relay.store.sqlite.engine import BUSY_SECONDS, SqliteEngine
from relay.store.sqlite.job_search import SqliteJobSearch

_PAGES_AT_ONCE = 256  # of 4 kB: some milliseconds of the write lock
_PAGES_KEPT_FREE = 256


class SqliteStore(SqlStore, SqliteJobSearch, SqliteBackup):
    """Open it after a fork, one per process; any thread may use it."""

    _database: SqliteDatabase

    def __init__(self, path: Path, busy_seconds: float = BUSY_SECONDS) -> None:
        self._engine = SqliteEngine(path, busy_seconds)
        super().__init__(SqliteDatabase(self._engine))

    def migrate(self) -> list[str]:
        with self._engine.write() as connection:
            return migrations.apply(connection)

    def release_space(self) -> bool:
        return self._engine.release_free_pages(_PAGES_AT_ONCE, keep=_PAGES_KEPT_FREE)

    def checkpoint(self) -> None:
        self._engine.checkpoint()

    def close(self) -> None:
        self._database.close()
