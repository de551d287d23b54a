"""Lists for pages, commands and probes. Reading never waits for a writer."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from relay.models.connection import Pause
from relay.models.views import AttemptSummary, DeliverySummary, EventSummary, Health
from relay.store.sql.database import Row, Session
from relay.store.sql.repository import AFTER_ALL_IDS, Repository

Summary = TypeVar("Summary", DeliverySummary, AttemptSummary)


class SqlLists(Repository):
    def events(self, *, limit: int, before: str = "") -> list[EventSummary]:
        with self._database.read() as db:
            rows = db.fetch_all("list_events", {"limit": limit, "before": before or AFTER_ALL_IDS})
            deliveries = deliveries_of_events(db, [row["id"] for row in rows])
        return [event_summary(row, deliveries) for row in rows]

    def deliveries(
        self, *, limit: int, before: str = "", status: str = "", connection: str = "", generation_id: str = ""
    ) -> list[DeliverySummary]:
        given = {
            "limit": limit,
            "before": before or AFTER_ALL_IDS,
            "status": status,
            "connection": connection,
            "generation_id": generation_id,
        }
        return self._all(_listing(status, connection, generation_id), DeliverySummary, given)

    def deliveries_ahead(self, delivery: DeliverySummary) -> int:
        given = {"id": delivery.id, "connection": delivery.connection, "due_at": delivery.due_at}
        with self._database.read() as db:
            return int(db.fetch_row("count_deliveries_ahead", given)["number"])

    def attempts(self, delivery_id: str) -> list[AttemptSummary]:
        return self._all("list_attempts", AttemptSummary, {"delivery_id": delivery_id})

    def pauses(self) -> dict[str, Pause]:
        with self._database.read() as db:
            rows = db.fetch_all("list_pauses")
        found = [
            (row["connection"], Pause(row["since"], row["why"], row["until"], bool(row["held"])))
            for row in rows
        ]
        return dict(sorted(found, key=lambda each: each[1].lasts_until))  # the one that ends last is shown

    def health(self) -> Health:
        free, oldest = self._database.free_bytes(), None
        try:
            missing = self._database.pending_migrations()
            if not missing:
                with self._database.read() as db:
                    oldest = db.fetch_row("oldest_due")["due_at"]
            with self._database.write(alongside=True):
                pass
        except Exception as error:  # a probe wants an answer, whatever the driver raises
            return Health(False, False, free, None, str(error))
        return Health(not missing, True, free, oldest)

    def _all(self, statement: str, summary: type[Summary], given: dict[str, object]) -> list[Summary]:
        with self._database.read() as db:
            rows = db.fetch_all(statement, given)
        return [summary(**dict(row)) for row in rows]


def deliveries_of_events(db: Session, ids: Sequence[str]) -> dict[str, list[str]]:
    """Event's id -> "connection status" of each delivery it led to. `ids` follow one another in the list."""
    found: dict[str, list[str]] = {event_id: [] for event_id in ids}
    if ids:
        for row in db.fetch_all("list_deliveries_of_events", {"first": min(ids), "last": max(ids)}):
            found.setdefault(row["event_id"], []).append(f"{row['connection']} {row['status']}")
    return found


def event_summary(row: Row, deliveries: Mapping[str, Sequence[str]]) -> EventSummary:
    return EventSummary(**dict(row), deliveries=", ".join(deliveries[row["id"]]))


def _listing(status: str, connection: str, generation_id: str) -> str:
    if generation_id:
        return "list_deliveries_of_generation"
    if connection and status:
        return "list_deliveries_of_connection_by_status"
    if connection:
        return "list_deliveries_of_connection"
    return "list_deliveries_by_status" if status else "list_deliveries"
