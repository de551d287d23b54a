"""What the rooms ask of a store: one small protocol per room, the same list of tests for every engine.

Times are passed in, integer ms UTC. Every method is atomic: all of it is on disk when it returns, or none
of it and StoreBusyError (locked, full, read-only) is raised.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from relay.model import (
    Accepted,
    AttemptSummary,
    Claim,
    Connection,
    DeliverySummary,
    Event,
    EventSummary,
    Health,
    Pause,
    Selection,
    Settlement,
    Wanted,
)


class IntakeStore(Protocol):
    def accept(self, event: Event, wanted: Sequence[Wanted]) -> Accepted:
        """Keep the event unless its (delivery id, status) is known, its results, and what is owed by them.

        A known event still offers its results. A known result fills its own empty fields and owes nothing
        new. `completed` supersedes `failed` supersedes `processing`: undelivered deliveries of the lower
        become skipped; a lower result that comes late is kept, its deliveries skipped.
        """
        ...


class Waiter(Protocol):
    def wait(self, seconds: float) -> None:
        """Return at the next notify or wake, at latest after `seconds`. One that came before counts."""
        ...

    def wake(self) -> None:
        """End this waiter's wait, from any thread."""
        ...

    def close(self) -> None: ...


class DeliveryStore(Protocol):
    def claim(
        self,
        connections: Sequence[Connection],
        *,
        now: int,
        lease_until: int,
        worker: str = "",
        ahead: int = 1,
    ) -> Claim:
        """Lease what is due, each under a new fencing token, within pace and concurrency of each target.

        Never two of one connection and generation at a time. Nothing of a paused connection; a pause whose
        end has come ends here. A lease that ran out counts as an interrupted attempt. Empty: nothing is due.

        `ahead`: of a target without a pace, lease up to so many times its concurrency, to work through them
        with `hands` calls at a time. What another worker has leased counts against the hands in full, so
        that all workers together never call a target more often at once than it allows.
        """
        ...

    def renew(self, leases: Iterable[tuple[str, int]], *, until: int) -> None:
        """Extend the leases (delivery id, token). A stale token extends nothing."""
        ...

    def settle(self, settlements: Sequence[Settlement]) -> list[Settlement]:
        """Write down how attempts ended. Returns those that were refused because their token is stale."""
        ...

    def release(self, leases: Iterable[tuple[str, int]], *, now: int) -> None:
        """Give back, untouched, what was claimed and not begun."""
        ...

    def load_memory(self, connection: str, scope: str) -> Mapping[str, Any]:
        """What a connector remembered; empty when nothing."""
        ...

    def save_memory(self, connection: str, scope: str, values: Mapping[str, Any]) -> None: ...

    def pause(self, connection: str, pause: Pause, *, fingerprint: str = "") -> None:
        """Stop claiming for it. `fingerprint`: of the options it failed with."""
        ...

    def resume(self, connection: str) -> bool:
        """End its pause. False: it was not paused."""
        ...

    def resume_mended(self, connections: Sequence[Connection]) -> list[str]:
        """End the pauses of those whose options changed since; their names."""
        ...

    def replay(self, selection: Selection, *, now: int, dry: bool = False) -> int:
        """Make delivered, failed and waiting deliveries due now, with the same key. How many.

        Not those under lease, nor those whose result has been superseded. `dry` only counts.
        """
        ...

    def notify(self) -> None:
        """Wake every worker, in whatever process. Lost signals cost a second, never a delivery."""
        ...

    def listen(self) -> Waiter: ...


class ReadingStore(Protocol):
    def events(self, *, limit: int, before: str = "") -> list[EventSummary]:
        """Newest first; `before` is the id of the last one seen."""
        ...

    def deliveries(
        self, *, limit: int, before: str = "", status: str = "", connection: str = "", generation_id: str = ""
    ) -> list[DeliverySummary]: ...

    def attempts(self, delivery_id: str) -> list[AttemptSummary]: ...

    def pauses(self) -> dict[str, Pause]:
        """By connection; those that are not paused are absent."""
        ...

    def health(self) -> Health:
        """Never raises: what is wrong stands in it."""
        ...


class Store(IntakeStore, DeliveryStore, ReadingStore, Protocol):
    def migrate(self) -> list[str]:
        """Bring the schema up to date; safe with several processes at once. The steps that were taken."""
        ...

    def close(self) -> None: ...
