"""What shops tell of themselves, on SQLite."""

from relay.model import ShopEvent, new_id
from relay.store.sql import STATEMENTS
from relay.store.sqlite_engine import SqliteEngine


class SqliteShop:
    _engine: SqliteEngine

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
            return db.execute(STATEMENTS["insert_shop_event"], row).fetchone() is not None

    def shop_events(self, *, limit: int, before: str = "") -> list[tuple[str, ShopEvent]]:
        asked = {"limit": limit, "before": before or "~"}
        with self._engine.read() as db:
            rows = db.execute(STATEMENTS["list_shop_events"], asked).fetchall()
        return [
            (
                row["id"],
                ShopEvent(
                    row["connection"],
                    row["webhook_id"],
                    row["topic"],
                    row["shop"],
                    row["received_at"],
                    row["body"],
                ),
            )
            for row in rows
        ]
