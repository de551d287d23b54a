"""Which call to the vendor comes next: what the limits allow, of a kind with a free slot.

Jobs of one rate bucket are sent in the order of their turns, with two exceptions. A job of a kind without a
free slot is passed by jobs of other kinds. A job that does not fit into what is left of the day, such as a
batch, is passed by smaller ones for up to a day; from then on what becomes free is kept for it, so it is sent
within the day after that.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from relay.models.job import RateBucket
from relay.models.queue import UNLIMITED, BusyKinds, Call, QueueLimits, StatusPoll
from relay.store.sql.database import Row, Session
from relay.store.sql.rate_limits import Quota

_BUCKETS = (RateBucket.VIDEO, RateBucket.OTHER)
_LAST_TURN = 2**62
PASSED_MS = 86_400_000  # how long smaller jobs may pass one that does not fit


@dataclass(frozen=True, slots=True)
class NextCalls:
    """What may be claimed at one moment. `free` is what the limits leave."""

    free: Quota
    busy: BusyKinds
    now: int

    def first(self, db: Session, prefer: type[Call]) -> Row | None:
        """The poll or the job that comes next; None: nothing is due, or there is no room."""
        poll: Row | None = None
        if self.free.poll:
            poll = db.fetch_one("next_poll", {"now": self.now, "busy_kinds": _listed(self.busy.polls)})
        if poll is not None and prefer is StatusPoll:
            return poll
        heads = [head for bucket in _BUCKETS if (head := self._head(db, bucket)) is not None]
        return min(heads, key=lambda head: (head["turn"], head["due_at"]), default=poll)

    def note_passed(self, db: Session, job: Row) -> None:
        """Note from when on the first job of each bucket that does not fit is passed by this one."""
        first = db.fetch_one(
            "next_job", _asked_without_limits(self.free.limits, job["rate_bucket"], self.now)
        )
        if self.free.credits is None and first is not None and first["id"] == job["id"]:
            return
        for bucket in _BUCKETS:
            unfit = db.fetch_one("first_unfit_job", self._asked(bucket))
            if unfit is None:
                continue
            same = bucket == job["rate_bucket"] and _place(unfit) < _place(job)
            takes_its_credits = job["estimate"] > 0 and unfit["estimate"] > self._credits_left
            if same or takes_its_credits:
                db.execute("note_passed", {"id": unfit["id"], "now": self.now})

    def _head(self, db: Session, bucket: RateBucket) -> Row | None:
        if not self.free.allows(bucket):
            return None
        asked = self._asked(bucket)
        for other in _BUCKETS:
            reserved = db.fetch_one("first_reserved_job", asked | {"rate_bucket": other})
            if reserved is None:
                continue
            if other is bucket:
                asked |= {"last_turn": reserved["turn"], "last_id": reserved["id"]}
            elif reserved["estimate"] > self._credits_left:
                asked |= {"credits_left": 0}
        return db.fetch_one("next_job", asked)

    @property
    def _credits_left(self) -> float:
        return UNLIMITED if self.free.credits is None else self.free.credits

    def _asked(self, bucket: RateBucket) -> dict[str, object]:
        return {
            "rate_bucket": bucket,
            "now": self.now,
            "busy_kinds": _listed(self.busy.submissions),
            "videos_left": self.free.videos_today,
            "credits_left": self._credits_left,
            "last_turn": _LAST_TURN,
            "last_id": "",
            "passed_before": self.now - PASSED_MS,
            **most_a_day(self.free.limits),
        }


def has_unfit_head(db: Session, limits: QueueLimits, now: int) -> bool:
    """Whether a job that no day can cover is first in its bucket, so that it has to be held."""
    heads = (db.fetch_one("next_job", _asked_without_limits(limits, bucket, now)) for bucket in _BUCKETS)
    return any(head and limits.never_allow(head["videos"], head["estimate"]) for head in heads)


def _asked_without_limits(limits: QueueLimits, bucket: str, now: int) -> dict[str, object]:
    """For the first job of a bucket, whether it can be sent or not."""
    asked: dict[str, object] = {"rate_bucket": bucket, "now": now, "busy_kinds": ""}
    asked |= {"videos_left": UNLIMITED, "credits_left": UNLIMITED, "last_turn": _LAST_TURN, "last_id": ""}
    return asked | dict(most_a_day(limits))


def most_a_day(limits: QueueLimits) -> Mapping[str, float]:
    """What no job may exceed. One that does is held until the limits are raised."""
    most = limits.credits_per_day
    return {"videos_per_day": limits.videos_per_day, "credits_per_day": UNLIMITED if most is None else most}


def _place(job: Row) -> tuple[int, str]:
    return job["turn"], job["id"]


def _listed(kinds: frozenset[str]) -> str:
    """As `like` finds them: a statement has no parameter for a list."""
    return f",{','.join(sorted(kinds))},"
