"""Deliveries after the claim: leases, pauses and holds, and connectors' state."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from relay.errors import LeaseLostError
from relay.models.connection import Pause, Route
from relay.models.delivery import Settlement
from relay.store.sql import codec
from relay.store.sql.database import Session
from relay.store.sql.repository import Repository
from relay.store.sql.settle import insert_pause, settle


class SqlDelivery(Repository):
    def renew(self, leases: Iterable[tuple[str, int]], *, until: int) -> None:
        rows = [{"id": delivery_id, "token": token, "until": until} for delivery_id, token in sorted(leases)]
        with self._database.write(durable=False, alongside=True) as db:
            db.execute_many("renew_lease", rows)

    def settle(self, settlements: Sequence[Settlement]) -> list[Settlement]:
        with self._database.write(alongside=True) as db:
            return settle(db, settlements)

    def release(self, leases: Iterable[tuple[str, int]], *, now: int) -> None:
        rows = [{"id": delivery_id, "token": token, "now": now} for delivery_id, token in sorted(leases)]
        with self._database.write(durable=False, alongside=True) as db:
            db.execute_many("release_lease", rows)

    def lease_holders(self, *, now: int) -> list[str]:
        with self._database.read() as db:
            return [row["leased_by"] for row in db.fetch_all("list_lease_holders", {"now": now})]

    def end_leases(self, worker: str, *, now: int) -> None:
        with self._database.write(durable=False) as db:
            db.execute("end_leases_of", {"worker": worker, "now": now})

    def load_memory(self, connection: str, scope: str) -> Mapping[str, Any]:
        with self._database.read() as db:
            key = {"connection": connection, "scope": scope}
            row = db.fetch_one("load_connector_state", key)
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
        with self._database.write(alongside=True) as db:
            if not db.fetch_one("holds_lease", held):
                raise LeaseLostError(f"Delivery {lease[0]} has been taken over.")
            db.execute_many("save_connector_state", rows)

    def pause(self, connection: str, pause: Pause, *, fingerprint: str = "") -> None:
        with self._database.write() as db:
            insert_pause(db, connection, pause, fingerprint)
            db.fetch_one("raise_revision")
        self._database.notify()

    def resume(self, connection: str, *, now: int) -> bool:
        with self._database.write() as db:
            named = {"connection": connection}
            ended = [db.fetch_one(statement, named) for statement in ("end_pause", "end_target_hold")]
            if any(ended):
                db.execute("send_now", named | {"now": now})
        self._database.notify()
        return any(ended)

    def update_routes(self, connections: Sequence[Route]) -> list[str]:
        with self._database.write() as db:
            return [connection.name for connection in connections if _update_route(db, connection)]


def _update_route(db: Session, connection: Route) -> bool:
    """Whether that ended a pause or a hold."""
    named = {"connection": connection.name}
    row = named | {"held_by": connection.held_by, "fingerprint": connection.fingerprint}
    before = db.fetch_one("find_route", named)
    resumed = [db.fetch_one("end_changed_pause", named | {"fingerprint": connection.fingerprint})]
    if before is None or dict(before) != {"held_by": row["held_by"], "fingerprint": row["fingerprint"]}:
        db.execute("save_route", row)
        if before and before["held_by"] == connection.held_by:
            resumed.append(db.fetch_one("end_target_hold", named))
    return any(resumed)
