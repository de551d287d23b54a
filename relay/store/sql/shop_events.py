"""What shops tell of themselves, on SQLite."""

import sqlite3

from relay.models.core import ShopEvent, ShopEventProgress, new_id
from relay.store.sql.statements import STATEMENTS
from relay.store.sqlite.engine import SqliteEngine
from relay.store.sqlite.wake import Wake


class SqlShopEvents:
    _engine: SqliteEngine
    _wake: Wake

    def keep_shop_event(self, event: ShopEvent) -> bool:
        row = {
            "id": new_id("shp", event.received_at),
            "connection": event.connection,
            "webhook_id": event.webhook_id,
            "topic": event.topic,
            "shop": event.shop,
            "received_at": event.received_at,
            "body": event.body,
        }
        with self._engine.write() as db:
            new = db.execute(STATEMENTS["insert_shop_event"], row).fetchone() is not None
        self._wake.notify()
        return new

    def shop_events(self, *, limit: int, before: str = "") -> list[tuple[str, ShopEvent]]:
        asked = {"limit": limit, "before": before or "~"}
        with self._engine.read() as db:
            rows = db.execute(STATEMENTS["list_shop_events"], asked).fetchall()
        return [(row["id"], _event(row)) for row in rows]

    def claim_shop_event(self, *, now: int, until: int) -> ShopEventProgress | None:
        with self._engine.read() as db:
            if db.execute(STATEMENTS["due_shop_event"], {"now": now}).fetchone() is None:
                return None
        with self._engine.write() as db:
            row = db.execute(STATEMENTS["claim_shop_event"], {"now": now, "until": until}).fetchone()
        return _work(row) if row else None

    def reschedule_shop_event(self, event_id: str, *, until: int, note: str) -> None:
        with self._engine.write() as db:
            db.execute(STATEMENTS["reschedule_shop_event"], {"id": event_id, "until": until, "note": note})

    def end_shop_event(self, event_id: str, *, note: str, job_id: str = "") -> None:
        with self._engine.write() as db:
            db.execute(STATEMENTS["end_shop_event"], {"id": event_id, "note": note, "job_id": job_id})

    def shop_work(self, event_id: str) -> ShopEventProgress | None:
        with self._engine.read() as db:
            row = db.execute(STATEMENTS["find_shop_event"], {"id": event_id}).fetchone()
        return _work(row) if row else None


def _event(row: sqlite3.Row) -> ShopEvent:
    return ShopEvent(
        row["connection"], row["webhook_id"], row["topic"], row["shop"], row["received_at"], row["body"]
    )


def _work(row: sqlite3.Row) -> ShopEventProgress:
    return ShopEventProgress(
        row["id"], _event(row), row["attempts"], row["due_at"], row["note"], row["job_id"]
    )
