"""What every engine's store does. An engine's test class inherits it and gives an `open_store` fixture.

`open_store()` opens one more handle to the same, migrated store, as another process would; the fixture closes
them all.
"""

from collections.abc import Callable

from relay.store.contract.core import Store
from tests.store.contract.accept import AcceptContract
from tests.store.contract.access import AccessLogContract, LoginAttemptsContract
from tests.store.contract.allowances import AllowancesContract
from tests.store.contract.archive import ArchiveContract
from tests.store.contract.claim import ClaimContract
from tests.store.contract.clock import ClockContract
from tests.store.contract.connections import ConnectionsContract
from tests.store.contract.hold import HoldContract
from tests.store.contract.jobs import JobsContract
from tests.store.contract.late_answers import LateAnswersContract
from tests.store.contract.memory import MemoryContract
from tests.store.contract.pause import PauseContract
from tests.store.contract.pipelines import PipelinesContract
from tests.store.contract.promises import PromisesContract
from tests.store.contract.queue import QueueContract
from tests.store.contract.reading import ReadingContract
from tests.store.contract.refusals import RefusalsContract
from tests.store.contract.replay import ReplayContract
from tests.store.contract.retention import RetentionContract
from tests.store.contract.settle import SettleContract
from tests.store.contract.share import SettingsContract, ShareContract
from tests.store.contract.shop import ShopContract
from tests.store.contract.strangers import StrangersContract
from tests.store.contract.tokens import RecordsContract, TokensContract
from tests.store.contract.turns import TurnsContract
from tests.store.contract.unclear import UnclearContract
from tests.store.contract.unsigned import UnsignedContract
from tests.store.contract.waking import WakingContract
from tests.store.contract.whole_results import WholeResultsContract

OpenStore = Callable[[], Store]


class StoreContract(
    AcceptContract,
    ClaimContract,
    SettleContract,
    ShopContract,
    PauseContract,
    HoldContract,
    ConnectionsContract,
    MemoryContract,
    ReplayContract,
    ReadingContract,
    WakingContract,
    ArchiveContract,
    JobsContract,
    QueueContract,
    TurnsContract,
    PromisesContract,
    WholeResultsContract,
    AllowancesContract,
    LateAnswersContract,
    UnclearContract,
    PipelinesContract,
    UnsignedContract,
    ClockContract,
    StrangersContract,
    RefusalsContract,
    TokensContract,
    RecordsContract,
    ShareContract,
    SettingsContract,
    RetentionContract,
    LoginAttemptsContract,
    AccessLogContract,
):
    """The whole list."""
