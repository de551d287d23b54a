"""The queue: the next call to the vendor under lease, and how it ended."""

import json
from collections.abc import Callable, Iterable, Sequence

from relay.models.core import RoutedResult
from relay.models.job import SILENT_MS, JobStatus, RateBucket, UploadedFile
from relay.models.queue import (
    NONE_BUSY,
    BusyKinds,
    Call,
    CallOutcome,
    CallResult,
    QueueLimits,
    RateLimitInfo,
    StatusPoll,
    Submission,
    interrupted,
    reference_of,
)
from relay.store.sql import clock, results
from relay.store.sql.database import Row, Session
from relay.store.sql.next_call import NextCalls, has_unfit_head, most_a_day
from relay.store.sql.queue_state import pause
from relay.store.sql.rate_limits import count_call, quota
from relay.store.sql.repository import Repository

_RAISE_LIMIT = (
    "The job was not sent, so nothing was charged. Raise the limit, and the relay sends the job "
    "automatically; or cancel it."
)


class SqlQueue(Repository):
    def claim_call(
        self,
        account: str,
        limits: QueueLimits,
        *,
        now: int,
        lease_until: int,
        prefer: type[Call] = Submission,
        busy: BusyKinds = NONE_BUSY,
        explain_interruption: Callable[[str], str] = interrupted,
    ) -> Submission | StatusPoll | None:
        steps = [(clock.OF_QUEUE, {"account": account})]
        self._clock.end_waits("calls", self._database, steps, now=now, lease_until=lease_until)
        with self._database.read() as db:
            expired = db.fetch_all("expired_leases", {"now": now})
            idle = not expired and not has_unfit_head(db, limits, now)
            if idle and _next(db, account, limits, busy, now).first(db, prefer) is None:
                return None
        with self._database.write() as db:
            _end_expired(db, explain_interruption, now)
            _hold_unfit(db, limits, now)
            following = _next(db, account, limits, busy, now)
            row = following.first(db, prefer)
            if row is None:
                return None
            rate_bucket = RateBucket(row["rate_bucket"])
            polls = rate_bucket is RateBucket.POLL
            if not polls:
                following.note_passed(db, row)
            lease = {"id": row["id"], "now": now, "lease_until": lease_until}
            if polls:
                db.execute("lease_poll", lease)
            else:
                db.execute("lease_submit", lease | {"running_until": now + SILENT_MS})
            numbered = (row["id"], row["token"] + 1)
            count_call(db, account, rate_bucket, numbered, at=lease_until, now=now, videos=row["videos"])
            return _status_poll(row, now) if polls else _submission(row)

    def renew_calls(self, leases: Iterable[tuple[str, int]], *, until: int) -> None:
        rows = [{"job_id": job_id, "token": token, "until": until} for job_id, token in leases]
        with self._database.write() as db:
            db.execute_many("renew_call", rows)
            db.execute_many("renew_counted_call", rows)

    def release_calls(self, calls: Iterable[Call], *, now: int) -> None:
        with self._database.write() as db:
            for call in calls:
                row = {"job_id": call.job_id, "token": call.token, "now": now}
                polled = isinstance(call, StatusPoll)
                release = "release_poll" if polled else "release_submit"
                if db.fetch_one(release, row):
                    db.execute("forget_call", row)

    def files(self, job_id: str) -> tuple[UploadedFile, ...]:
        with self._database.read() as db:
            rows = db.fetch_all("list_uploads", {"job_id": job_id})
        return tuple(UploadedFile(**dict(row)) for row in rows)

    def keep_result(self, found: CallResult, wanted: Sequence[RoutedResult]) -> bool:
        call, now = found.call, found.ended_at
        row = {
            "job_id": call.job_id,
            "token": call.token,
            "vendor_id": found.vendor_id,
            "expected_results": max(len(found.generation_ids), found.expected_results),
            "credits": found.credits,
            "poll_at": found.poll_at,
            "unclear": int(found.unclear),
            "now": now,
        }
        with self._database.write() as db:
            _end_counted(db, call, now, found.rate_limit, kept=True)
            held = db.fetch_one("keep_result", row) is not None
            if not held and isinstance(call, StatusPoll):
                return False
            link = results.link_of_job(db, call.job_id, _sending(call))
            for number, generation_id in enumerate(found.generation_ids, 1):
                results.link_generation(db, generation_id, link, now, number)
            source = results.Source(found.found_by, None, now)
            for job_input in wanted:
                results.keep_result(db, job_input, source)
            results.update_job(db, call.job_id, source)
            if found.hold_reason:
                why = {"id": call.job_id, "status_reason": found.hold_reason, "poll_at": found.poll_at}
                db.execute("hold_unclear_job", why)
            if isinstance(call, Submission):
                db.execute("delete_uploads", {"job_id": call.job_id})
        self._database.notify()
        return held

    def end_call(self, end: CallOutcome) -> bool:
        call = end.call
        row = {
            "job_id": call.job_id,
            "token": call.token,
            "status": end.status or "",
            "status_reason": end.status_reason,
            "error_param": end.error_param,
            "due_at": end.due_at,
            "counts": int(end.counts),
            "now": end.ended_at,
            "settled": int(end.status is JobStatus.FAILED),
            "keeps_slot": int(end.status is JobStatus.HELD and end.due_at is None),
        }
        statement = "end_poll" if isinstance(call, StatusPoll) else "end_submit"
        with self._database.write() as db:
            # A refused call made no video; a lost answer may have.
            account = _end_counted(db, call, end.ended_at, end.rate_limit, kept=bool(row["keeps_slot"]))
            held = db.fetch_one(statement, row) is not None
            if end.hold_bucket_until is not None:
                rate_bucket = _bucket_of(db, call)
                hold = {"account": account, "rate_bucket": rate_bucket, "until": end.hold_bucket_until}
                reason = end.hold_reason or end.status_reason or end.pause_why
                db.execute("hold_bucket", hold | {"now": end.ended_at, "reason": reason})
            if end.pause_why:
                pause(db, account, end.pause_why, now=end.ended_at, until=end.pause_until)
        return held


