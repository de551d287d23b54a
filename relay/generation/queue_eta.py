"""When a queued job will be sent, estimated from its position and CreativeAI's rate limits."""

from relay.models.job import RateBucket
from relay.models.queue import QueueLimits, QueuePosition

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
