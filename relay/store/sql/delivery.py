"""Delivery on SQLite, after the claim: leases, what became of an attempt, pauses, memory, replay."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from relay.errors import LeaseLostError
from relay.models.core import Pause, Route
from relay.models.delivery import Selection, Settlement
from relay.store.sql import codec
from relay.store.sql.statements import STATEMENTS
from relay.store.sqlite.engine import SqliteEngine
from relay.store.sqlite.wake import Wake


class SqlDelivery:
    def __init__(self, engine: SqliteEngine, wake: Wake) -> None:
        self._engine = engine
        self._wake = wake

    def renew(self, leases: Iterable[tuple[str, int]], *, until: int) -> None:
        rows = [{"id": delivery_id, "token": token, "until": until} for delivery_id, token in leases]
        with self._engine.write() as db:
            db.executemany(STATEMENTS["renew_lease"], rows)

    def settle(self, settlements: Sequence[Settlement]) -> list[Settlement]:
        with self._engine.write() as db:
            return [settlement for settlement in settlements if not _settle(db, settlement)]

    def release(self, leases: Iterable[tuple[str, int]], *, now: int) -> None:
        rows = [{"id": delivery_id, "token": token, "now": now} for delivery_id, token in leases]
        with self._engine.write() as db:
            db.executemany(STATEMENTS["release_lease"], rows)

    def load_memory(self, connection: str, scope: str) -> Mapping[str, Any]:
        with self._engine.read() as db:
            key = {"connection": connection, "scope": scope}
            row = db.execute(STATEMENTS["load_connector_state"], key).fetchone()
        remembered: Mapping[str, Any] = json.loads(row["content"]) if row else {}
        return remembered

    def save_memory(
        self, connection: str, scopes: Mapping[str, Mapping[str, Any]], *, lease: tuple[str, int]
    ) -> None:
        rows = [
            {"connection": connection, "scope": scope, "content": codec.to_json(values)}
            for scope, values in scopes.items()
        ]
        held = {"id": lease[0], "token": lease[1]}
        with self._engine.write() as db:
            if not db.execute(STATEMENTS["holds_lease"], held).fetchone():
                raise LeaseLostError(f"Delivery {lease[0]} has been taken over.")
            db.executemany(STATEMENTS["save_connector_state"], rows)

    def pause(self, connection: str, pause: Pause, *, fingerprint: str = "") -> None:
        with self._engine.write() as db:
            _pause(db, connection, pause, fingerprint)
            db.execute(STATEMENTS["raise_revision"]).fetchone()
        self._wake.notify()

    def resume(self, connection: str) -> bool:
        with self._engine.write() as db:
            ended = db.execute(STATEMENTS["end_pause"], {"connection": connection}).fetchone()
        self._wake.notify()
        return ended is not None

    def resume_changed(self, connections: Sequence[Route]) -> list[str]:
        with self._engine.write() as db:
            return [
                connection.name
                for connection in connections
                if db.execute(
                    STATEMENTS["end_changed_pause"],
                    {"connection": connection.name, "fingerprint": connection.fingerprint},
                ).fetchone()
            ]

    def replay(self, selection: Selection, *, now: int, dry: bool = False, most: int | None = None) -> int:
        with self._engine.write() as db:
            found = [
                row["id"]
                for delivery_id in selection.ids or ("",)
                for row in db.execute(
                    _replayable(selection),
                    {
                        "id": delivery_id,
                        "connection": selection.connection,
                        "status": selection.status,
                        "generation_id": selection.generation_id,
                        "now": now,
                        "most": -1 if most is None else most,
                    },
                )
            ]
            if not dry:
                db.executemany(STATEMENTS["replay_delivery"], [{"id": i, "now": now} for i in found])
        if not dry:
            self._wake.notify()
        return len(found)


def _replayable(selection: Selection) -> str:
    if selection.ids:
        return STATEMENTS["replayable_by_id"]
    if selection.generation_id:
        return STATEMENTS["replayable_of_generation"]
    if selection.connection and selection.status:
        return STATEMENTS["replayable_of_connection_by_status"]
    if selection.connection:
        return STATEMENTS["replayable_of_connection"]
    return STATEMENTS["replayable_by_status"] if selection.status else STATEMENTS["replayable"]


def _settle(db: sqlite3.Connection, settlement: Settlement) -> bool:
    """False: the token is stale, somebody else has this delivery now."""
    row = {
        "id": settlement.delivery_id,
        "token": settlement.token,
        "status": settlement.status,
        "due_at": settlement.due_at,
        "now": settlement.started_at + settlement.milliseconds,
        "counts": int(settlement.counts),
        "restarts": int(settlement.restarts),
        "link": settlement.link,
        "note": settlement.message,
    }
    if not db.execute(STATEMENTS["settle_delivery"], row).fetchone():
        return False
    attempt = {
        "delivery_id": settlement.delivery_id,
        "token": settlement.token,
        "outcome": settlement.outcome,
        "started_at": settlement.started_at,
        "milliseconds": settlement.milliseconds,
        "http_status": settlement.http_status,
        "message": settlement.message,
        "answer": settlement.answer,
    }
    db.execute(STATEMENTS["insert_attempt"], attempt)
    if settlement.hold_target_until:
        hold = {"target": settlement.paced_by, "next_at": settlement.hold_target_until}
        db.execute(STATEMENTS["hold_target"], hold)
    if settlement.pause:
        _pause(db, settlement.connection, settlement.pause, settlement.fingerprint)
    return True


def _pause(db: sqlite3.Connection, connection: str, pause: Pause, fingerprint: str) -> None:
    row = {"connection": connection, "since": pause.since, "until": pause.until, "why": pause.why}
    db.execute(STATEMENTS["insert_pause"], row | {"fingerprint": fingerprint})
