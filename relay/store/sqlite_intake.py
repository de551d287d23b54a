"""Intake on SQLite: what one accepted webhook writes, and many of them in one transaction."""

import json
import logging
import sqlite3
from collections.abc import Sequence

from relay.errors import StoreBusyError
from relay.model import Accepted, DeliveryStatus, Event, Wanted, new_id
from relay.store import codec
from relay.store.group_commit import GroupCommit
from relay.store.sql import STATEMENTS
from relay.store.sqlite_engine import SqliteEngine
from relay.store.wake import Wake

log = logging.getLogger(__name__)

_Arrival = tuple[Event, Sequence[Wanted]]


class SqliteIntake:
    def __init__(self, engine: SqliteEngine, wake: Wake) -> None:
        self._engine = engine
        self._wake = wake
        self._commits: GroupCommit[_Arrival, Accepted] = GroupCommit(self._write)

    def accept(self, event: Event, wanted: Sequence[Wanted]) -> Accepted:
        return self._commits.submit((event, wanted))

    def _write(self, arrivals: Sequence[_Arrival]) -> list[Accepted | Exception]:
        """One transaction for all; if one arrival breaks it, one for each, so that it fails alone."""
        try:
            with self._engine.write() as db:
                accepted = [_accept(db, *arrival) for arrival in arrivals]
        except StoreBusyError:
            raise
        except Exception as error:
            if len(arrivals) == 1:
                return [error]
            return [answer for arrival in arrivals for answer in self._write([arrival])]
        if any(answer.deliveries for answer in accepted):
            self._wake.notify()
        return list(accepted)


def _accept(db: sqlite3.Connection, event: Event, wanted: Sequence[Wanted]) -> Accepted:
    event_id, new, changed = _keep_event(db, event)
    results = deliveries = 0
    for wish in wanted:
        owed = _keep_result(db, wish, event_id, event.received_at)
        if owed is not None:
            results += 1
            deliveries += owed
    return Accepted(event_id, new, changed, results, deliveries)


def _keep_event(db: sqlite3.Connection, event: Event) -> tuple[str, bool, bool]:
    """(the first event's id, is it this one, did a known one come with another body)."""
    event_id = new_id("evt", event.received_at)
    row = {
        "id": event_id,
        "delivery_id": event.delivery_id,
        "status": event.status,
        "name": event.name,
        "label": event.label,
        "secret": event.secret,
        "received_at": event.received_at,
        "digest": event.digest,
    }
    if db.execute(STATEMENTS["insert_event"], row).fetchone():
        body = {"event_id": event_id, "headers": json.dumps(dict(event.headers)), "body": event.body}
        db.execute(STATEMENTS["insert_event_body"], body)
        return event_id, True, False
    first = db.execute(
        STATEMENTS["repeat_event"],
        {"delivery_id": event.delivery_id, "status": event.status, "digest": row["digest"]},
    ).fetchone()
    return first["id"], False, first["digest"] != row["digest"]


def _keep_result(db: sqlite3.Connection, wish: Wanted, event_id: str, now: int) -> int | None:
    """How many deliveries became due by it; None when the result was known."""
    result = wish.result
    advanced = _advance(db, wish, now)
    result_id = new_id("res", now)
    row = {
        "id": result_id,
        "generation_id": result.generation_id,
        "status": result.status,
        "rank": result.status.rank,
        "event_id": event_id,
        "received_at": now,
        "details": codec.encode(result),
    }
    if not db.execute(STATEMENTS["insert_result"], row).fetchone():
        _fill(db, wish)
        return None
    if advanced:
        note = f"superseded: the generation is now {result.status}"
        superseded = {"generation_id": result.generation_id, "now": now, "note": note}
        db.execute(STATEMENTS["supersede_deliveries"], superseded)
    for connection in wish.connections:
        db.execute(STATEMENTS["insert_delivery"], _delivery(wish, result_id, connection, now, due=advanced))
    return len(wish.connections) if advanced else 0


def _advance(db: sqlite3.Connection, wish: Wanted, now: int) -> bool:
    result = wish.result
    row = {
        "generation_id": result.generation_id,
        "kind": result.kind,
        "rank": result.status.rank,
        "now": now,
    }
    return db.execute(STATEMENTS["advance_generation"], row).fetchone() is not None


def _delivery(wish: Wanted, result_id: str, connection: str, now: int, *, due: bool) -> dict[str, object]:
    return {
        "id": new_id("dlv", now),
        "result_id": result_id,
        "generation_id": wish.result.generation_id,
        "connection": connection,
        "status": DeliveryStatus.PENDING if due else DeliveryStatus.SKIPPED,
        "due_at": now if due else None,
        "settled_at": None if due else now,
        "note": "" if due else f"came late: the generation had gone beyond {wish.result.status}",
    }


def _fill(db: sqlite3.Connection, wish: Wanted) -> None:
    key = {"generation_id": wish.result.generation_id, "status": wish.result.status}
    known = db.execute(STATEMENTS["find_result"], key).fetchone()
    details = codec.filled(known["details"], wish.result)
    if details is not None:
        db.execute(STATEMENTS["fill_result"], {"id": known["id"], "details": details})
