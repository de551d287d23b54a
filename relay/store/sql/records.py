"""One event, delivery or generation with all that is kept of it, on SQLite. Never waits for a writer."""

import json
import sqlite3

from relay.models.core import ResultStatus
from relay.models.views import DeliverySummary, EventRecord, EventSummary, GenerationSummary, ResultRecord
from relay.store.sql import codec
from relay.store.sql.archive import copies
from relay.store.sql.statements import STATEMENTS
from relay.store.sqlite.engine import SqliteEngine


class SqlRecords:
    _engine: SqliteEngine

    def event(self, event_id: str) -> EventRecord | None:
        with self._engine.read() as db:
            row = db.execute(STATEMENTS["find_event"], {"id": event_id}).fetchone()
            body = db.execute(STATEMENTS["find_event_body"], {"id": event_id}).fetchone()
        if row is None:
            return None
        headers, raw = (json.loads(body["headers"]), body["body"]) if body else ({}, None)
        return EventRecord(EventSummary(**dict(row)), headers, raw)

    def delivery(self, delivery_id: str) -> DeliverySummary | None:
        with self._engine.read() as db:
            row = db.execute(STATEMENTS["find_delivery"], {"id": delivery_id}).fetchone()
        return DeliverySummary(**dict(row)) if row else None

    def generations(self, *, limit: int, before: str = "") -> list[GenerationSummary]:
        with self._engine.read() as db:
            rows = db.execute(STATEMENTS["list_generations"], {"limit": limit, "before": before}).fetchall()
        return [_generation(row) for row in rows]

    def generation(self, generation_id: str) -> GenerationSummary | None:
        with self._engine.read() as db:
            row = db.execute(STATEMENTS["find_generation"], {"id": generation_id}).fetchone()
        return _generation(row) if row else None

    def results(self, generation_id: str) -> list[ResultRecord]:
        with self._engine.read() as db:
            rows = db.execute(STATEMENTS["list_results"], {"generation_id": generation_id}).fetchall()
        return [read_result(row) for row in rows]


def _generation(row: sqlite3.Row) -> GenerationSummary:
    ranks = {each.rank: each for each in ResultStatus}
    return GenerationSummary(
        id=row["id"],
        kind=row["kind"],
        status=ranks.get(
            row["status_rank"], ResultStatus.PROCESSING
        ),  # linked to its job, without a word so far
        context=json.loads(row["context"]),
        job_id=row["job_id"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def read_result(row: sqlite3.Row) -> ResultRecord:
    result = codec.decode(
        row["details"], generation_id=row["generation_id"], status=row["status"], kind=row["kind"]
    )
    return ResultRecord(
        result=result,
        received_at=row["received_at"],
        event_id=row["event_id"] or "",
        copies=copies(row["copies"]),
    )
