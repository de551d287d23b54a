"""Webhooks of shops about themselves, such as new products."""

from relay.models.core import ShopEvent, ShopEventProgress, new_id
from relay.store.sql.database import Row
from relay.store.sql.repository import Repository


class SqlShopEvents(Repository):
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
        with self._database.write() as db:
            new = db.fetch_one("insert_shop_event", row) is not None
        self._database.notify()
        return new

    def shop_events(self, *, limit: int, before: str = "") -> list[tuple[str, ShopEvent]]:
        asked = {"limit": limit, "before": before or "~"}
        with self._database.read() as db:
            rows = db.fetch_all("list_shop_events", asked)
        return [(row["id"], _event(row)) for row in rows]

    def claim_shop_event(self, *, now: int, until: int) -> ShopEventProgress | None:
        with self._database.read() as db:
            if db.fetch_one("due_shop_event", {"now": now}) is None:
                return None
        with self._database.write() as db:
            row = db.fetch_one("claim_shop_event", {"now": now, "until": until})
        return _work(row) if row else None

    def reschedule_shop_event(self, event_id: str, *, until: int, note: str) -> None:
        with self._database.write() as db:
            db.execute("reschedule_shop_event", {"id": event_id, "until": until, "note": note})

    def end_shop_event(self, event_id: str, *, note: str, job_id: str = "") -> None:
        with self._database.write() as db:
            db.execute("end_shop_event", {"id": event_id, "note": note, "job_id": job_id})

    def shop_work(self, event_id: str) -> ShopEventProgress | None:
        with self._database.read() as db:
            row = db.fetch_one("find_shop_event", {"id": event_id})
        return _work(row) if row else None


def _event(row: Row) -> ShopEvent:
    return ShopEvent(
        row["connection"], row["webhook_id"], row["topic"], row["shop"], row["received_at"], row["body"]
    )


def _work(row: Row) -> ShopEventProgress:
    return ShopEventProgress(
        row["id"], _event(row), row["attempts"], row["due_at"], row["note"], row["job_id"]
    )
