"""What the pages and the API work with, passed in when the app is created, and the body size limit."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from relay.connections.contract import ConnectionView
from relay.connections.status import connection_statuses
from relay.delivery.links import Link
from relay.delivery.resend import Resent, resend
from relay.delivery.status import Turn, delivery_status, delivery_statuses
from relay.errors import ApiKeyError, RelayError
from relay.generation.kinds import Estimate, JobInput, Kind
from relay.models.connection import ConnectionState
from relay.models.core import Result, RoutedResult
from relay.models.delivery import Selection
from relay.models.queue import QueueLimits
from relay.models.status import Status
from relay.models.views import DeliverySummary
from relay.store.contract.admin import SearchStore
from relay.store.contract.core import ConnectionStore, DeliveryStore
from relay.store.contract.generation import JobStore, PipelineStore, QueueStore, TokenStore
from relay.store.contract.reading import ReadingStore, RecordStore
from relay.store.contract.refusals import RefusalStore

LARGEST_BODY = 1_000_000  # bytes
LARGEST_UPLOAD = 41_000_000  # two files of 20 MB, and the fields beside them


class AppStore(
    JobStore,
    PipelineStore,
    QueueStore,
    TokenStore,
    DeliveryStore,
    ConnectionStore,
    ReadingStore,
    RecordStore,
    RefusalStore,
    SearchStore,
    Protocol,
):
    """The parts of the store that pages and API operations use."""


@dataclass(frozen=True, slots=True)
class AppContext:
    """What the pages and the operations of the API work with.

    account  of the vendor's key; "" without a key: nothing can be started then
    price    what an input costs, calculated by the vendor where possible
    route    which connections get results, at a time in ms
    sample_link  the address of a sample's file
    link     the address of an archived copy at a time in ms
    """

    store: AppStore
    connections: Callable[[], Sequence[ConnectionView]]
    account: str
    limits_now: Callable[[], QueueLimits]
    price: Callable[[Kind, JobInput, int], Estimate]
    route: Callable[[Sequence[Result], int], Sequence[RoutedResult]]
    sample_link: str
    link: Link

    def resend(self, selection: Selection, *, now: int, dry: bool = False, most: int | None = None) -> Resent:
        """Resend the chosen deliveries; `dry`: only say what would be."""
        unusable = [each.name for each in self.connections() if each.state is not ConnectionState.READY]
        return resend(self.store, selection, unusable, now=now, dry=dry, most=most)

    def connection_statuses(self, now: int) -> Mapping[str, Status]:
        """By name."""
        return connection_statuses(self.connections(), self.store.pauses(), now)

    def delivery_statuses(self, deliveries: Iterable[DeliverySummary], now: int) -> Mapping[str, Status]:
        """By ID."""
        return delivery_statuses(deliveries, self.connection_statuses(now), now)

    def delivery_status(self, delivery: DeliverySummary, now: int) -> Status:
        """Of one, with its turn."""
        view = next((each for each in self.connections() if each.name == delivery.connection), None)
        per_second = view.deliveries_per_second if view else None
        turn = Turn(self.store.deliveries_ahead(delivery), per_second)
        return delivery_status(delivery, self.connection_statuses(now).get(delivery.connection), now, turn)

    @property
    def limits(self) -> QueueLimits:
        """As they are at this moment."""
        return self.limits_now()

    def needs_key(self) -> None:
        """Raises ApiKeyError."""
        if not self.account:
            raise ApiKeyError


class StateError(RelayError):
    """The current state does not allow it. The message says why, and what to do next."""
