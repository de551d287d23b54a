"""Intake on SQLite: what one accepted webhook writes, and many of them in one transaction."""

import json
import logging
import sqlite3
from collections.abc import Mapping, Sequence

from relay.errors import StoreBusyError
from relay.model import Accepted, DeliveryStatus, Event, Wanted, new_id
from relay.store import codec
from relay.store.group_commit import GroupCommit
from relay.store.sql import STATEMENTS
from relay.store.sqlite_archive import insert_copies
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
        held = any(wish.held_until is not None for _, wanted in arrivals for wish in wanted)
        if held or any(answer.deliveries for answer in accepted):
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
    if event.context:
        for generation_id in {wish.result.generation_id for wish in wanted}:
            _keep_context(db, generation_id, event.context)
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
        _fill(db, wish, now)
        return None
    if wish.held_until is not None:
        insert_copies(db, result_id, result, now)
    if advanced:
        note = f"superseded: the generation is now {result.status}"
        superseded = {"generation_id": result.generation_id, "now": now, "note": note}
        db.execute(STATEMENTS["supersede_deliveries"], superseded)
    rows = (_delivery(wish, result_id, connection, now, due=advanced) for connection in wish.connections)
    inserted = sum(db.execute(STATEMENTS["insert_delivery"], row).rowcount for row in rows)
    return inserted if advanced else 0


def _advance(db: sqlite3.Connection, wish: Wanted, now: int) -> bool:
    result = wish.result
    row = {
        "generation_id": result.generation_id,
        "kind": result.kind,
        "rank": result.status.rank,
        "now": now,
    }
    return db.execute(STATEMENTS["advance_generation"], row).fetchone() is not None


def _keep_context(db: sqlite3.Connection, generation_id: str, context: Mapping[str, str]) -> None:
    """Adds what was not known of the generation; what was, stays."""
    known = json.loads(db.execute(STATEMENTS["find_context"], {"id": generation_id}).fetchone()["context"])
    if merged := {name: context[name] for name in context if name not in known}:
        row = {"id": generation_id, "context": codec.to_json(known | merged)}
        db.execute(STATEMENTS["save_context"], row)


def _delivery(wish: Wanted, result_id: str, connection: str, now: int, *, due: bool) -> dict[str, object]:
    held = wish.held_until is not None and wish.held_until > now
    waits = "waits for the archive's copy" if held else ""
    due_at = wish.held_until if held else now
    return {
        "id": new_id("dlv", now),
        "result_id": result_id,
        "generation_id": wish.result.generation_id,
        "connection": connection,
        "status": DeliveryStatus.PENDING if due else DeliveryStatus.SKIPPED,
        "due_at": due_at if due else None,
        "settled_at": None if due else now,
        "note": waits if due else f"came late: the generation had gone beyond {wish.result.status}",
    }


def _fill(db: sqlite3.Connection, wish: Wanted, now: int) -> None:
    key = {"generation_id": wish.result.generation_id, "status": wish.result.status}
    known = db.execute(STATEMENTS["find_result"], key).fetchone()
    details = codec.filled(known["details"], wish.result)
    if details is not None:
        db.execute(STATEMENTS["fill_result"], {"id": known["id"], "details": details})
        if wish.held_until is not None and not codec.has_outputs(known["details"]):
            insert_copies(db, known["id"], wish.result, now)
