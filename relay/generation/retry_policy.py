"""What happens after a submit or a poll that ended without a result. Pure: time and jitter are passed in.

A submit that may have been carried out is never retried automatically: the job is held until its webhook
arrives or a person decides.
"""

from dataclasses import replace

from relay.errors import RemoteError
from relay.generation.kinds import PollSchedule, find_kind
from relay.models.job import JobStatus
from relay.models.queue import CallOutcome, RateLimitInfo, StatusPoll, Submission
from relay.retry import next_try

SLOWED = 30.0  # seconds that a rate bucket is held after a 429 without Retry-After
LONGEST_WAIT = 86_400.0  # the vendor's longest window; a Retry-After beyond it is taken as this
NO_CREDITS_MS = 3_600_000  # how long the queue pauses after a 402 before it resumes automatically
REFUSED_POLLS_MS = 600_000  # how long polling is held after CreativeAI refused the API key
UNKNOWN_MS = 600_000  # an id that is younger may not have reached all of the vendor's machines

_IF_STARTED = (
    "CreativeAI may have started and charged it. If so, the webhook continues the job automatically. If no "
    "webhook comes, "
)
_DECIDE = "CreativeAI may have made and charged it, and no webhook will report it. Decide by hand: "
_CHECK = "check at CreativeAI, then retry or cancel the job."
_CHECK_AND_LINK = (
    "check at CreativeAI: if it was started, link the job to its ID there; if not, retry or cancel the job."
)
_LATE = "A late webhook still counts. Or check at CreativeAI, then refresh, retry or cancel the job."


def after_submit(
    call: Submission, error: Exception, *, calls_back: bool, now: int, jitter: float
) -> CallOutcome:
    """`calls_back`: the request had a webhook URL. `jitter` is from 0 to 1, `now` in ms."""
    end = CallOutcome(call, now, JobStatus.QUEUED, message_of(error), due_at=now)
    if not isinstance(error, RemoteError) or error.ambiguous:
        return _held(end, _next_step(call.kind, calls_back=calls_back))
    if error.whose == "record":
        return replace(end, status=JobStatus.FAILED, error_param=error.param, due_at=None)
    if error.whose == "connection":
        return _paused(end, error)
    if error.status == 429:  # rate limited, not failed: the bucket is held, and no attempt is counted
        return replace(end, hold_bucket_until=now + _ms(error.retry_after, SLOWED))
    return _again(end, error, call.tries, jitter)


def interrupted_submit(kind_name: str, *, reachable: bool) -> str:
    """Why a job is held whose submit was cut off, and what follows. `reachable`: a webhook can arrive."""
    kind = find_kind(kind_name)
    calls_back = reachable and kind is not None and kind.webhook
    return f"The relay stopped while it sent the job. {_next_step(kind_name, calls_back=calls_back)}"


def _next_step(kind_name: str, *, calls_back: bool) -> str:
    """What a person does about a job that may have been started. Only what can be polled can be linked."""
    kind = find_kind(kind_name)
    check = _CHECK_AND_LINK if kind and kind.poll else _CHECK
    return f"{_IF_STARTED if calls_back else _DECIDE}{check}"


def after_poll(
    call: StatusPoll,
    error: Exception | None,
    *,
    poll_schedule: PollSchedule,
    now: int,
    rate_limit: RateLimitInfo | None = None,
) -> CallOutcome:
    """`error` None: still processing. Polls are free, so they go on until the schedule ends."""
    end = CallOutcome(call, now, rate_limit=rate_limit or RateLimitInfo())
    if isinstance(error, RemoteError):
        if error.status == 404 and call.age >= UNKNOWN_MS:
            return _held(replace(end, status_reason=error.message), _LATE)
        if error.whose == "connection":
            pause_until = now + NO_CREDITS_MS if error.status == 402 else None
            end = replace(end, pause_why=error.message, pause_until=pause_until)
            return _polls_held(end, call, poll_schedule, until=now + REFUSED_POLLS_MS)
        if error.status == 429:
            end = replace(end, hold_reason=error.message)
            return _polls_held(end, call, poll_schedule, until=now + _ms(error.retry_after, SLOWED))
    wait = poll_schedule.wait(call.age / 1000)
    if wait is not None:
        return replace(end, status_reason=message_of(error), due_at=now + round(wait * 1000))
    silent = "CreativeAI has not said for a day what became of it, and is not asked any more."
    return _held(replace(end, status_reason=f"{silent} {message_of(error)}".strip()), _LATE)


def _polls_held(
    end: CallOutcome, call: StatusPoll, poll_schedule: PollSchedule, *, until: int
) -> CallOutcome:
    """The hold keeps the job waiting, not a time of its own: who ends the hold has it polled."""
    wait = poll_schedule.wait(call.age / 1000)
    due_at = until if wait is None else end.ended_at + round(wait * 1000)
    return replace(end, due_at=due_at, hold_bucket_until=until)


def message_of(error: Exception | None) -> str:
    if error is None:
        return ""
    if isinstance(error, RemoteError):
        return error.message
    return f"An error in the relay ({type(error).__name__}); the log has the details."


def _held(end: CallOutcome, next_step: str) -> CallOutcome:
    return replace(end, status=JobStatus.HELD, status_reason=f"{end.status_reason} {next_step}", due_at=None)


def _paused(end: CallOutcome, error: RemoteError) -> CallOutcome:
    """No call with this key would succeed: the whole queue is paused, and no job is at fault."""
    if error.status != 402:
        return replace(end, pause_why=error.message)
    until = end.ended_at + NO_CREDITS_MS
    return replace(
        end,
        status=JobStatus.HELD,
        due_at=until,
        pause_why=error.message,
        pause_until=until,
    )


def _again(end: CallOutcome, error: RemoteError, tries: int, jitter: float) -> CallOutcome:
    due_at = next_try(tries, now=end.ended_at, jitter=jitter)
    if due_at is None:
        given_up = f"Given up after {tries + 1} tries over three days; nothing was charged."
        why = f"{end.status_reason} {given_up} Retry the job."
        return replace(end, status=JobStatus.FAILED, status_reason=why, due_at=None, counts=True)
    # A Retry-After holds the bucket, and no job of it for longer: who ends the hold has it sent.
    asked = None if error.retry_after is None else end.ended_at + _ms(error.retry_after, 0)
    return replace(end, due_at=due_at, counts=True, hold_bucket_until=asked)


def _ms(seconds: float | None, otherwise: float) -> int:
    return round(min(max(otherwise if seconds is None else seconds, 1.0), LONGEST_WAIT) * 1000)
