"""What the queue and its jobs wait for, until when, and what was charged: said here and nowhere else."""

from dataclasses import replace

from relay.generation.kinds import kinds
from relay.generation.queue_eta import about, free_at
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
_EVER = 2**62  # later than every moment: until a person acts
_FIRST = QueuePosition(0, 0)


def queue_status(queue: QueueState, limits: QueueLimits, now: int) -> Status:
    """Its state is paused, limited (something cannot be sent now) or ready; `reason` names every limit."""
    if pause := _pause(queue, now):
        return replace(pause, state="paused")
    holds = (_hold(queue, bucket, now) for bucket in RateBucket)
    days = (_day(queue, limits, 1, 1, now), _budget(queue, limits, 0, 0, now))
    found = [each for each in (*holds, _requests(queue, now), *days) if each is not None]
    if not found:
        return Status("ready")
    ends = [each.next_at for each in found if each.next_at is not None]
    return Status("limited", " ".join(each.reason for each in found), min(ends, default=None))


def job_status(
    job: Job, queue: QueueState | None, limits: QueueLimits, now: int, place: QueuePosition | None = None
) -> Status:
    """`queue` None: there is no API key. `place` None: not queued, or not asked for, as in a list."""
    known = Status(job.status, job.status_reason, charge=charge(job))
    if job.status is JobStatus.QUEUED and job.due_at is not None:
        return replace(_queued(job, queue, limits, now, place), charge=known.charge)
    if job.status is JobStatus.HELD and job.due_at is not None and job.due_at > now:
        goes_on = f"The job is sent at {clock(job.due_at, now)}, or as soon as you resume the queue."
        return replace(known, reason=f"{job.status_reason} {goes_on}", next_at=job.due_at)
    if job.status is JobStatus.PROCESSING and queue is None:
        return replace(known, reason=f"{job.status_reason} {_NOBODY_ASKS}".strip())
    if job.status is JobStatus.PROCESSING and job.poll_at is not None:
        hold = _hold(queue, RateBucket.POLL, now) if queue else None
        if hold and hold.next_at and hold.next_at > job.poll_at:
            return replace(known, reason=f"{job.status_reason} {hold.reason}".strip(), next_at=hold.next_at)
        return replace(known, reason=_with_next_poll(job, now), next_at=job.poll_at)
    return known


def starts_at(job: Job, queue: QueueState, limits: QueueLimits, now: int, place: QueuePosition) -> int | None:
    """When a queued job is sent, estimated from its place; None: not before a person acts."""
    stops = [each.next_at for each in _stops(job, queue, now)]
    days = [each.next_at for each in _days(job, queue, limits, now, place)]
    if None in stops or None in days:
        return None
    seconds = next((each.seconds for each in kinds() if each.name == job.kind), _UNKNOWN_SECONDS)
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


def _with_next_poll(job: Job, now: int) -> str:
    """Why the last poll said nothing, and for how long the relay goes on; "" when it said something."""
    if not job.status_reason or job.poll_at is None:
        return job.status_reason
    schedule = next((each.poll_schedule for each in kinds() if each.name == job.kind), None)
    again = f"CreativeAI is polled again at {clock(job.poll_at, now)}"
    if schedule is None:
        return f"{job.status_reason} {again}."
    end = (job.submitted_at or job.created_at) + round(schedule.end * 1000)
    return f"{job.status_reason} {again}, and until {clock(end, now)} at most."


def _queued(
    job: Job, queue: QueueState | None, limits: QueueLimits, now: int, place: QueuePosition | None
) -> Status:
    if queue is None:
        why = "No CreativeAI API key is set, so the job cannot be sent. Set CREATIVEAI_API_KEY."
        return Status(job.status, why)
    blocks = [*_stops(job, queue, now), *_days(job, queue, limits, now, place or _FIRST)]
    last = max(blocks, key=lambda each: each.next_at or _EVER, default=None)
    if job.due_at is not None and job.due_at > max(now, (last.next_at or _EVER) if last else 0):
        reason = f"{job.status_reason} The next attempt is at {clock(job.due_at, now)}.".strip()
        return Status(job.status, reason, job.due_at)
    at = starts_at(job, queue, limits, now, place) if place else (last.next_at if last else None)
    return Status(job.status, last.reason if last else job.status_reason, at)


def _stops(job: Job, queue: QueueState, now: int) -> list[Status]:
    """What stops the queue, or the job's part of it."""
    stops = (_pause(queue, now), _hold(queue, job.rate_bucket, now), _requests(queue, now))
    return [each for each in stops if each is not None]


def _days(job: Job, queue: QueueState, limits: QueueLimits, now: int, place: QueuePosition) -> list[Status]:
    """What a day allows, where the job does not fit into what is left."""
    days = (
        _day(queue, limits, place.videos + job.videos, job.videos, now) if job.videos else None,
        _budget(queue, limits, place.credits + job.estimate, job.estimate, now),
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


def _requests(queue: QueueState, now: int) -> Status | None:
    """What the vendor's headers report; a minute's limit of our own is only a pace."""
    if queue.no_requests_until is None:
        return None
    end = f"Nothing is sent until {clock(queue.no_requests_until, now)}, or until you resume the queue."
    why = "CreativeAI reports that the API key has no requests left."
    return Status("", f"{why} {end}", queue.no_requests_until)


def _day(queue: QueueState, limits: QueueLimits, needed: int, own: int, now: int) -> Status | None:
    """`needed`: by the job and those before it; `own`: by the job alone."""
    limit, used = limits.videos_per_day, queue.videos_today
    at = free_at(queue.videos, needed, limit, now)
    if at is not None and at <= now:
        return None
    said = f"{used} of {limit} videos today"
    first = free_at(queue.videos, own, limit, now)
    if first is None or at is None:
        return Status("", f"{said}. Raise the limit (CREATIVEAI_VIDEOS_PER_DAY) or cancel the job.")
    if first <= now:
        return Status("", f"{said}, and the jobs before this one take the rest. {_place_free(at, now)}", at)
    if own == 1:
        return Status("", f"{said}; the next place is free at {clock(first, now)}.", at)
    enough = f"this job makes {own}, and places for it are free at {clock(first, now)}"
    return Status("", f"{said}; {enough}, or later if smaller jobs are sent before it.", at)


def _place_free(at: int, now: int) -> str:
    return f"Its place is free at about {clock(at, now)}."


def _budget(queue: QueueState, limits: QueueLimits, needed: float, own: float, now: int) -> Status | None:
    """`own` 0: whether anything is left at all."""
    limit = limits.credits_per_day
    if limit is None:
        return None
    at = free_at(queue.credits, max(needed, 1e-9), limit, now)
    if at is not None and at <= now:
        return None
    said = f"{queue.used:g} of {limit:g} credits used today, the limit that you set"
    first = free_at(queue.credits, max(own, 1e-9), limit, now)
    if first is None or at is None:
        return Status("", f"{said}. Raise the limit (CREATIVEAI_CREDITS_PER_DAY) or cancel the job.")
    if first <= now:
        return Status("", f"{said}, and the jobs before this one take the rest. {_place_free(at, now)}", at)
    if not own:
        return Status("", f"{said}; the next credits are free at {clock(first, now)}.", at)
    return Status("", f"{said}; the {own:g} that this job takes are free at {clock(first, now)}.", at)
