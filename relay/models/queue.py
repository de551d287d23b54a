"""Calls to the vendor for jobs, as plain values: what one needs, how it ended, and the queue's status.

Times are integer milliseconds since 1970, UTC. Credits are the vendor's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from relay.models.core import Result
from relay.models.job import JobStatus, RateBucket

UNLIMITED = 1e18  # above every amount


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """What one API key may do. `requests_per_minute` only until the vendor's headers give a limit.

    credits_per_day  our own, over any 24 hours; None: no limit
    """

    requests_per_minute: int = 10
    videos_per_minute: int = 5
    videos_at_once: int = 3
    videos_per_day: int = 100
    polls_per_minute: int = 120
    credits_per_day: float | None = None

    def never_allow(self, videos: int, estimate: float) -> str:
        """Which limit a job exceeds that no waiting can satisfy, as a sentence; "" when it exceeds none."""
        if videos > self.videos_per_day:
            limit = f"Videos a day (CREATIVEAI_VIDEOS_PER_DAY) is {self.videos_per_day}"
            return f"This makes {videos} videos, and the limit {limit}."
        if self.credits_per_day is not None and estimate > self.credits_per_day:
            limit = f"Credits a day (CREATIVEAI_CREDITS_PER_DAY) is {self.credits_per_day:g}"
            return f"This takes about {estimate:g} credits, and the limit {limit}."
        return ""


@dataclass(frozen=True, slots=True)
class Submission:
    """A job under lease, to be sent now. `reference` identifies this submission in the webhook's URL."""

    job_id: str
    token: int
    kind: str
    input: Mapping[str, Any]
    reference: str
    tries: int


@dataclass(frozen=True, slots=True)
class StatusPoll:
    """A job under lease, to be polled now. `age` is ms since it was sent, `polls` counts earlier polls.

    unclear_since     since when CreativeAI says nothing of it that could be acted on, in ms; None: it does
    expected_results  how many generations are expected of it
    """

    job_id: str
    token: int
    kind: str
    vendor_id: str
    age: int
    polls: int
    unclear_since: int | None = None
    expected_results: int = 1


Call = Submission | StatusPoll


@dataclass(frozen=True, slots=True)
class BusyKinds:
    """Kinds of job for which the one that claims has no slot left: to send one, or to poll one."""

    submissions: frozenset[str] = frozenset()
    polls: frozenset[str] = frozenset()


NONE_BUSY = BusyKinds()


def interrupted(_kind: str) -> str:
    """Why a job is held whose submit was cut off, where nothing is known about its kind."""
    return (
        "The relay stopped while it sent the job to CreativeAI, which may have started and charged it. Check "
        "at CreativeAI, then retry or cancel the job."
    )


@dataclass(frozen=True, slots=True)
class RateLimitInfo:
    """The vendor's limit of requests per minute, from the headers of its last answer; None: not given.

    reset_at  when the count begins anew, in ms
    """

    limit: int | None = None
    remaining: int | None = None
    reset_at: int | None = None


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """How a submit or a poll ended without a result.

    status             what the job becomes; None: it stays
    due_at             when it is sent or polled again; None: not automatically
    counts             the failure counts against the retry schedule
    hold_bucket_until  nothing of its rate bucket is sent before; `hold_reason` says why, where no other does
    pause_why          set: the queue is paused until `pause_until` (None: until a person resumes it)
    """

    call: Call
    ended_at: int
    status: JobStatus | None = None
    status_reason: str = ""
    error_param: str = ""
    due_at: int | None = None
    counts: bool = False
    hold_bucket_until: int | None = None
    hold_reason: str = ""
    pause_why: str = ""
    pause_until: int | None = None
    rate_limit: RateLimitInfo = RateLimitInfo()


@dataclass(frozen=True, slots=True)
class CallResult:
    """A response with something to keep: the vendor's id, results or both, of a submit or a poll.

    results           still to be routed
    poll_at           when to poll (again); None: not
    found_by          response | recovered, for the results in it
    expected_results  how many results there will be, 0 when not said; `generation_ids` may name fewer
    unclear           some of it says nothing that could be acted on
    hold_reason       set: unless the results end the job, it is held for a person, and `poll_at` stays
    """

    call: Call
    ended_at: int
    vendor_id: str
    generation_ids: tuple[str, ...]
    poll_at: int | None
    found_by: Literal["response", "recovered"]
    credits: float | None = None
    rate_limit: RateLimitInfo = RateLimitInfo()
    expected_results: int = 0
    results: tuple[Result, ...] = ()
    unclear: bool = False
    hold_reason: str = ""


@dataclass(frozen=True, slots=True)
class Used:
    """An amount that counts against a day's limit until a moment."""

    until: int
    amount: float


@dataclass(frozen=True, slots=True)
class Hold:
    """A rate bucket in which the vendor accepts nothing for a while. `reason`: its own words, or ""."""

    rate_bucket: RateBucket
    since: int
    until: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class QueueState:
    """The facts about the queue of one API key; what they mean is said by `generation.status`.

    paused_since       None: not paused
    videos, credits    what counts against a day's limits, oldest first
    no_requests_until  until when the vendor's headers allow no request; None: they allow some
    most_videos, most_credits  what the largest queued jobs will use of the day
    """

    waiting: int
    running: int
    held: int
    paused_since: int | None = None
    paused_until: int | None = None
    paused_why: str = ""
    running_videos: int = 0
    videos: tuple[Used, ...] = ()
    credits: tuple[Used, ...] = ()
    holds: tuple[Hold, ...] = ()
    no_requests_until: int | None = None
    most_videos: int = 0
    most_credits: float = 0.0

    @property
    def videos_today(self) -> int:
        return round(sum(each.amount for each in self.videos))

    @property
    def used(self) -> float:
        """Credits of the last 24 hours."""
        return sum(each.amount for each in self.credits)

    def left(self, limits: QueueLimits) -> dict[str, float]:
        """What is left of the day, by the names of `JobStore.queue_position`."""
        budget = limits.credits_per_day
        return {
            "videos_left": limits.videos_per_day - self.videos_today,
            "credits_left": UNLIMITED if budget is None else budget - self.used,
        }


@dataclass(frozen=True, slots=True)
class QueuePosition:
    """A queued job's position: how many of its rate bucket are sent before it, and how many are running.

    videos, credits  what those before it will use of the day
    """

    ahead: int
    running: int
    videos: int = 0
    credits: float = 0.0


def reference_of(reference: str, submission: int) -> str:
    """As it is in the webhook's URL."""
    return f"{reference}.{submission}"


def parse_reference(text: str) -> tuple[str, int]:
    """(the job's reference, number of its submission); 0 when the text does not say."""
    reference, _, number = text.rpartition(".")
    if not reference or not number.isascii() or not number.isdecimal() or len(number) > 6:
        return text, 0
    return reference, int(number)