def _next(db: Session, account: str, limits: QueueLimits, busy: BusyKinds, now: int) -> NextCalls:
    return NextCalls(quota(db, account, limits, now), busy, now)


def _hold_unfit(db: Session, limits: QueueLimits, now: int) -> None:
    """Hold, with the reason, jobs that exceed a whole day's limits, so that those behind them are sent. They
    stay due: once the limits are raised, they are sent like any other."""
    if not has_unfit_head(db, limits, now):
        return
    for row in db.fetch_all("list_unfit_jobs", {"now": now, **most_a_day(limits)}):
        why = f"{limits.never_allow(row['videos'], row['estimate'])} {_RAISE_LIMIT}"
        db.execute("hold_unfit_job", {"id": row["id"], "status_reason": why})


def _submission(row: Row) -> Submission:
    return Submission(
        job_id=row["id"],
        token=row["token"] + 1,
        kind=row["kind"],
        input=json.loads(row["input"]),
        reference=reference_of(row["reference"], row["submission"] + 1),
        tries=row["tries"],
    )


def _status_poll(row: Row, now: int) -> StatusPoll:
    since = row["submitted_at"] or row["created_at"]
    return StatusPoll(
        row["id"],
        row["token"] + 1,
        row["kind"],
        row["vendor_id"],
        now - since,
        row["polls"],
        row["unclear_since"],
        row["expected_results"],
    )


def _end_expired(db: Session, explain_interruption: Callable[[str], str], now: int) -> None:
    for row in db.fetch_all("expired_leases", {"now": now}):
        why = explain_interruption(row["kind"])
        db.execute("hold_interrupted_job", {"id": row["id"], "status_reason": why})
        db.execute("end_lease", {"id": row["id"], "now": now})


def _end_counted(db: Session, call: Call, at: int, reported: RateLimitInfo, *, kept: bool) -> str:
    """The account whose limits the call was counted against."""
    row = {"job_id": call.job_id, "token": call.token, "at": at, "kept": int(kept)}
    counted = db.fetch_one("count_call_as_ended", row)
    if counted is None:
        return ""
    account: str = counted["account"]
    if reported.limit is not None or reported.remaining is not None:
        said = {"limit": reported.limit, "remaining": reported.remaining, "reset_at": reported.reset_at}
        db.execute("save_rate_limit", said | {"account": account, "now": at})
    return account


def _bucket_of(db: Session, call: Call) -> RateBucket:
    if isinstance(call, StatusPoll):
        return RateBucket.POLL
    return RateBucket(db.fetch_row("find_job", {"id": call.job_id})["rate_bucket"])


def _sending(call: Call) -> int | None:
    """Which submission an answer is of; None: the latest."""
    return int(call.reference.rpartition(".")[2]) if isinstance(call, Submission) else None
