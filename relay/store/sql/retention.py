"""Forgets the past: what shops sent, what destinations responded, which calls were made, what was refused,
who signed in."""

from relay.models.core import first_id
from relay.store.sql.repository import Repository


class SqlRetention(Repository):
    def prune_shop_events(self, *, before: int, most: int) -> int:
        asked = {"before": first_id("shp", before), "most": most, "empty": b""}
        return self._prune("empty_shop_events", asked)

    def prune_attempts(self, *, before: int, most: int) -> int:
        asked = {"before": first_id("dlv", before), "started_before": before, "most": most}
        return self._prune("delete_attempts", asked)

    def prune_refused(self, *, before: int, most: int) -> int:
        return self._prune("delete_refused", {"before": first_id("rfd", before), "most": most})

    def prune_calls(self, *, before: int, most: int) -> int:
        return self._prune("delete_calls", {"before": before, "most": most})

    def prune_access_log(self, *, before: int, most: int) -> int:
        return self._prune("delete_access_entries", {"before": before, "most": most})

    def _prune(self, statement: str, asked: dict[str, object]) -> int:
        with self._database.write() as db:
            return db.execute(statement, asked)
