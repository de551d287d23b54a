"""How attempts ended: the leases they end, the record of each, and the pauses and holds they bring."""

from collections.abc import Sequence

from relay.models.connection import Pause
from relay.models.delivery import Settlement
from relay.store.sql.database import Session


def settle(db: Session, settlements: Sequence[Settlement]) -> list[Settlement]:
    """Part of a write transaction. The stale ones: another worker holds their lease now."""
    stale, attempts = [], []
    for settlement in settlements:
        if not _end_lease(db, settlement):
            stale.append(settlement)
            continue
        attempts.append(_attempt(settlement))
        if (settlement.hold or settlement.pause) and not _is_outdated(db, settlement):
            _halt(db, settlement)
    if attempts:
        db.execute_many("insert_attempt", attempts)
    return stale


def _end_lease(db: Session, settlement: Settlement) -> bool:
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
    return db.fetch_one("settle_delivery", row) is not None


def _attempt(settlement: Settlement) -> dict[str, object]:
    return {
        "delivery_id": settlement.delivery_id,
        "token": settlement.token,
        "outcome": settlement.outcome,
        "started_at": settlement.started_at,
        "milliseconds": settlement.milliseconds,
        "http_status": settlement.http_status,
        "message": settlement.message,
        "answer": settlement.answer,
    }


def _halt(db: Session, settlement: Settlement) -> None:
    if settlement.hold:
        hold, target = settlement.hold, settlement.held_by
        row = {"target": target, "since": hold.since, "until": hold.until, "why": hold.why}
        db.execute("insert_target_hold", row)
    if settlement.pause:
        insert_pause(db, settlement.connection, settlement.pause, settlement.fingerprint)


def _is_outdated(db: Session, settlement: Settlement) -> bool:
    """Whether the connection's options changed during the call: its words are about the old ones.

    Where the connection calls another target now, they still are about the one that spoke.
    """
    route = db.fetch_one("find_route", {"connection": settlement.connection})
    if route is None or route["fingerprint"] == settlement.fingerprint:
        return False
    return settlement.pause is not None or route["held_by"] == settlement.held_by


def insert_pause(db: Session, connection: str, pause: Pause, fingerprint: str) -> None:
    row = {"connection": connection, "since": pause.since, "until": pause.until, "why": pause.why}
    db.execute("insert_pause", row | {"fingerprint": fingerprint})
