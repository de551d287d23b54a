"""The store on SQLite: the rooms' parts over one engine."""

from pathlib import Path

from relay.store.sql.admin import SqlitePages
from relay.store.sql.api_tokens import SqliteTokens
from relay.store.sql.archive import SqliteArchive
from relay.store.sql.connections import SqliteConnections
from relay.store.sql.delivery import SqliteDelivery
from relay.store.sql.delivery_claim import SqliteClaim
from relay.store.sql.intake import SqliteIntake
from relay.store.sql.jobs import SqliteJobs
from relay.store.sql.lists import SqliteReading
from relay.store.sql.pipelines import SqlitePipelines
from relay.store.sql.queue import SqliteQueue
from relay.store.sql.records import SqliteRecords
from relay.store.sql.share_links import SqliteShare
from relay.store.sql.shop_events import SqliteShop
from relay.store.sql.unsigned_events import SqliteUnsigned
from relay.store.sqlite import migrations
from relay.store.sqlite.backup import SqliteBackup
from relay.store.sqlite.engine import BUSY_SECONDS, SqliteEngine
from relay.store.sqlite.wake import SocketWaiter, Wake


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
            return migrations.apply(db)

    def notify(self) -> None:
        self._wake.notify()

    def listen(self) -> SocketWaiter:
        return self._wake.listen()

    def close(self) -> None:
        self._engine.close()
        self._wake.close()
