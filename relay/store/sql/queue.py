"""The line on SQLite: which call to the vendor comes next, and how it ended."""

import json
import sqlite3
from collections.abc import Iterable, Sequence

from relay.models.core import Wanted, new_id
from relay.models.job import SILENT_MS, JobStatus, Lane, UploadedFile
from relay.models.queue import (
    Call,
    CallEnd,
    Found,
    Look,
    QueueLimits,
    QueueState,
    Submission,
    Told,
    reference_of,
)
from relay.store.sql import results
from relay.store.sql.rate_limits import ASKED, Room, count_call, room
from relay.store.sql.statements import STATEMENTS
from relay.store.sqlite.engine import SqliteEngine
from relay.store.sqlite.wake import Wake

_ANSWER_MS = 5_000  # so long a request may be under way before the vendor counts it
_LOST = (
    "The relay stopped while it sent this to CreativeAI, which may have started it and charged for it. If it "
    "did, its webhook says so and this goes on by itself. Otherwise look in CreativeAI, then send it again "
    "or cancel it."
)


class SqliteQueue:
    _engine: SqliteEngine
    _wake: Wake

    def claim_call(
        self,
        account: str,
        limits: QueueLimits,
        *,
        now: int,
        lease_until: int,
        prefer: type[Call] = Submission,
    ) -> Submission | Look | None:
        with self._engine.peek() as db:
            expired = db.execute(STATEMENTS["expired_leases"], {"now": now}).fetchall()
            if not expired and _next(db, room(db, account, limits, now), now, prefer) is None:
                return None
        with self._engine.write() as db:
            _end_expired(db, now)
            row = _next(db, room(db, account, limits, now), now, prefer)
            if row is None:
                return None
            lane = Lane(row["lane"]) if "lane" in row.keys() else Lane.LOOK  # noqa: SIM118 - a Row is no dict
            lease = {"id": row["id"], "now": now, "lease_until": lease_until, "slot_until": now + SILENT_MS}
            lease_it = STATEMENTS["lease_look"] if lane is Lane.LOOK else STATEMENTS["lease_submit"]
            db.execute(lease_it, lease)
            videos = 0 if lane is Lane.LOOK else row["videos"]
            count_call(
                db, account, lane, (row["id"], row["token"] + 1), at=lease_until, now=now, videos=videos
            )
            return _look(row, now) if lane is Lane.LOOK else _submission(row)

    def renew_calls(self, leases: Iterable[tuple[str, int]], *, until: int) -> None:
        rows = [{"job_id": job_id, "token": token, "until": until} for job_id, token in leases]
        with self._engine.write() as db:
            db.executemany(STATEMENTS["renew_call"], rows)
            db.executemany(STATEMENTS["renew_counted_call"], rows)

    def release_calls(self, calls: Iterable[Call], *, now: int) -> None:
        with self._engine.write() as db:
            for call in calls:
                row = {"job_id": call.job_id, "token": call.token, "now": now}
                looked = isinstance(call, Look)
                release = STATEMENTS["release_look"] if looked else STATEMENTS["release_submit"]
                if db.execute(release, row).fetchone():
                    db.execute(STATEMENTS["forget_call"], row)

    def files(self, job_id: str) -> tuple[UploadedFile, ...]:
        with self._engine.peek() as db:
            rows = db.execute(STATEMENTS["list_uploads"], {"job_id": job_id}).fetchall()
        return tuple(UploadedFile(**dict(row)) for row in rows)

    def keep_found(self, found: Found, wanted: Sequence[Wanted]) -> bool:
        call, now = found.call, found.ended_at
        row = {
            "job_id": call.job_id,
            "token": call.token,
            "vendor_id": found.vendor_id,
            "children": max(len(found.generation_ids), found.children),
            "credits": found.credits,
            "look_at": found.look_at,
        }
        with self._engine.write() as db:
            _end_counted(db, call, now, found.told, kept=True)
            held = db.execute(STATEMENTS["keep_found"], row).fetchone() is not None
            if not held and isinstance(call, Look):
                return False
            link = results.link_of_job(db, call.job_id, _sending(call))
            for generation_id in found.generation_ids:
                results.link_generation(db, generation_id, link, now)
            source = results.Source(found.found, None, now)
            for wish in wanted:
                results.keep_result(db, wish, source)
            results.tell_job(db, call.job_id, source)
            if isinstance(call, Submission):
                db.execute(STATEMENTS["delete_uploads"], {"job_id": call.job_id})
        self._wake.notify()
        return held

    def end_call(self, end: CallEnd) -> bool:
        call = end.call
        row = {
            "job_id": call.job_id,
            "token": call.token,
            "status": end.status or "",
            "why": end.why,
            "param": end.param,
            "due_at": end.due_at,
            "counts": int(end.counts),
            "now": end.ended_at,
            "settled": end.status is JobStatus.FAILED,
            "keeps_slot": end.status is JobStatus.HELD and end.due_at is None,
        }
        statement = STATEMENTS["end_look"] if isinstance(call, Look) else STATEMENTS["end_submit"]
        with self._engine.write() as db:
            # What was refused made no video; of a lost answer nobody knows.
            account = _end_counted(db, call, end.ended_at, end.told, kept=bool(row["keeps_slot"]))
            held = db.execute(statement, row).fetchone() is not None
            if end.hold_lane_until is not None:
                lane = _lane_of(db, call)
                hold = {"account": account, "lane": lane, "until": end.hold_lane_until}
                db.execute(STATEMENTS["hold_lane"], hold)
            if end.pause_why:
                _pause(db, account, end.pause_why, now=end.ended_at, until=end.pause_until)
        return held

    def pause_queue(self, account: str, why: str, *, now: int, until: int | None = None) -> None:
        with self._engine.write() as db:
            _pause(db, account, why, now=now, until=until)

    def resume_queue(self, account: str, *, now: int) -> bool:
        with self._engine.write() as db:
            resumed = db.execute(STATEMENTS["resume_account"], {"account": account}).fetchone()
            db.execute(STATEMENTS["resume_held_for_money"], {"now": now})
        self._wake.notify()
        return resumed is not None

    def take_request(self, account: str, limits: QueueLimits, *, now: int) -> bool:
        with self._engine.write() as db:
            free = room(db, account, limits, now)
            if not free.other or free.asked >= max(1, free.a_minute // 5):
                return False
            lease = (new_id(ASKED, now), 0)
            count_call(db, account, Lane.OTHER, lease, at=now + _ANSWER_MS, now=now)
        return True

    def queue_state(self, account: str, *, now: int) -> QueueState:
        with self._engine.read() as db:
            row = db.execute(STATEMENTS["queue_state"]).fetchone()
            known = db.execute(STATEMENTS["account"], {"account": account}).fetchone()
            used = db.execute(STATEMENTS["spent"], {"now": now}).fetchone()["credits"]
        paused = known is not None and known["paused_since"] is not None
        over = paused and known["paused_until"] is not None and known["paused_until"] <= now
        stands = known if paused and not over else None
        return QueueState(
            waiting=row["waiting"],
            running=row["running"],
            held=row["held"],
            paused_since=stands["paused_since"] if stands else None,
            paused_until=stands["paused_until"] if stands else None,
            paused_why=stands["paused_why"] if stands else "",
            used=used,
        )


def _next(db: sqlite3.Connection, free: Room, now: int, prefer: type[Call]) -> sqlite3.Row | None:
    look: sqlite3.Row | None = None
    if free.look:
        look = db.execute(STATEMENTS["next_look"], {"now": now}).fetchone()
    if look is not None and prefer is Look:
        return look
    heads = [
        head
        for lane in (Lane.VIDEO, Lane.OTHER)
        if free.lane(lane) and (head := _head(db, lane, free, now)) is not None
    ]
    return min(heads, key=lambda head: (head["turn"], head["due_at"]), default=look)


def _head(db: sqlite3.Connection, lane: Lane, free: Room, now: int) -> sqlite3.Row | None:
    head: sqlite3.Row | None = db.execute(STATEMENTS["head_of_line"], {"lane": lane, "now": now}).fetchone()
    return head if head is not None and free.takes(head["videos"], head["estimate"]) else None


def _submission(row: sqlite3.Row) -> Submission:
    return Submission(
        job_id=row["id"],
        token=row["token"] + 1,
        kind=row["kind"],
        wish=json.loads(row["wish"]),
        reference=reference_of(row["reference"], row["submission"] + 1),
        tries=row["tries"],
    )


def _look(row: sqlite3.Row, now: int) -> Look:
    since = row["submitted_at"] or row["created_at"]
    return Look(row["id"], row["token"] + 1, row["kind"], row["vendor_id"], now - since, row["looks"])


def _end_expired(db: sqlite3.Connection, now: int) -> None:
    for row in db.execute(STATEMENTS["expired_leases"], {"now": now}).fetchall():
        db.execute(STATEMENTS["hold_lost"], {"id": row["id"], "why": _LOST})
        db.execute(STATEMENTS["end_lease"], {"id": row["id"], "now": now})


def _end_counted(db: sqlite3.Connection, call: Call, at: int, told: Told, *, kept: bool) -> str:
    """The account that the call was counted for."""
    row = {"job_id": call.job_id, "token": call.token, "at": at, "kept": kept}
    counted = db.execute(STATEMENTS["count_call_as_ended"], row).fetchone()
    if counted is None:
        return ""
    account: str = counted["account"]
    if told.limit is not None or told.remaining is not None:
        said = {"limit": told.limit, "remaining": told.remaining, "reset_at": told.reset_at}
        db.execute(STATEMENTS["tell_account"], said | {"account": account, "now": at})
    return account


def _lane_of(db: sqlite3.Connection, call: Call) -> Lane:
    if isinstance(call, Look):
        return Lane.LOOK
    return Lane(db.execute(STATEMENTS["find_job"], {"id": call.job_id}).fetchone()["lane"])


def _sending(call: Call) -> int | None:
    """Which sending an answer is of; None: the latest."""
    return int(call.reference.rpartition(".")[2]) if isinstance(call, Submission) else None


def _pause(db: sqlite3.Connection, account: str, why: str, *, now: int, until: int | None) -> None:
    row = {"account": account, "now": now, "until": until, "why": why}
    db.execute(STATEMENTS["pause_account"], row)
