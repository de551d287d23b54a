"""Who got in, who tried, and which tokens and secrets were changed."""

from collections.abc import Sequence

from relay.models.core import new_id
from relay.store.contract.access_log import AccessEntry, AccessKind, AccessNote
from relay.store.sql.database import Session
from relay.store.sql.repository import Repository

_HOUR = 3_600_000


def insert_note(db: Session, note: AccessNote) -> None:
    """In the transaction of what it is about: one is never stored without the other."""
    db.execute("insert_access_entry", _row(note) | {"id": new_id("acc", note.at)})


class SqlAccessLog(Repository):
    def note_access(self, note: AccessNote) -> None:
        with self._database.write() as db:
            insert_note(db, note)

    def note_wrong_password(self, remote_addr: str, *, now: int, most: int) -> None:
        hour = now // _HOUR
        row = _row(AccessNote(AccessKind.WRONG_PASSWORD, now, remote_addr=remote_addr))
        row["id"] = f"wrong_{hour}_{remote_addr}"
        with self._database.write() as db:
            asked = {"id": row["id"], "kind": row["kind"], "since": hour * _HOUR}
            found = db.fetch_row("count_access_entries_since", asked)
            if found["entries"] >= most and not found["known"]:
                row |= {"id": f"wrong_{hour}_", "remote_addr": ""}
            db.execute("add_to_access_entry", row)

    def access_log(self, *, most: int, most_wrong: int) -> Sequence[AccessEntry]:
        kind = str(AccessKind.WRONG_PASSWORD)
        with self._database.read() as db:
            wrong = db.fetch_all("list_access_entries_of", {"kind": kind, "most": most_wrong})
            others = db.fetch_all("list_access_entries_without", {"kind": kind, "most": most})
        found = [AccessEntry(**{**dict(row), "kind": AccessKind(row["kind"])}) for row in (*wrong, *others)]
        return sorted(found, key=lambda each: each.at, reverse=True)

    def has_signed_in_from(self, remote_addr: str) -> bool:
        asked = {"kind": str(AccessKind.SIGNED_IN), "remote_addr": remote_addr}
        with self._database.read() as db:
            return db.fetch_one("find_access_entry_of_address", asked) is not None


def _row(note: AccessNote) -> dict[str, object]:
    return {
        "kind": str(note.kind),
        "subject": note.subject,
        "remote_addr": note.remote_addr,
        "now": note.at,
    }
