"""The store's interface: one small protocol per package that uses it, tested alike for every engine.

Times are passed in, integer ms UTC. Every method is atomic unless it says otherwise: all of it is on disk
when it returns, or none of it and StoreBusyError (locked, full, read-only) is raised. Leases of deliveries
and copies, and settled copies, may be undone by a loss of power, with all that came after. They are repeated.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from relay.models.archive import ClaimedCopy, CopySettlement
from relay.models.connection import Pause, Route, StoredConnection
from relay.models.core import AcceptedEvent, Event, RoutedResult, ShopEvent, ShopEventProgress
from relay.models.delivery import Claim, Selection, Settlement
from relay.store.contract.access_log import AccessLogStore
from relay.store.contract.admin import AccessStore, BackupStore, SearchStore, ShareStore
from relay.store.contract.generation import GenerationStore
from relay.store.contract.maintenance import MaintenanceStore
from relay.store.contract.reading import ReadingStore, RecordStore
from relay.store.contract.refusals import RefusalStore

OF_CONNECTION = (
    ""  # the scope of what a connector remembers for a whole connection; no generation's id is empty
)


# What a worker waits for: deliveries that are due, copies to make, calls to CreativeAI.
DELIVERY, ARCHIVE, QUEUE = "delivery", "archive", "queue"


class IntakeStore(Protocol):
    def accept(self, event: Event, wanted: Sequence[RoutedResult]) -> AcceptedEvent:
        """Keep the event unless its (delivery id, status) is known, its results, and their deliveries.

        A known event still offers its results. A known result fills its own empty fields and adds no
        deliveries. `completed` supersedes `failed` supersedes `processing`: undelivered deliveries of the
        lower become skipped; a lower result that comes late is kept, its deliveries skipped. The event's
        context adds what was not known about its generations.

        What names no file though it says completed, and what is unclear, is no result of a job that can be
        polled: that job is polled at once, or held where the event has a `hold_reason`. Without such a job
        the former is kept like any other, and delivered once more when its file is named later.

        With `held_until` each output is also copied to the archive, and the deliveries wait until then, or
        until the last copy is archived or has failed.
        """
        ...

    def accept_all(
        self, arrivals: Sequence[tuple[Event, Sequence[RoutedResult]]]
    ) -> Sequence[AcceptedEvent | Exception]:
        """As `accept` for each, in this order and in one transaction. One that cannot be written fails alone:
        its exception takes the place of its answer, and the others are on disk."""
        ...


class ShopStore(Protocol):
    def keep_shop_event(self, event: ShopEvent) -> bool:
        """False: its webhook id is known, and nothing is written."""
        ...

    def shop_events(self, *, limit: int, before: str = "") -> list[tuple[str, ShopEvent]]:
        """(our id, event), newest first; `before` is our id of the last one seen."""
        ...

    def claim_shop_event(self, *, now: int, until: int) -> ShopEventProgress | None:
        """Lease one that is due, until then. None: none is due."""
        ...

    def reschedule_shop_event(self, event_id: str, *, until: int, note: str) -> None: ...

    def end_shop_event(self, event_id: str, *, note: str, job_id: str = "") -> None:
        """It is not processed again."""
        ...

    def shop_work(self, event_id: str) -> ShopEventProgress | None: ...


class Waiter(Protocol):
    def wait(self, seconds: float) -> bool:
        """Return at the next notify or wake, or after `seconds`; also at one before it that was not seen.

        True: a notify was among what ended it.
        """
        ...

    def wake(self) -> None:
        """End this waiter's wait, from any thread."""
        ...

    def close(self) -> None: ...


