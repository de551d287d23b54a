"""Connections on SQLite: their rows, and the revision that every change of one raises."""

import dataclasses
import sqlite3
from collections.abc import Iterable

from relay.models.core import StoredConnection
from relay.store.sql.statements import STATEMENTS
from relay.store.sqlite.engine import SqliteEngine
from relay.store.sqlite.wake import Wake


class SqlConnections:
    def __init__(self, engine: SqliteEngine, wake: Wake) -> None:
        self._engine = engine
        self._wake = wake

    def connections_revision(self) -> int:
        with self._engine.read() as db:
            return int(db.execute(STATEMENTS["connections_revision"]).fetchone()["number"])

    def stored_connections(self) -> tuple[int, list[StoredConnection]]:
        with self._engine.read() as db:
            rows = db.execute(STATEMENTS["list_connections"]).fetchall()
        return rows[0]["number"], [_stored(row) for row in rows if row["name"] is not None]

    def add_connection(self, connection: StoredConnection) -> bool:
        return self._change(STATEMENTS["add_connection"], connection)

    def change_connection(self, connection: StoredConnection) -> bool:
        return self._change(STATEMENTS["change_connection"], connection)

    def remove_connection(self, name: str, *, now: int, note: str) -> int | None:
        with self._engine.write() as db:
            row = {"name": name, "now": now, "revision": _raise_revision(db)}
            if not db.execute(STATEMENTS["remove_connection"], row).fetchone():
                return None
            skipped = {"connection": name, "now": now, "note": note}
            count = db.execute(STATEMENTS["skip_deliveries"], skipped).rowcount
            db.execute(STATEMENTS["end_pause"], {"connection": name}).fetchone()
        self._wake.notify()
        return count

    def free_names(self, names: Iterable[str]) -> None:
        with self._engine.write() as db:
            db.executemany(STATEMENTS["free_name"], [{"name": name} for name in names])

    def waiting(self, connection: str) -> int:
        with self._engine.read() as db:
            row = db.execute(STATEMENTS["count_waiting"], {"connection": connection}).fetchone()
        return int(row["number"])

    def _change(self, statement: str, connection: StoredConnection) -> bool:
        with self._engine.write() as db:
            row = dataclasses.asdict(connection) | {
                "sealed_fields": ",".join(connection.sealed_fields),
                "revision": _raise_revision(db),
                "changes": connection.revision,
            }
            changed = db.execute(statement, row).fetchone() is not None
        self._wake.notify()
        return changed


def _raise_revision(db: sqlite3.Connection) -> int:
    return int(db.execute(STATEMENTS["raise_revision"]).fetchone()["number"])


def _stored(row: sqlite3.Row) -> StoredConnection:
    return StoredConnection(
        name=row["name"],
        kind=row["kind"],
        options=row["options"],
        filters=row["filters"],
        sealed_fields=tuple(filter(None, row["sealed_fields"].split(","))),
        sealed=row["sealed"],
        revision=row["revision"],
    )
