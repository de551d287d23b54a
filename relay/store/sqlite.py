"""The store on SQLite: the rooms' parts over one engine."""

from pathlib import Path

from relay.store import sqlite_migrations
from relay.store.sqlite_archive import SqliteArchive
from relay.store.sqlite_backup import SqliteBackup
from relay.store.sqlite_claim import SqliteClaim
from relay.store.sqlite_connections import SqliteConnections
from relay.store.sqlite_delivery import SqliteDelivery
from relay.store.sqlite_engine import BUSY_SECONDS, SqliteEngine
from relay.store.sqlite_intake import SqliteIntake
from relay.store.sqlite_jobs import SqliteJobs
from relay.store.sqlite_pages import SqlitePages
from relay.store.sqlite_pipelines import SqlitePipelines
from relay.store.sqlite_queue import SqliteQueue
from relay.store.sqlite_reading import SqliteReading
from relay.store.sqlite_records import SqliteRecords
from relay.store.sqlite_share import SqliteShare
from relay.store.sqlite_shop import SqliteShop
from relay.store.sqlite_tokens import SqliteTokens
from relay.store.sqlite_unsigned import SqliteUnsigned
from relay.store.wake import SocketWaiter, Wake


class SqliteStore(
    SqliteIntake,
    SqliteShop,
    SqliteClaim,
    SqliteDelivery,
    SqliteArchive,
    SqliteConnections,
    SqliteJobs,
    SqliteQueue,
    SqlitePipelines,
    SqliteUnsigned,
    SqliteReading,
    SqliteRecords,
    SqliteTokens,
    SqlitePages,
    SqliteShare,
    SqliteBackup,
):
    """Open it after a fork, one per process; any thread may use it."""

    def __init__(self, path: Path, busy_seconds: float = BUSY_SECONDS) -> None:
        engine, wake = SqliteEngine(path, busy_seconds), Wake(path)
        SqliteIntake.__init__(self, engine, wake)
        SqliteClaim.__init__(self, engine)
        SqliteDelivery.__init__(self, engine, wake)
        SqliteArchive.__init__(self, engine, wake)
        SqliteConnections.__init__(self, engine, wake)
        SqliteReading.__init__(self, engine)

    def migrate(self) -> list[str]:
        with self._engine.write() as db:
            return sqlite_migrations.apply(db)

    def notify(self) -> None:
        self._wake.notify()

    def listen(self) -> SocketWaiter:
        return self._wake.listen()

    def close(self) -> None:
        self._engine.close()
        self._wake.close()
