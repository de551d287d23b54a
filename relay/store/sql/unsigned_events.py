"""Unsigned webhooks: kept apart, polled about at a low rate, deleted after an hour."""

import hashlib
import json

from relay.models.core import Event, new_id
from relay.models.job import RateBucket, UnsignedEvent
from relay.models.queue import QueueLimits
from relay.store.sql import codec
from relay.store.sql.database import Session
from relay.store.sql.rate_limits import count_call, quota
from relay.store.sql.repository import Repository

_HOUR = 3_600_000
_SPACING = 6_000  # ms between two polls
_HALF_A_MINUTE = 30_000


class SqlUnsignedEvents(Repository):
    def poll_job_of(self, vendor_id: str, *, now: int) -> bool:
        with self._database.write() as db:
            job = db.fetch_one("find_job_to_poll", {"vendor_id": vendor_id})
            if job is None:
                return False
            poll_at = max(now, (job["polled_at"] or 0) + _HALF_A_MINUTE)
            db.execute("poll_sooner", {"id": job["id"], "poll_at": poll_at})
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
        with self._database.write() as db:
            db.execute("forget_unsigned", {"before": now - _HOUR})
            new = db.fetch_one("insert_unsigned", row) is not None
            if new:
                db.execute("crowd_out_unsigned", {"id": row["id"], "most": most})
        return new

    def claim_unsigned(
        self, account: str, limits: QueueLimits, *, now: int, again_at: int
    ) -> UnsignedEvent | None:
        with self._database.read() as db:
            due = db.fetch_one("next_unsigned", {"now": now})
            if due is None or not _may_poll(db, account, limits, now):
                return None
        with self._database.write() as db:
            db.execute("forget_unsigned", {"before": now - _HOUR})
            row = db.fetch_one("next_unsigned", {"now": now})
            if row is None or not _may_poll(db, account, limits, now):
                return None
            db.execute("lease_unsigned", {"id": row["id"], "poll_at": again_at})
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
        with self._database.write() as db:
            db.execute("reschedule_unsigned", {"id": event_id, "until": until})

    def drop_unsigned(self, event_id: str) -> None:
        with self._database.write() as db:
            db.execute("delete_unsigned", {"id": event_id})

    def hold_polls(self, account: str, reason: str, *, now: int, until: int) -> None:
        hold = {"account": account, "rate_bucket": RateBucket.POLL, "now": now, "until": until}
        with self._database.write() as db:
            db.execute("hold_bucket", hold | {"reason": reason})


def _digest(event: Event, query: str) -> str:
    """A hash of all that matters once it is confirmed: equal for duplicates only."""
    parts = [event.headers.get("x-creativeai-delivery-id", ""), event.name, event.label, query]
    return hashlib.sha256(json.dumps(parts).encode() + event.body).hexdigest()


def _may_poll(db: Session, account: str, limits: QueueLimits, now: int) -> bool:
    """Whether limits allow a poll, and such polls have used less than half of a minute's requests."""
    if not quota(db, account, limits, now).poll:
        return False
    known = db.fetch_one("account", {"account": account})
    a_minute = (known and known["request_limit"]) or limits.requests_per_minute
    since = now - max(_SPACING, 2 * 60_000 // a_minute)
    asked = db.fetch_one("unsigned_poll_since", {"account": account, "since": since})
    return asked is None
