"""The store on SQLite: the rooms' parts over one engine."""

from pathlib import Path

from relay.store.sql.admin import SqlAdmin
from relay.store.sql.api_tokens import SqlTokens
from relay.store.sql.archive import SqlArchive
from relay.store.sql.connections import SqlConnections
from relay.store.sql.delivery import SqlDelivery
from relay.store.sql.delivery_claim import SqlDeliveryClaim
from relay.store.sql.intake import SqlIntake
from relay.store.sql.jobs import SqlJobs
from relay.store.sql.lists import SqlLists
from relay.store.sql.pipelines import SqlPipelines
from relay.store.sql.queue import SqlQueue
from relay.store.sql.records import SqlRecords
from relay.store.sql.share_links import SqlShareLinks
from relay.store.sql.shop_events import SqlShopEvents
from relay.store.sql.unsigned_events import SqlUnsignedEvents
from relay.store.sqlite import migrations
from relay.store.sqlite.backup import SqliteBackup
from relay.store.sqlite.engine import BUSY_SECONDS, SqliteEngine
from relay.store.sqlite.wake import SocketWaiter, Wake


class SqliteStore(
    SqlIntake,
    SqlShopEvents,
    SqlDeliveryClaim,
    SqlDelivery,
    SqlArchive,
    SqlConnections,
    SqlJobs,
    SqlQueue,
    SqlPipelines,
    SqlUnsignedEvents,
    SqlLists,
    SqlRecords,
    SqlTokens,
    SqlAdmin,
    SqlShareLinks,
    SqliteBackup,
):
    """Open it after a fork, one per process; any thread may use it."""

    def __init__(self, path: Path, busy_seconds: float = BUSY_SECONDS) -> None:
        engine, wake = SqliteEngine(path, busy_seconds), Wake(path)
        SqlIntake.__init__(self, engine, wake)
        SqlDeliveryClaim.__init__(self, engine)
        SqlDelivery.__init__(self, engine, wake)
        SqlArchive.__init__(self, engine, wake)
        SqlConnections.__init__(self, engine, wake)
        SqlLists.__init__(self, engine)

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
