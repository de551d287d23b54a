"""One event, delivery or generation with all that is stored about it. Never waits for a writer."""

import json

from relay.models.core import ResultStatus
from relay.models.views import DeliverySummary, EventRecord, GenerationSummary, ResultRecord
from relay.store.sql import codec
from relay.store.sql.archive import copies_of
from relay.store.sql.database import Row, Session
from relay.store.sql.lists import deliveries_of_events, event_summary
from relay.store.sql.repository import Repository


class SqlRecords(Repository):
    def event(self, event_id: str) -> EventRecord | None:
        with self._database.read() as db:
            row = db.fetch_one("find_event", {"id": event_id})
            deliveries = deliveries_of_events(db, [event_id])
            body = db.fetch_one("find_event_body", {"id": event_id})
        if row is None:
            return None
        headers, raw = (json.loads(body["headers"]), body["body"]) if body else ({}, None)
        return EventRecord(event_summary(row, deliveries), headers, raw)

    def delivery(self, delivery_id: str) -> DeliverySummary | None:
        with self._database.read() as db:
            row = db.fetch_one("find_delivery", {"id": delivery_id})
        return DeliverySummary(**dict(row)) if row else None

    def generations(self, *, limit: int, before: str = "") -> list[GenerationSummary]:
        with self._database.read() as db:
            rows = db.fetch_all("list_generations", {"limit": limit, "before": before})
        return [_generation(row) for row in rows]

    def generation(self, generation_id: str) -> GenerationSummary | None:
        with self._database.read() as db:
            row = db.fetch_one("find_generation", {"id": generation_id})
        return _generation(row) if row else None

    def results(self, generation_id: str) -> list[ResultRecord]:
        with self._database.read() as db:
            rows = db.fetch_all("list_results", {"generation_id": generation_id})
            return [read_result(db, row) for row in rows]


def _generation(row: Row) -> GenerationSummary:
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


def read_result(db: Session, row: Row) -> ResultRecord:
    copies = copies_of(db, row["id"])
    result = codec.decode(
        row["details"],
        generation_id=row["generation_id"],
        status=row["status"],
        kind=row["kind"],
        batch_id=row["batch_id"],
        copies=copies,
    )
    return ResultRecord(
        result=result,
        received_at=row["received_at"],
        event_id=row["event_id"] or "",
        copies=copies,
    )
