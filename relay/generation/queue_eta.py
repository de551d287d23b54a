"""When a queued job will be sent, estimated from its position and CreativeAI's rate limits."""

from collections.abc import Sequence

from relay.models.job import RateBucket
from relay.models.queue import QueueLimits, QueuePosition, Used
from relay.models.status import DAY_MS

_MINUTE = 60_000


def about(
    place: QueuePosition, rate_bucket: RateBucket, limits: QueueLimits, seconds: tuple[int, int]
) -> int:
    """Ms from now, a guess: jobs before it are sent at the limits' pace, and videos wait for a free slot.

    `seconds` is how long such a job takes at CreativeAI, at least and at most.
    """
    if rate_bucket is not RateBucket.VIDEO:
        return place.ahead * _MINUTE // limits.requests_per_minute
    pace = place.ahead * _MINUTE // min(limits.videos_per_minute, limits.requests_per_minute)
    free = max(0, limits.videos_at_once - place.running)
    if place.ahead < free:
        return pace
    rounds = (place.ahead - free) // limits.videos_at_once + 1
    return max(pace, rounds * sum(seconds) * 1000 // 2)


def free_at(used: Sequence[Used], needed: float, limit: float, now: int) -> int | None:
    """When so much of a day's limit is free, by what was used in the last day; None: never.

    More than a whole day allows becomes free in rounds: what is used first counts for a day from then.
    """
    if needed > limit > 0:
        before = free_at(used, needed - limit, limit, now)
        return None if before is None else max(before, now) + DAY_MS
    missing = needed - (limit - sum(each.amount for each in used))
    if missing <= 0:
        return now
    for each in sorted(used, key=lambda use: use.until):
        missing -= each.amount
        if missing <= 0:
            return max(each.until, now)
    return None
