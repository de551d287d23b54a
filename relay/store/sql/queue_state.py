"""What stops the queue, what counts against its limits, and its end by a person."""

from relay.models.core import new_id
from relay.models.job import RateBucket
from relay.models.queue import Hold, QueueLimits, QueueState, Used
from relay.models.status import DAY_MS
from relay.store.sql.database import Session
from relay.store.sql.rate_limits import ASKED, count_call, is_paused, no_requests_before, quota
from relay.store.sql.repository import Repository

_PATIENCE_SECONDS = 0.25  # a request that no job needs does not keep its caller waiting
_ANSWER_MS = 5_000  # so long a request may be under way before the vendor counts it


class SqlQueueState(Repository):
    def pause_queue(self, account: str, why: str, *, now: int, until: int | None = None) -> None:
        with self._database.write() as db:
            pause(db, account, why, now=now, until=until)

    def resume_queue(self, account: str, *, now: int) -> bool:
        with self._database.write() as db:
            ended = [
                db.fetch_one(statement, {"account": account})
                for statement in ("resume_account", "end_rate_holds", "forget_remaining_requests")
            ]
            db.execute("resume_held_for_money", {"now": now})
        self._database.notify()
        return any(ended)

    def take_request(self, account: str, limits: QueueLimits, *, now: int) -> bool:
        with self._database.write(patience=_PATIENCE_SECONDS) as db:
            free = quota(db, account, limits, now)
            if not free.other or free.asked >= max(1, free.a_minute // 5):
                return False
            lease = (new_id(ASKED, now), 0)
            count_call(db, account, RateBucket.OTHER, lease, at=now + _ANSWER_MS, now=now)
        return True

    def queue_state(self, account: str, *, now: int) -> QueueState:
        asked = {"account": account, "now": now}
        with self._database.read() as db:
            row = db.fetch_row("queue_state", asked)
            known = db.fetch_one("account", asked)
            videos = db.fetch_all("list_videos_today", asked)
            spent = db.fetch_all("list_spent", asked)
            holds = db.fetch_all("rate_holds", asked)
            no_requests_until = no_requests_before(db, account, known, now)
        paused = known if is_paused(known, now) else None
        return QueueState(
            waiting=row["waiting"],
            running=row["running"],
            held=row["held"],
            paused_since=paused["paused_since"] if paused else None,
            paused_until=paused["paused_until"] if paused else None,
            paused_why=paused["paused_why"] if paused else "",
            running_videos=row["running_videos"],
            videos=tuple(Used(each["at"] + DAY_MS, each["videos"]) for each in videos),
            credits=tuple(Used(each["submitted_at"] + DAY_MS, each["credits"]) for each in spent),
            holds=tuple(
                Hold(RateBucket(each["rate_bucket"]), each["since"], each["until"], each["reason"])
                for each in holds
            ),
            no_requests_until=no_requests_until,
            most_videos=row["most_videos"],
            most_credits=row["most_credits"],
        )


def pause(db: Session, account: str, why: str, *, now: int, until: int | None) -> None:
    """Part of a write transaction."""
    row = {"account": account, "now": now, "until": until, "why": why}
    db.execute("pause_account", row)
