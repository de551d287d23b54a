"""What the queue and its jobs wait for, until when, and what was charged: said here and nowhere else."""

from dataclasses import replace

from relay.generation.day_limits import budget_of_job, budget_of_queue, day_of_job, day_of_queue
from relay.generation.kinds import find_kind
from relay.generation.queue_eta import about
from relay.models.job import Job, JobStatus, RateBucket, Source
from relay.models.queue import QueueLimits, QueuePosition, QueueState
from relay.models.status import Status, clock, credits_of, sentence

_UNKNOWN_SECONDS = (30, 300)  # how long a job takes whose kind this version does not know
_WORK = {
    RateBucket.VIDEO: "videos",
    RateBucket.OTHER: "images, voices and other jobs",
    RateBucket.POLL: "status polls",
}
_NOBODY_ASKS = (
    "The relay waits for CreativeAI's webhook. It has no API key, so it cannot ask; set CREATIVEAI_API_KEY, "
    "and it asks."
)
_NO_KEY = "No CreativeAI API key is set, so the job cannot be sent. Set CREATIVEAI_API_KEY."
_EVER = 2**62  # later than every moment: until a person acts
_FIRST = QueuePosition(0, 0)


def queue_status(queue: QueueState, limits: QueueLimits, now: int) -> Status:
    """Its state is paused, limited (something cannot be sent now) or ready; `reason` names every limit."""
    if pause := _pause(queue, now):
        return replace(pause, state="paused")
    holds = (_hold(queue, bucket, now) for bucket in RateBucket)
    days = (day_of_queue(queue, limits, now), budget_of_queue(queue, limits, now))
    found = [each for each in (*holds, _requests(queue, now), *days) if each is not None]
    if not found:
        return Status("ready")
    ends = [each.next_at for each in found if each.next_at is not None]
    return Status("limited", " ".join(each.reason for each in found), min(ends, default=None))


def job_status(
    job: Job, queue: QueueState | None, limits: QueueLimits, now: int, place: QueuePosition | None = None
) -> Status:
    """`queue` None: there is no API key. `place` None: not queued, or not asked for, as in a list."""
    return replace(_status(job, queue, limits, now, place), charge=charge(job))


def starts_at(job: Job, queue: QueueState, limits: QueueLimits, now: int, place: QueuePosition) -> int | None:
    """When a queued job is sent, estimated from its place; None: not before a person acts."""
    stops = [each.next_at for each in _stops(job, queue, now)]
    days = [each.next_at for each in _days(job, queue, limits, now, place)]
    if None in stops or None in days:
        return None
    seconds = kind.seconds if (kind := find_kind(job.kind)) else _UNKNOWN_SECONDS
    begin = max(filter(None, [now, job.due_at, *stops]))
    return max(filter(None, [begin + about(place, job.rate_bucket, limits, seconds), *days]))


def charge(job: Job) -> str:
    """What CreativeAI charged, or that it did not report it; "" as long as nothing is known."""
    if job.source is Source.SAMPLE:
        return "Nothing was charged: this is a sample."
    if job.refunded:
        return f"CreativeAI refunded {credits_of(job.refunded)}."
    if job.credits is not None:
        return (
            "Nothing was charged." if job.credits == 0 else f"CreativeAI charged {credits_of(job.credits)}."
        )
    if job.submission == 0 and job.source is not Source.ELSEWHERE:
        return "Nothing was charged: the job was not sent."
    if job.status.is_final:
        return "CreativeAI did not report what it charged."
    return ""


def _status(
    job: Job, queue: QueueState | None, limits: QueueLimits, now: int, place: QueuePosition | None
) -> Status:
    known = Status(job.status, job.status_reason)
    if job.due_at is not None and job.status in (JobStatus.QUEUED, JobStatus.HELD):
        if queue is None:
            return replace(known, reason=_NO_KEY)
        if job.status is JobStatus.HELD:
            return _held(job, queue, limits, now)
        return _queued(job, queue, limits, now, place)
    if job.status is JobStatus.PROCESSING and queue is None:
        return replace(known, reason=f"{job.status_reason} {_NOBODY_ASKS}".strip())
    if job.status in (JobStatus.PROCESSING, JobStatus.HELD) and queue and job.poll_at is not None:
        return _polled(job, queue, job.poll_at, now)
    return known


def _polled(job: Job, queue: QueueState, poll_at: int, now: int) -> Status:
    stops = (_hold(queue, RateBucket.POLL, now), _requests(queue, now, "polled"))
    later = [each for each in stops if each is not None and (each.next_at or 0) > poll_at]
    if later:
        last = max(later, key=lambda each: each.next_at or 0)
        return Status(job.status, f"{job.status_reason} {last.reason}".strip(), last.next_at)
    reason = _with_next_poll(job, now) if job.status is JobStatus.PROCESSING else job.status_reason
    return Status(job.status, reason, poll_at)


