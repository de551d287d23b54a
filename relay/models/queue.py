"""Calls to the vendor for jobs, as plain values: what one needs, how it ended, and the queue's status.

Times are integer milliseconds since 1970, UTC. Credits are the vendor's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from relay.models.core import Result
from relay.models.job import JobStatus


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

    unclear_since  since when CreativeAI says nothing of it that could be acted on, in ms; None: it does
    """

    job_id: str
    token: int
    kind: str
    vendor_id: str
    age: int
    polls: int
    unclear_since: int | None = None


Call = Submission | StatusPoll


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
    hold_bucket_until  nothing of its rate bucket is sent before
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
class QueueState:
    """The queue's status. `paused_why` "": not paused. `used` are credits of the last 24 hours."""

    waiting: int
    running: int
    held: int
    paused_since: int | None
    paused_until: int | None
    paused_why: str
    used: float


@dataclass(frozen=True, slots=True)
class QueuePosition:
    """A queued job's position: how many of its rate bucket are before it, and how many are running."""

    ahead: int
    running: int


def reference_of(reference: str, submission: int) -> str:
    """As it is in the webhook's URL."""
    return f"{reference}.{submission}"


def parse_reference(text: str) -> tuple[str, int]:
    """(the job's reference, number of its submission); 0 when the text does not say."""
    reference, _, number = text.rpartition(".")
    if not reference or not number.isascii() or not number.isdecimal() or len(number) > 6:
        return text, 0
    return reference, int(number)
