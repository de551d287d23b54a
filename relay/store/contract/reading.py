"""The store's interface for pages, API and commands that read. Nothing here writes or waits for a writer.

Times are integer milliseconds since 1970, UTC.
"""

from collections.abc import Sequence
from typing import Protocol

from relay.models.connection import Pause
from relay.models.views import (
    ArchiveSummary,
    AttemptSummary,
    CopySummary,
    DeliverySummary,
    EventRecord,
    EventSummary,
    GenerationSummary,
    Health,
    OpenWork,
    ResultRecord,
)


class ReadingStore(Protocol):
    def events(self, *, limit: int, before: str = "") -> list[EventSummary]:
        """Newest first; `before` is the id of the last one seen."""
        ...

    def deliveries(
        self, *, limit: int, before: str = "", status: str = "", connection: str = "", generation_id: str = ""
    ) -> list[DeliverySummary]: ...

    def deliveries_ahead(self, delivery: DeliverySummary) -> int:
        """How many deliveries to its connection are due before it, without those in hand."""
        ...

    def attempts(self, delivery_id: str) -> list[AttemptSummary]: ...

    def pauses(self) -> dict[str, Pause]:
        """By connection, those that are paused or held (`Pause.held`); of several, the one that ends last."""
        ...

    def archive_summary(self) -> ArchiveSummary: ...

    def unarchived(self, *, limit: int) -> list[CopySummary]:
        """What is not archived and why, those that failed first."""
        ...

    def open_work(self, connections: Sequence[str]) -> OpenWork:
        """What is not done, for these connections and in all. The cost grows with that alone, to a limit."""
        ...

    def health(self) -> Health:
        """Never raises: the answer says what is wrong."""
        ...


class RecordStore(Protocol):
    """One record by its ID, with all that is stored about it; None: there is none."""

    def event(self, event_id: str) -> EventRecord | None: ...

    def delivery(self, delivery_id: str) -> DeliverySummary | None: ...

    def generation(self, generation_id: str) -> GenerationSummary | None: ...

    def generations(self, *, limit: int, before: str = "") -> list[GenerationSummary]:
        """Newest first; `before` is the id of the last one seen."""
        ...

    def results(self, generation_id: str) -> list[ResultRecord]:
        """The latest status last; empty: none yet, or there is no such generation."""
        ...
