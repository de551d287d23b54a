"""Webhooks that nobody signed, on SQLite: kept apart, asked about sparingly, forgotten after an hour."""

import hashlib
import json
import sqlite3

from relay.models.core import Event, new_id
from relay.models.job import RateBucket, UnsignedEvent
from relay.models.queue import QueueLimits
from relay.store.sql import codec
from relay.store.sql.rate_limits import count_call, quota
from relay.store.sql.statements import STATEMENTS
from relay.store.sqlite.engine import SqliteEngine

_HOUR = 3_600_000
_SPACING = 6_000  # ms between two looks
_HALF_A_MINUTE = 30_000


class SqlUnsignedEvents:
    _engine: SqliteEngine

    def poll_job_of(self, vendor_id: str, *, now: int) -> bool:
        with self._engine.write() as db:
            job = db.execute(STATEMENTS["find_job_to_poll"], {"vendor_id": vendor_id}).fetchone()
            if job is None:
                return False
            look_at = max(now, (job["polled_at"] or 0) + _HALF_A_MINUTE)
            db.execute(STATEMENTS["poll_sooner"], {"id": job["id"], "poll_at": look_at})
        return True

    def hold_unsigned(self, event: Event, query: str, *, most: int) -> bool:
        now = event.received_at
        row = {
            "id": new_id("uns", now),
            "digest": _digest(event, query),
            "now": now,
            "headers": codec.to_json(event.headers),
            "body": event.body,
            "label": event.label,
            "query": query,
        }
        with self._engine.write() as db:
            db.execute(STATEMENTS["forget_unsigned"], {"before": now - _HOUR})
            new = db.execute(STATEMENTS["insert_unsigned"], row).fetchone() is not None
            if new:
                db.execute(STATEMENTS["crowd_out_unsigned"], {"id": row["id"], "most": most})
        return new

    def claim_unsigned(
        self, account: str, limits: QueueLimits, *, now: int, again_at: int
    ) -> UnsignedEvent | None:
        with self._engine.read() as db:
            due = db.execute(STATEMENTS["next_unsigned"], {"now": now}).fetchone()
            if due is None or not _may_ask(db, account, limits, now):
                return None
        with self._engine.write() as db:
            db.execute(STATEMENTS["forget_unsigned"], {"before": now - _HOUR})
            row = db.execute(STATEMENTS["next_unsigned"], {"now": now}).fetchone()
            if row is None or not _may_ask(db, account, limits, now):
                return None
            db.execute(STATEMENTS["lease_unsigned"], {"id": row["id"], "poll_at": again_at})
            count_call(db, account, RateBucket.POLL, (row["id"], now), at=now, now=now)
        return UnsignedEvent(
            id=row["id"],
            received_at=row["received_at"],
            headers=json.loads(row["headers"]),
            body=row["body"],
            label=row["label"],
            query=row["query"],
            tries=row["tries"],
        )

    def reschedule_unsigned(self, event_id: str, *, until: int) -> None:
        with self._engine.write() as db:
            db.execute(STATEMENTS["reschedule_unsigned"], {"id": event_id, "until": until})

    def drop_unsigned(self, event_id: str) -> None:
        with self._engine.write() as db:
            db.execute(STATEMENTS["delete_unsigned"], {"id": event_id})

    def hold_polls(self, account: str, *, until: int) -> None:
        with self._engine.write() as db:
            db.execute(
                STATEMENTS["hold_bucket"],
                {"account": account, "rate_bucket": RateBucket.POLL, "until": until},
            )


def _digest(event: Event, query: str) -> str:
    """Of all that it would count with once confirmed: what differs in any of it takes nobody's place."""
    told = [event.headers.get("x-creativeai-delivery-id", ""), event.name, event.label, query]
    return hashlib.sha256(json.dumps(told).encode() + event.body).hexdigest()


def _may_ask(db: sqlite3.Connection, account: str, limits: QueueLimits, now: int) -> bool:
    """Whether there is room, and strangers have not had their share, at most half of a minute's requests."""
    if not quota(db, account, limits, now).look:
        return False
    known = db.execute(STATEMENTS["account"], {"account": account}).fetchone()
    a_minute = (known and known["request_limit"]) or limits.requests_per_minute
    since = now - max(_SPACING, 2 * 60_000 // a_minute)
    asked = db.execute(STATEMENTS["unsigned_poll_since"], {"account": account, "since": since}).fetchone()
    return asked is None
