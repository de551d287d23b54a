"""What a day allows of videos and of your own credits, where that keeps a job waiting, and until when.

Parts of what `relay.generation.status` says. None: nothing keeps it waiting.
"""

from relay.generation.queue_eta import free_at
from relay.models.queue import QueueLimits, QueueState
from relay.models.status import Status, clock

_LARGEST = "the largest queued job"


def day_of_queue(queue: QueueState, limits: QueueLimits, now: int) -> Status | None:
    """A day that is full, or in which too little is left for the largest of the queued jobs."""
    most = queue.most_videos
    return day_of_job(queue, limits, 1, 1, now) or day_of_job(queue, limits, most, most, now, which=_LARGEST)


def budget_of_queue(queue: QueueState, limits: QueueLimits, now: int) -> Status | None:
    most = queue.most_credits
    return budget_of_job(queue, limits, 0, 0, now) or budget_of_job(
        queue, limits, most, most, now, which=_LARGEST
    )


def day_of_job(
    queue: QueueState, limits: QueueLimits, needed: int, own: int, now: int, *, which: str = "this job"
) -> Status | None:
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
    enough = f"{which} makes {own}, and places for it are free at {clock(first, now)}"
    return Status("", f"{said}; {enough}, or later if smaller jobs are sent before it.", at)


def _place_free(at: int, now: int) -> str:
    return f"Its place is free at about {clock(at, now)}."


def budget_of_job(
    queue: QueueState, limits: QueueLimits, needed: float, own: float, now: int, *, which: str = "this job"
) -> Status | None:
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
    return Status("", f"{said}; the {own:g} that {which} takes are free at {clock(first, now)}.", at)