def _with_next_poll(job: Job, now: int) -> str:
    """Why the last poll said nothing, and for how long the relay goes on; "" when it said something."""
    if not job.status_reason or job.poll_at is None:
        return job.status_reason
    kind = find_kind(job.kind)
    again = f"CreativeAI is polled again at {clock(job.poll_at, now)}"
    if kind is None or kind.poll_schedule is None:
        return f"{job.status_reason} {again}."
    end = (job.submitted_at or job.created_at) + round(kind.poll_schedule.end * 1000)
    return f"{job.status_reason} {again}, and until {clock(end, now)} at most."


def _held(job: Job, queue: QueueState, limits: QueueLimits, now: int) -> Status:
    """A job that is held and sent automatically: after a pause, or once a limit is raised."""
    if limits.never_allow(job.videos, job.estimate):
        return Status(job.status, job.status_reason)
    at = starts_at(job, queue, limits, now, _FIRST)
    stops = [each.next_at for each in _stops(job, queue, now)]
    days = _days(job, queue, limits, now, _FIRST)
    last = max(days, key=_end_of, default=None)
    if last and _end_of(last) > max([job.due_at or 0, *(each or _EVER for each in stops)]):
        goes_on = last.reason
    elif at is None:
        goes_on = "The job is sent once you resume the queue."
    elif at > now:
        goes_on = f"The job is sent at {clock(at, now)}, or as soon as you resume the queue."
    else:
        goes_on = ""
    return Status(job.status, f"{job.status_reason} {goes_on}".strip(), at)


def _queued(
    job: Job, queue: QueueState, limits: QueueLimits, now: int, place: QueuePosition | None
) -> Status:
    blocks = [*_stops(job, queue, now), *_days(job, queue, limits, now, place or _FIRST)]
    last = max(blocks, key=_end_of, default=None)
    if job.due_at is not None and job.due_at > max(now, _end_of(last) if last else 0):
        reason = f"{job.status_reason} The next attempt is at {clock(job.due_at, now)}.".strip()
        return Status(job.status, reason, job.due_at)
    at = starts_at(job, queue, limits, now, place) if place else (last.next_at if last else None)
    return Status(job.status, last.reason if last else job.status_reason or _slots(job, queue, limits), at)


def _slots(job: Job, queue: QueueState, limits: QueueLimits) -> str:
    running, limit = queue.running_videos, limits.videos_at_once
    if job.rate_bucket is not RateBucket.VIDEO or running < limit:
        return ""
    return f"{running} of {limit} videos are rendering. The next one is sent when one of them is done."


def _end_of(block: Status) -> int:
    return _EVER if block.next_at is None else block.next_at


def _stops(job: Job, queue: QueueState, now: int) -> list[Status]:
    """What stops the queue, or the job's part of it."""
    stops = (_pause(queue, now), _hold(queue, job.rate_bucket, now), _requests(queue, now))
    return [each for each in stops if each is not None]


def _days(job: Job, queue: QueueState, limits: QueueLimits, now: int, place: QueuePosition) -> list[Status]:
    """What a day allows, where the job does not fit into what is left."""
    days = (
        day_of_job(queue, limits, place.videos + job.videos, job.videos, now) if job.videos else None,
        budget_of_job(queue, limits, place.credits + job.estimate, job.estimate, now),
    )
    return [each for each in days if each is not None]


def _pause(queue: QueueState, now: int) -> Status | None:
    if queue.paused_since is None:
        return None
    if queue.paused_until is None:
        end = "Nothing is sent until you resume the queue."
    else:
        end = f"Nothing is sent until {clock(queue.paused_until, now)}, or until you resume the queue."
    why = f"Queue paused: {sentence(queue.paused_why)}" if queue.paused_why else "Queue paused."
    return Status("", f"{why} {end}", queue.paused_until)


def _hold(queue: QueueState, bucket: RateBucket, now: int) -> Status | None:
    hold = next((each for each in queue.holds if each.rate_bucket is bucket), None)
    if hold is None:
        return None
    why = sentence(hold.reason or "CreativeAI accepts no more requests at the moment")
    act = "polled" if bucket is RateBucket.POLL else "sent"
    what = "Nothing is" if bucket is RateBucket.POLL else f"No {_WORK[bucket]} are"
    end = f"{what} {act} until {clock(hold.until, now)}, or until you resume the queue."
    return Status("", f"{why} {end}", hold.until)


def _requests(queue: QueueState, now: int, act: str = "sent") -> Status | None:
    """What the vendor's headers report; a minute's limit of our own is only a pace."""
    if queue.no_requests_until is None:
        return None
    end = f"Nothing is {act} until {clock(queue.no_requests_until, now)}, or until you resume the queue."
    why = "CreativeAI reports that the API key has no requests left."
    return Status("", f"{why} {end}", queue.no_requests_until)
