"""The archive: outputs to copy under leases, and the deliveries that wait for them."""

from collections.abc import Iterable, Mapping, Sequence

from relay.models.archive import ClaimedCopy, Copy, CopySettlement, CopyStatus
from relay.models.core import Result
from relay.models.views import ArchiveSummary, CopySummary
from relay.store.contract.core import ARCHIVE, DELIVERY
from relay.store.sql import clock
from relay.store.sql.database import Row, Session
from relay.store.sql.repository import Repository

Lease = tuple[str, int, int]

_NEXT = {"due_first_copies": "next_first_copies", "due_later_copies": "next_later_copies"}


class SqlArchive(Repository):
    def claim_copies(
        self, *, now: int, lease_until: int, first: int, later: int
    ) -> tuple[list[ClaimedCopy], int | None]:
        limits = {"due_first_copies": first, "due_later_copies": later}
        steps: list[tuple[tuple[str, ...], dict[str, object]]] = [(clock.OF_COPIES, {})]
        self._clock.end_waits("copies", self._database, steps, now=now, lease_until=lease_until)
        with self._database.read() as db:
            next_due = _next_due(db, limits)
        if next_due is None or next_due > now:
            return [], next_due
        with self._database.write(durable=False, alongside=True) as db:
            claimed = []
            for statement, limit in limits.items():
                rows = db.fetch_all(statement, {"now": now, "limit": limit})
                claimed += [_lease(db, row, lease_until) for row in rows]
                limits[statement] -= len(rows)
            return claimed, _next_due(db, limits)

    def renew_copies(self, leases: Iterable[Lease], *, until: int) -> None:
        with self._database.write(durable=False, alongside=True) as db:
            db.execute_many("renew_copy", [_row(lease) | {"until": until} for lease in sorted(leases)])

    def release_copies(self, leases: Iterable[Lease], *, now: int) -> None:
        with self._database.write(durable=False, alongside=True) as db:
            db.execute_many("release_copy", [_row(lease) | {"now": now} for lease in sorted(leases)])

    def settle_copies(self, settlements: Sequence[CopySettlement], *, now: int) -> list[CopySettlement]:
        stale, released = [], 0
        with self._database.write(durable=False, alongside=True) as db:
            db.lock(*(f"copies {settlement.result_id}" for settlement in settlements))
            for settlement in settlements:
                if not db.fetch_one("settle_copy", _settled(settlement, now)):
                    stale.append(settlement)
                elif settlement.due_at is None:
                    released += _end_hold(db, settlement.result_id, now)
        if released:
            self._database.notify(DELIVERY)
        return stale

    def storage_size(self, storage: str) -> int:
        with self._database.read() as db:
            return int(db.fetch_row("storage_size", {"storage": storage})["size"])

    def retry_copies(self, *, now: int) -> int:
        with self._database.write() as db:
            count = len(db.fetch_all("retry_copies", {"now": now}))
        self._database.notify(ARCHIVE)
        return count

    def archive_summary(self) -> ArchiveSummary:
        with self._database.read() as db:
            rows = {row["status"]: row for row in db.fetch_all("count_copies")}
        counts = {status: rows[status]["number"] if status in rows else 0 for status in CopyStatus}
        return ArchiveSummary(
            waiting=counts[CopyStatus.PENDING] + counts[CopyStatus.RETRYING],
            archived=counts[CopyStatus.ARCHIVED],
            failed=counts[CopyStatus.FAILED],
            size=rows[CopyStatus.ARCHIVED]["size"] if counts[CopyStatus.ARCHIVED] else 0,
        )

    def unarchived(self, *, limit: int) -> list[CopySummary]:
        with self._database.read() as db:
            rows = db.fetch_all("list_unarchived", {"limit": limit})
        return [CopySummary(**dict(row)) for row in rows]


def insert_copies(db: Session, result_id: str, result: Result, now: int) -> None:
    """Queue this result's outputs for the archive. Part of the transaction of `accept`."""
    for number, output in enumerate(result.outputs, 1):
        row = {"result_id": result_id, "number": number, "url": output.url, "now": now}
        db.execute("insert_copy", row)


def copies_of(db: Session, result_id: str) -> tuple[Copy, ...]:
    """Archived copies, by output number."""
    rows = db.fetch_all("list_copies", {"result_id": result_id})
    return tuple(Copy(**dict(row)) for row in rows)


def _next_due(db: Session, limits: Mapping[str, int]) -> int | None:
    """When the next is due of those that there are slots for."""
    found = (db.fetch_row(_NEXT[statement])["due_at"] for statement, limit in limits.items() if limit > 0)
    return min((due_at for due_at in found if due_at is not None), default=None)


def _lease(db: Session, row: Row, lease_until: int) -> ClaimedCopy:
    """An expired lease counts as an attempt: a file that crashes the process each time is given up."""
    interrupted = int(row["leased_until"] is not None)
    key = {"result_id": row["result_id"], "number": row["number"]}
    db.execute("lease_copy", key | {"lease_until": lease_until, "interrupted": interrupted})
    return ClaimedCopy(
        result_id=row["result_id"],
        number=row["number"],
        token=row["token"] + 1,
        tries=row["tries"] + interrupted,
        url=row["url"],
        generation_id=row["generation_id"],
        received_at=row["received_at"],
    )


def _row(lease: Lease) -> dict[str, object]:
    return dict(zip(("result_id", "number", "token"), lease, strict=True))


def _settled(settlement: CopySettlement, now: int) -> dict[str, object]:
    return {
        "result_id": settlement.result_id,
        "number": settlement.number,
        "token": settlement.token,
        "status": settlement.status,
        "due_at": settlement.due_at,
        "now": now,
        "counts": int(settlement.status is not CopyStatus.ARCHIVED),
        "note": settlement.note,
        "storage": settlement.storage,
        "key": settlement.key,
        "type": settlement.type,
        "size": settlement.size,
        "digest": settlement.sha256,
        "archived_at": now if settlement.status is CopyStatus.ARCHIVED else None,
    }


def _end_hold(db: Session, result_id: str, now: int) -> int:
    return len(db.fetch_all("end_hold", {"result_id": result_id, "now": now}))
