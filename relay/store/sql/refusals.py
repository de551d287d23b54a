"""Webhooks that were refused: counted by hour and reason, so that a flood of them is one row."""

from collections.abc import Sequence

from relay.models.core import new_id
from relay.models.views import RefusedWebhooks
from relay.store.sql.repository import AFTER_ALL_IDS, Repository

HOUR_MS = 3_600_000
_PATIENCE = 0.5  # seconds


class SqlRefusals(Repository):
    def add_refused(self, refused: Sequence[RefusedWebhooks]) -> None:
        with self._database.write(patience=_PATIENCE, durable=False) as db:
            db.execute_many("add_refused", [_row(each) for each in refused])

    def refused_webhooks(self, *, limit: int, before: str = "") -> list[RefusedWebhooks]:
        with self._database.read() as db:
            rows = db.fetch_all("list_refused", {"limit": limit, "before": before or AFTER_ALL_IDS})
        return [
            RefusedWebhooks(
                row["hour"], row["reason"], row["number"], row["last_at"], row["last_sender"], row["id"]
            )
            for row in rows
        ]

    def count_refused(self, *, since: int) -> int:
        with self._database.read() as db:
            number: int = db.fetch_row("count_refused", {"after": since - HOUR_MS})["number"]
        return number


def _row(refused: RefusedWebhooks) -> dict[str, object]:
    return {
        "id": new_id("rfd", refused.last_at),
        "hour": refused.hour,
        "reason": refused.reason,
        "number": refused.count,
        "last_at": refused.last_at,
        "last_sender": refused.last_sender,
    }
