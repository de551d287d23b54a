"""Reading on SQLite: what pages, commands and probes ask. Never waits for a writer."""

import shutil
import sqlite3
from contextlib import suppress
from typing import TypeVar

from relay.errors import StoreBusyError
from relay.models.core import Pause
from relay.models.views import AttemptSummary, DeliverySummary, EventSummary, Health
from relay.store.sql.statements import STATEMENTS
from relay.store.sqlite import migrations
from relay.store.sqlite.engine import SqliteEngine

Summary = TypeVar("Summary", EventSummary, DeliverySummary, AttemptSummary)

_AFTER_ALL_IDS = "~"


class SqlLists:
    def __init__(self, engine: SqliteEngine) -> None:
        self._engine = engine

    def events(self, *, limit: int, before: str = "") -> list[EventSummary]:
        return self._all(
            STATEMENTS["list_events"], EventSummary, {"limit": limit, "before": before or _AFTER_ALL_IDS}
        )

    def deliveries(
        self, *, limit: int, before: str = "", status: str = "", connection: str = "", generation_id: str = ""
    ) -> list[DeliverySummary]:
        given = {
            "limit": limit,
            "before": before or _AFTER_ALL_IDS,
            "status": status,
            "connection": connection,
            "generation_id": generation_id,
        }
        return self._all(_listing(status, connection, generation_id), DeliverySummary, given)

    def attempts(self, delivery_id: str) -> list[AttemptSummary]:
        return self._all(STATEMENTS["list_attempts"], AttemptSummary, {"delivery_id": delivery_id})

    def pauses(self) -> dict[str, Pause]:
        with self._engine.read() as db:
            rows = db.execute(STATEMENTS["list_pauses"]).fetchall()
        return {row["connection"]: Pause(row["since"], row["why"], row["until"]) for row in rows}

    def health(self) -> Health:
        free = 0
        with suppress(OSError):
            free = shutil.disk_usage(self._engine.path.parent).free
        try:
            with self._engine.read() as db:
                missing = migrations.pending(db)
                oldest = None if missing else db.execute(STATEMENTS["oldest_due"]).fetchone()["due_at"]
            with self._engine.write():
                pass
        except (StoreBusyError, sqlite3.Error) as error:
            return Health(False, False, free, None, str(error))
        return Health(not missing, True, free, oldest)

    def _all(self, statement: str, summary: type[Summary], given: dict[str, object]) -> list[Summary]:
        with self._engine.read() as db:
            rows = db.execute(statement, given).fetchall()
        return [summary(**dict(row)) for row in rows]


def _listing(status: str, connection: str, generation_id: str) -> str:
    if generation_id:
        return STATEMENTS["list_deliveries_of_generation"]
    if connection and status:
        return STATEMENTS["list_deliveries_of_connection_by_status"]
    if connection:
        return STATEMENTS["list_deliveries_of_connection"]
    return STATEMENTS["list_deliveries_by_status"] if status else STATEMENTS["list_deliveries"]