class DeliveryStore(Protocol):
    def claim(
        self,
        connections: Sequence[Route],
        *,
        now: int,
        lease_until: int,
        worker: str = "",
        ahead: int = 1,
        settled: Sequence[Settlement] = (),
    ) -> Claim:
        """Settle these attempts first, as `settle` does, in the same step.

        Then lease what is due, each under a new fencing token, within pace and concurrency of each target.
        Never two of one connection and generation at a time. None of a connection that is paused or whose
        target is held; pauses and holds whose time is over end here, also where nothing is due. A lease that
        ran out counts as an interrupted attempt. Empty: nothing is due.

        Targets that share a quota share its calls at a time evenly, so that none takes the part of another:
        from the fifth target on, each has less than its own concurrency, and never less than two.

        `ahead`: for a target without a pace, lease up to so many times its concurrency, to work through them
        in as many slots as the claim names. Leases of other workers count against the slots in full, so that
        all workers together never make more calls to a target at once than it allows.
        """
        ...

    def renew(self, leases: Iterable[tuple[str, int]], *, until: int) -> None:
        """Extend the leases (delivery id, token). A stale token extends nothing."""
        ...

    def settle(self, settlements: Sequence[Settlement]) -> list[Settlement]:
        """Record how attempts ended. Returns those that were refused because their token is stale.

        A pause or hold that an attempt brings is of the options it began with: it is dropped when they have
        changed since (`update_routes`).
        """
        ...

    def release(self, leases: Iterable[tuple[str, int]], *, now: int) -> None:
        """Give back, unchanged, deliveries that were claimed and not begun."""
        ...

    def lease_holders(self, *, now: int) -> list[str]:
        """The workers whose leases have not ended, as they named themselves to `claim`."""
        ...

    def end_leases(self, worker: str, *, now: int) -> None:
        """Of a worker that has died. As when they end by themselves, what it had in hand counts as tried."""
        ...

    def load_memory(self, connection: str, scope: str) -> Mapping[str, Any]:
        """What a connector saved in this scope: a generation's id, a batch's, or `OF_CONNECTION`; empty when
        nothing."""
        ...

    def save_memory(
        self, connection: str, scopes: Mapping[str, Mapping[str, Any]], *, lease: tuple[str, int]
    ) -> None:
        """Keep the values of each scope, all or none, for the holder of this lease (delivery id, token).

        Raises LeaseLostError when the lease has been taken over, and then nothing is kept.
        """
        ...

    def pause(self, connection: str, pause: Pause, *, fingerprint: str = "") -> None:
        """Stop claiming for it; the changed revision reaches workers that have claimed ahead. `fingerprint`:
        of the options it failed with."""
        ...

    def resume(self, connection: str, *, now: int) -> bool:
        """End its pause, and the hold that stops it, for all that it stops; its deliveries that wait for
        another attempt are due now. False: it was neither paused nor held."""
        ...

    def update_routes(self, connections: Sequence[Route]) -> list[str]:
        """Keep what each is held by. Ends the pauses and holds of those whose options changed; their names.

        A connection that calls another target now leaves the hold to the target it called before.
        """
        ...

    def replay(self, selection: Selection, *, now: int, dry: bool = False, most: int | None = None) -> int:
        """Make delivered, failed and pending deliveries due now, with the same key. How many.

        The holds that stop their connections end; pauses stay.

        Not those under lease, nor those whose result has been superseded. `dry` only counts. `most`: no more
        than these, the oldest first; ignored with ids.

        Not atomic: it works in steps of a few hundred, and others may write in between. When StoreBusyError
        is raised after some steps, its message says how many deliveries they made due.
        """
        ...

    def notify(self, *topics: str) -> None:
        """Wake the workers that wait for one of these topics, in whatever process; without topics, every one.
        Lost signals cost a second, never a delivery."""
        ...

    def listen(self, topic: str = ...) -> Waiter:
        """`topic`: DELIVERY, ARCHIVE or QUEUE; "" for all of them."""
        ...


class ConnectionStore(Protocol):
    """Every change raises the revision in the same step and wakes the workers."""

    def connections_revision(self) -> int:
        """Cheap: asked every second by every process that keeps connections in memory."""
        ...

    def stored_connections(self) -> tuple[int, list[StoredConnection]]:
        """The revision and, as they are at it, all connections by name."""
        ...

    def add_connection(self, connection: StoredConnection) -> bool:
        """False: the name is taken. A name that was removed can be taken again."""
        ...

    def change_connection(self, connection: StoredConnection) -> bool:
        """Replace all but name and kind. False: it was changed or removed since it was read."""
        ...

    def remove_connection(self, name: str, *, now: int, note: str) -> int | None:
        """How many pending deliveries were skipped by it, with this note; None: there is no such connection.

        Its pause ends too. From then on no delivery to it is added, also by processes that have not read the
        change yet.
        """
        ...

    def free_names(self, names: Iterable[str]) -> None:
        """The environment has connections of these names now, although stored ones were removed once."""
        ...

    def waiting(self, connection: str) -> int:
        """How many deliveries to it are pending or under lease."""
        ...


class ArchiveStore(Protocol):
    """Leases are (result id, output's number, token)."""

    def claim_copies(
        self, *, now: int, lease_until: int, first: int, later: int
    ) -> tuple[list[ClaimedCopy], int | None]:
        """Lease outputs that are due, each under a new fencing token: so many that were never tried, and so
        many that were. A lease that ran out counts as a try.

        Also when the next is due of those of which more could have been leased; None: none.
        """
        ...

    def renew_copies(self, leases: Iterable[tuple[str, int, int]], *, until: int) -> None:
        """A stale token extends nothing."""
        ...

    def release_copies(self, leases: Iterable[tuple[str, int, int]], *, now: int) -> None:
        """Give back, unchanged."""
        ...

    def settle_copies(self, settlements: Sequence[CopySettlement], *, now: int) -> list[CopySettlement]:
        """Record how copying ended. Returns those that were refused because their token is stale.

        With a result's last copy, the deliveries that waited for it and were never begun become due, and the
        workers are woken.
        """
        ...

    def storage_size(self, storage: str) -> int:
        """Bytes of the copies kept there."""
        ...

    def retry_copies(self, *, now: int) -> int:
        """Make those that failed due now. How many."""
        ...

    def listen(self, topic: str = ...) -> Waiter: ...


class Store(
    IntakeStore,
    RefusalStore,
    MaintenanceStore,
    ShopStore,
    DeliveryStore,
    ArchiveStore,
    ConnectionStore,
    ReadingStore,
    RecordStore,
    GenerationStore,
    AccessStore,
    AccessLogStore,
    SearchStore,
    ShareStore,
    BackupStore,
    Protocol,
):
    def migrate(self) -> list[str]:
        """Bring the schema up to date; safe with several processes at once. The steps that it took."""
        ...

    def close(self) -> None: ...
