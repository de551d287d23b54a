"""Unsigned webhooks: kept apart, polled about in turns of their senders, deleted after an hour."""

import hashlib
import json

from relay.errors import StoreBusyError
from relay.models.core import Event, new_id
from relay.models.job import RateBucket, UnsignedEvent
from relay.models.queue import QueueLimits, RateLimitInfo
from relay.store.sql import codec
from relay.store.sql.database import Session
from relay.store.sql.rate_limits import count_call, quota
from relay.store.sql.repository import Repository

_HOUR = 3_600_000
_HALF_A_MINUTE = 30_000
_TURN = 2_000  # ms; a sender has one turn in so long


class SqlUnsignedEvents(Repository):
    def poll_job_of(self, vendor_id: str, *, now: int) -> bool:
        with self._database.write() as db:
            job = db.fetch_one("find_job_to_poll", {"vendor_id": vendor_id})
            if job is None:
                return False
            poll_at = max(now, (job["polled_at"] or 0) + _HALF_A_MINUTE)
            db.execute("poll_sooner", {"id": job["id"], "poll_at": poll_at})
        return True

    def hold_unsigned(
        self, event: Event, query: str, *, most: int, sender: str = "", vendor_id: str = ""
    ) -> bool:
        now = event.received_at
        row = {
            "id": new_id("uns", now),
            "digest": _digest(event, query),
            "now": now,
            "headers": codec.to_json(event.headers),
            "body": event.body,
            "label": event.label,
            "query": query,
            "sender": sender,
            "vendor_id": vendor_id or event.results[0].generation_id,
        }
        with self._database.write() as db:
            db.execute("forget_unsigned", {"before": now - _HOUR})
            if db.fetch_one("find_unsigned", row):
                return False
            db.execute("insert_unsigned", row | {"turn": _make_room(db, sender, most, now)})
        return True

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

    def note_rate_limit(self, account: str, reported: RateLimitInfo, *, now: int) -> None:
        said = {"limit": reported.limit, "remaining": reported.remaining, "reset_at": reported.reset_at}
        if reported.limit is not None or reported.remaining is not None:
            with self._database.write() as db:
                db.execute("save_rate_limit", said | {"account": account, "now": now})

    def hold_polls(self, account: str, reason: str, *, now: int, until: int) -> None:
        hold = {"account": account, "rate_bucket": RateBucket.POLL, "now": now, "until": until}
        with self._database.write() as db:
            db.execute("hold_bucket", hold | {"reason": reason})


def _make_room(db: Session, sender: str, most: int, now: int) -> int:
    """The turn of one more webhook of this sender. Raises StoreBusyError where it has had its share.

    A sender may have as many as there are free places, so that one has half of all at most. A turn is the
    time of arrival, or two seconds after the sender's last turn: whoever sends more waits behind the others.
    """
    room = db.fetch_row("unsigned_room", {"sender": sender})
    if room["mine"] >= most - room["held"]:
        crowded = {"sender": sender, "mine": room["mine"]}
        if db.fetch_one("crowd_out_unsigned", crowded) is None:
            raise StoreBusyError("Too many webhooks without a signature wait until CreativeAI confirms them.")
    last: int | None = room["last_turn"]
    return now if last is None else max(now, last + _TURN)


def _digest(event: Event, query: str) -> str:
    """A hash of all that matters once it is confirmed: equal for duplicates only."""
    parts = [event.headers.get("x-creativeai-delivery-id", ""), event.name, event.label, query]
    return hashlib.sha256(json.dumps(parts).encode() + event.body).hexdigest()


def _may_poll(db: Session, account: str, limits: QueueLimits, now: int) -> bool:
    """Whether limits allow a poll, and such polls have used less than half of a minute's."""
    if not quota(db, account, limits, now).poll:
        return False
    known = db.fetch_one("account", {"account": account})
    a_minute = (known and known["request_limit"]) or limits.requests_per_minute
    asked = db.fetch_row("count_unsigned_polls", {"account": account, "now": now})["polls"]
    return bool(asked < max(1, min(limits.polls_per_minute, a_minute) // 2))
