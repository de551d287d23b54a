"""All repositories as one store. An engine adds its database, search, backup and migrations."""

from relay.store.contract.core import Waiter
from relay.store.sql.access_log import SqlAccessLog
from relay.store.sql.admin import SqlAdmin
from relay.store.sql.api_tokens import SqlTokens
from relay.store.sql.archive import SqlArchive
from relay.store.sql.connections import SqlConnections
from relay.store.sql.delivery import SqlDelivery
from relay.store.sql.delivery_claim import SqlDeliveryClaim
from relay.store.sql.intake import SqlIntake
from relay.store.sql.jobs import SqlJobs
from relay.store.sql.lists import SqlLists
from relay.store.sql.monitoring import SqlMonitoring
from relay.store.sql.pipelines import SqlPipelines
from relay.store.sql.queue import SqlQueue
from relay.store.sql.queue_state import SqlQueueState
from relay.store.sql.records import SqlRecords
from relay.store.sql.refusals import SqlRefusals
from relay.store.sql.replay import SqlReplay
from relay.store.sql.retention import SqlRetention
from relay.store.sql.share_links import SqlShareLinks
from relay.store.sql.shop_events import SqlShopEvents
from relay.store.sql.unsigned_events import SqlUnsignedEvents


class SqlStore(
    SqlIntake,
    SqlRefusals,
    SqlShopEvents,
    SqlDeliveryClaim,
    SqlDelivery,
    SqlReplay,
    SqlArchive,
    SqlConnections,
    SqlJobs,
    SqlQueue,
    SqlQueueState,
    SqlPipelines,
    SqlUnsignedEvents,
    SqlLists,
    SqlRecords,
    SqlTokens,
    SqlAdmin,
    SqlAccessLog,
    SqlShareLinks,
    SqlRetention,
    SqlMonitoring,
):
    def notify(self, *topics: str) -> None:
        self._database.notify(*topics)

    def listen(self, topic: str = "") -> Waiter:
        return self._database.listen(topic)
