"""Connections: their rows, and the revision that every change of one raises."""

import dataclasses
from collections.abc import Iterable

from relay.models.connection import StoredConnection
from relay.store.sql.database import Row, Session
from relay.store.sql.repository import Repository


class SqlConnections(Repository):
    def connections_revision(self) -> int:
        with self._database.read() as db:
            return int(db.fetch_row("connections_revision")["number"])

    def stored_connections(self) -> tuple[int, list[StoredConnection]]:
        with self._database.read() as db:
            rows = db.fetch_all("list_connections")
        return rows[0]["number"], [_stored(row) for row in rows if row["name"] is not None]

    def add_connection(self, connection: StoredConnection) -> bool:
        return self._change("add_connection", connection)

    def change_connection(self, connection: StoredConnection) -> bool:
        return self._change("change_connection", connection)

    def remove_connection(self, name: str, *, now: int, note: str) -> int | None:
        with self._database.write() as db:
            row = {"name": name, "now": now, "revision": _raise_revision(db)}
            if not db.fetch_one("remove_connection", row):
                return None
            skipped = {"connection": name, "now": now, "note": note}
            count = db.execute("skip_deliveries", skipped)
            db.fetch_one("end_pause", {"connection": name})
            db.execute("remove_route", {"connection": name})
        self._database.notify()
        return count

    def free_names(self, names: Iterable[str]) -> None:
        with self._database.write() as db:
            db.execute_many("free_name", [{"name": name} for name in names])

    def waiting(self, connection: str) -> int:
        with self._database.read() as db:
            row = db.fetch_row("count_waiting", {"connection": connection})
        return int(row["number"])

    def _change(self, statement: str, connection: StoredConnection) -> bool:
        with self._database.write() as db:
            row = dataclasses.asdict(connection) | {
                "sealed_fields": ",".join(connection.sealed_fields),
                "revision": _raise_revision(db),
                "changes": connection.revision,
            }
            changed = db.fetch_one(statement, row) is not None
        self._database.notify()
        return changed


def _raise_revision(db: Session) -> int:
    return int(db.fetch_row("raise_revision")["number"])


def _stored(row: Row) -> StoredConnection:
    return StoredConnection(
        name=row["name"],
        kind=row["kind"],
        options=row["options"],
        filters=row["filters"],
        sealed_fields=tuple(filter(None, row["sealed_fields"].split(","))),
        sealed=row["sealed"],
        revision=row["revision"],
    )
