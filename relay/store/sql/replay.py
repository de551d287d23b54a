"""Sends deliveries again, in steps, so that webhooks are accepted in between however many there are."""

import time

from relay.errors import StoreBusyError
from relay.models.core import first_id
from relay.models.delivery import Selection
from relay.store.sql.database import Row, Session
from relay.store.sql.repository import Repository

STEP = 200  # deliveries in one transaction
_PAUSE_SECONDS = 0.02  # longer than a step takes, so that other writers have their turn in between
_ALL = 2**62


class SqlReplay(Repository):
    def replay(self, selection: Selection, *, now: int, dry: bool = False, most: int | None = None) -> int:
        limit = _ALL if most is None or selection.ids else most
        if dry:
            with self._database.read() as db:
                return len(_find(db, selection, now, "", limit)[0])
        count, after = 0, ""
        try:
            while True:
                with self._database.write() as db:
                    found, after = _find(db, selection, now, after, min(STEP, limit - count))
                    db.execute_many("replay_delivery", [{"id": row["id"], "now": now} for row in found])
                    for connection in {row["connection"] for row in found}:
                        db.fetch_one("end_target_hold", {"connection": connection})
                count += len(found)
                if not after or count >= limit:
                    return count
                time.sleep(_PAUSE_SECONDS)
        except StoreBusyError as error:
            if not count:
                raise
            raise StoreBusyError(
                f"{count} deliveries will be resent, the others were left unchanged: {error}"
            ) from error
        finally:
            self._database.notify()


def _find(db: Session, selection: Selection, now: int, after: str, limit: int) -> tuple[list[Row], str]:
    """The next deliveries (id, connection), and the id to go on after: "" when these were the last.

    What is added while the steps are taken is not meant.
    """
    asked: dict[str, object] = {
        "connection": selection.connection,
        "status": selection.status,
        "generation_id": selection.generation_id,
        "now": now,
    }
    if selection.ids:
        chosen = sorted(each for each in set(selection.ids) if each > after)[:limit]
        rows = [row for each in chosen for row in db.fetch_all("replayable_by_id", asked | {"id": each})]
        last = chosen[-1] if len(chosen) == limit else ""
    else:
        step = {"after": after, "before": first_id("dlv", now + 1), "most": limit}
        rows = db.fetch_all(_replayable(selection), asked | step)
        last = rows[-1]["id"] if rows and len(rows) == limit else ""
    return rows, last


def _replayable(selection: Selection) -> str:
    if selection.generation_id:
        return "replayable_of_generation"
    if selection.connection and selection.status:
        return "replayable_of_connection_by_status"
    if selection.connection:
        return "replayable_of_connection"
    return "replayable_by_status" if selection.status else "replayable"
