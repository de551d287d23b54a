"""What the vendor's limits allow now, given the calls of the last 24 hours."""

from dataclasses import dataclass

from relay.models.job import RateBucket
from relay.models.queue import QueueLimits
from relay.store.sql.database import Row, Session

ASKED = "ask"  # before the id of a call that no job needed
_MINUTE = 60_000


@dataclass(frozen=True, slots=True)
class Quota:
    """`requests` and `credits` are how many are left, `credits` None without a budget of ours.

    asked     requests of the last minute that no job needed, of `a_minute` that may be made
    """

    requests: int
    a_minute: int
    asked: int
    poll: bool
    video: bool
    other: bool
    videos_today: int
    credits: float | None
    limits: QueueLimits

    def allows(self, rate_bucket: RateBucket) -> bool:
        return self.video if rate_bucket is RateBucket.VIDEO else self.other

    def takes(self, videos: int, estimate: float) -> bool:
        return videos <= self.videos_today and (self.credits is None or estimate <= self.credits)


def quota(db: Session, account: str, limits: QueueLimits, now: int) -> Quota:
    known = db.fetch_one("account", {"account": account})
    asked = {"account": account, "now": now, "rate_limit_at": known["rate_limit_at"] if known else 0}
    counts = db.fetch_row("count_calls", asked)
    held = {row["rate_bucket"] for row in db.fetch_all("rate_holds", asked)}
    a_minute: int = (known and known["request_limit"]) or limits.requests_per_minute
    requests = _requests(known, counts, a_minute, now)
    sends = requests > 0 and not is_paused(known, now)
    budget = limits.credits_per_day
    return Quota(
        requests=requests,
        a_minute=a_minute,
        asked=counts["asked"],
        poll=requests > 0 and RateBucket.POLL not in held and counts["polls"] < limits.polls_per_minute,
        video=sends
        and RateBucket.VIDEO not in held
        and counts["videos"] < limits.videos_per_minute
        and counts["videos_today"] < limits.videos_per_day
        and counts["running"] < limits.videos_at_once,
        other=sends and RateBucket.OTHER not in held,
        videos_today=limits.videos_per_day - counts["videos_today"],
        credits=None if budget is None else budget - _spent(db, now),
        limits=limits,
    )


def count_call(
    db: Session,
    account: str,
    rate_bucket: RateBucket,
    lease: tuple[str, int],
    *,
    at: int,
    now: int,
    videos: int = 0,
) -> None:
    """Count one more call, running until `at` at least. Part of the transaction that leases it."""
    job_id, token = lease
    db.execute("forget_calls", {"account": account, "now": now})
    db.execute("forget_polls", {"account": account, "now": now})
    row = {
        "account": account,
        "rate_bucket": rate_bucket,
        "videos": videos,
        "at": at,
        "job_id": job_id,
        "token": token,
    }
    db.execute("insert_call", row)


def _requests(known: Row | None, counts: Row, a_minute: int, now: int) -> int:
    """Our own count, unless the vendor's headers say that there are fewer: others use the key too."""
    free: int = a_minute - counts["requests"]
    if known is None or known["remaining"] is None:
        return free
    reported: int = known["remaining"] - counts["since_reported"]
    return free if now >= _reset_at(known) else min(free, reported)


def no_requests_before(db: Session, account: str, known: Row | None, now: int) -> int | None:
    """Until when the vendor's headers allow no request; None: they allow some."""
    if known is None or known["remaining"] is None or now >= _reset_at(known):
        return None
    asked = {"account": account, "now": now, "rate_limit_at": known["rate_limit_at"]}
    made = db.fetch_row("count_calls", asked)["since_reported"]
    return None if known["remaining"] > made else _reset_at(known)


def _reset_at(known: Row) -> int:
    at: int = known["reset_at"] if known["reset_at"] is not None else known["rate_limit_at"] + _MINUTE
    return at


def is_paused(known: Row | None, now: int) -> bool:
    if known is None or known["paused_since"] is None:
        return False
    return known["paused_until"] is None or known["paused_until"] > now


def _spent(db: Session, now: int) -> float:
    spent: float = db.fetch_row("spent", {"now": now})["credits"]
    return spent
