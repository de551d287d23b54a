"""The queue: which call to the vendor comes next, and how it ended."""

import json
from collections.abc import Iterable, Sequence

from relay.models.core import RoutedResult, new_id
from relay.models.job import SILENT_MS, JobStatus, RateBucket, UploadedFile
from relay.models.queue import (
    Call,
    CallOutcome,
    CallResult,
    QueueLimits,
    QueueState,
    RateLimitInfo,
    StatusPoll,
    Submission,
    reference_of,
)
from relay.store.sql import results
from relay.store.sql.database import Row, Session
from relay.store.sql.rate_limits import ASKED, Quota, count_call, is_paused, quota
from relay.store.sql.repository import Repository

_ANSWER_MS = 5_000  # so long a request may be under way before the vendor counts it
_LOST = (
    "The relay stopped while it sent the job to CreativeAI, which may have started and charged it. If so, "
    "the webhook continues the job automatically. If no webhook comes, check at CreativeAI, then retry or "
    "cancel the job."
)
_CREDITS_UNLIMITED = 1e18  # above every estimate
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
    ) -> Submission | StatusPoll | None:
        with self._database.read() as db:
            expired = db.fetch_all("expired_leases", {"now": now})
            idle = not expired and not _has_unfit_head(db, limits, now)
            if idle and _next(db, quota(db, account, limits, now), now, prefer) is None:
                return None
        with self._database.write() as db:
            _end_expired(db, now)
            _hold_unfit(db, limits, now)
            row = _next(db, quota(db, account, limits, now), now, prefer)
            if row is None:
                return None
            rate_bucket = RateBucket(row["rate_bucket"]) if "rate_bucket" in row.keys() else RateBucket.POLL  # noqa: SIM118 - a Row is no dict
            lease = {
                "id": row["id"],
                "now": now,
                "lease_until": lease_until,
                "running_until": now + SILENT_MS,
            }
            lease_it = "lease_poll" if rate_bucket is RateBucket.POLL else "lease_submit"
            db.execute(lease_it, lease)
            videos = 0 if rate_bucket is RateBucket.POLL else row["videos"]
            count_call(
                db,
                account,
                rate_bucket,
                (row["id"], row["token"] + 1),
                at=lease_until,
                now=now,
                videos=videos,
            )
            return _status_poll(row, now) if rate_bucket is RateBucket.POLL else _submission(row)

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
            for generation_id in found.generation_ids:
                results.link_generation(db, generation_id, link, now)
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
                db.execute("hold_bucket", hold)
            if end.pause_why:
                _pause(db, account, end.pause_why, now=end.ended_at, until=end.pause_until)
        return held

    def pause_queue(self, account: str, why: str, *, now: int, until: int | None = None) -> None:
        with self._database.write() as db:
            _pause(db, account, why, now=now, until=until)

    def resume_queue(self, account: str, *, now: int) -> bool:
        with self._database.write() as db:
            resumed = db.fetch_one("resume_account", {"account": account})
            db.execute("resume_held_for_money", {"now": now})
        self._database.notify()
        return resumed is not None

    def take_request(self, account: str, limits: QueueLimits, *, now: int) -> bool:
        with self._database.write() as db:
            free = quota(db, account, limits, now)
            if not free.other or free.asked >= max(1, free.a_minute // 5):
                return False
            lease = (new_id(ASKED, now), 0)
            count_call(db, account, RateBucket.OTHER, lease, at=now + _ANSWER_MS, now=now)
        return True

    def queue_state(self, account: str, *, now: int) -> QueueState:
        with self._database.read() as db:
            row = db.fetch_row("queue_state")
            known = db.fetch_one("account", {"account": account})
            used = db.fetch_row("spent", {"now": now})["credits"]
        pause = known if is_paused(known, now) else None
        return QueueState(
            waiting=row["waiting"],
            running=row["running"],
            held=row["held"],
            paused_since=pause["paused_since"] if pause else None,
            paused_until=pause["paused_until"] if pause else None,
            paused_why=pause["paused_why"] if pause else "",
            used=used,
        )


def _next(db: Session, free: Quota, now: int, prefer: type[Call]) -> Row | None:
    poll: Row | None = None
    if free.poll:
        poll = db.fetch_one("next_poll", {"now": now})
    if poll is not None and prefer is StatusPoll:
        return poll
    heads = [
        head
        for rate_bucket in (RateBucket.VIDEO, RateBucket.OTHER)
        if free.allows(rate_bucket) and (head := _head(db, rate_bucket, free, now)) is not None
    ]
    return min(heads, key=lambda head: (head["turn"], head["due_at"]), default=poll)


def _head(db: Session, rate_bucket: RateBucket, free: Quota, now: int) -> Row | None:
    head = _first_due(db, rate_bucket, free.limits, now)
    return head if head is not None and free.takes(head["videos"], head["estimate"]) else None


def _first_due(db: Session, rate_bucket: RateBucket, limits: QueueLimits, now: int) -> Row | None:
    """Skips those that are held because waiting cannot satisfy the limits, until the limits are raised."""
    return db.fetch_one("next_job", {"rate_bucket": rate_bucket, "now": now, **_most_a_day(limits)})


def _most_a_day(limits: QueueLimits) -> dict[str, float]:
    most = limits.credits_per_day
    credits_per_day = _CREDITS_UNLIMITED if most is None else most
    return {"videos_per_day": limits.videos_per_day, "credits_per_day": credits_per_day}


def _has_unfit_head(db: Session, limits: QueueLimits, now: int) -> bool:
    heads = (_first_due(db, bucket, limits, now) for bucket in (RateBucket.VIDEO, RateBucket.OTHER))
    return any(head and limits.never_allow(head["videos"], head["estimate"]) for head in heads)


def _hold_unfit(db: Session, limits: QueueLimits, now: int) -> None:
    """Hold, with the reason, jobs that exceed a whole day's limits, so that those behind them are sent. They
    stay due: once the limits are raised, they are sent like any other."""
    if not _has_unfit_head(db, limits, now):
        return
    for row in db.fetch_all("list_unfit_jobs", {"now": now, **_most_a_day(limits)}):
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
    )


def _end_expired(db: Session, now: int) -> None:
    for row in db.fetch_all("expired_leases", {"now": now}):
        db.execute("hold_interrupted_job", {"id": row["id"], "status_reason": _LOST})
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


def _pause(db: Session, account: str, why: str, *, now: int, until: int | None) -> None:
    row = {"account": account, "now": now, "until": until, "why": why}
    db.execute("pause_account", row)
