"""The vendor's limits per API key: windows of requests, creates and polls, and jobs that are active.

https://creativeai.run/api-docs, Rate Limits. Not documented there, and chosen here: the windows slide, a
rejected request does not count, X-RateLimit-Reset is in seconds since 1970, and the headers always show the
key's requests per minute. A client really waits for Retry-After, so no window follows the sandbox's speed; a
key whose minute is to be shorter says so in its limits.
"""

import math
from collections import deque
from dataclasses import dataclass

from sandbox.errors import too_many

MINUTE = 60
DAY = 24 * 60 * MINUTE


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one API key. The defaults are those documented for the Pro tier.

    minute  seconds of the windows that count a minute
    """

    requests_per_minute: int = 100
    video_creates_per_minute: int = 5
    video_polls_per_minute: int = 120
    active_videos: int = 3
    videos_per_day: int = 100
    minute: float = MINUTE


TIERS = {"free": Limits(requests_per_minute=10), "pro": Limits(), "enterprise": Limits(1000)}
UNLIMITED = Limits(1_000_000, 1_000_000, 1_000_000, 1_000_000, 1_000_000)


class Window:
    """At most `limit` things in any `seconds` seconds."""

    def __init__(self, limit: int, seconds: float, what: str) -> None:
        self.limit = limit
        self._seconds = seconds
        self._what = what
        self._taken: deque[float] = deque()

    def check(self, now: float, places: int = 1) -> None:
        """Raise the documented 429 when there is no room for so many. Takes nothing."""
        free = self.remaining(now)
        if free < places:
            last = self._taken[min(places - free, len(self._taken)) - 1] if self._taken else now
            raise too_many(f"{self.limit} {self._what}", max(1, math.ceil(last + self._seconds - now)))

    def take(self, now: float, places: int = 1) -> None:
        self.check(now, places)
        self._taken.extend([now] * places)

    def remaining(self, now: float) -> int:
        while self._taken and self._taken[0] <= now - self._seconds:
            self._taken.popleft()
        return max(0, self.limit - len(self._taken))

    def resets_at(self, now: float) -> float:
        """When the next place becomes free."""
        return (self._taken[0] if self._taken else now) + self._seconds


class Meter:
    """All windows of one key. Not thread-safe: its owner holds a lock."""

    def __init__(self, limits: Limits) -> None:
        self.requests = Window(limits.requests_per_minute, limits.minute, "requests a minute")
        self.video_creates = Window(
            limits.video_creates_per_minute, limits.minute, "video creations a minute"
        )
        self.video_polls = Window(limits.video_polls_per_minute, limits.minute, "video polls a minute")
        self._videos = Window(limits.videos_per_day, DAY, "video generations in 24 hours")
        self._active_limit = limits.active_videos
        self._active: dict[str, float] = {}

    def check_active(self, now: float) -> None:
        if len(self._active) >= self._active_limit:
            wait = max(1, math.ceil(min(self._active.values(), default=now) - now))
            raise too_many(f"{self._active_limit} active video jobs at a time", wait)

    def check_day(self, now: float, videos: int) -> None:
        self._videos.check(now, videos)

    def take_day(self, now: float, videos: int) -> None:
        self._videos.take(now, videos)

    def start_video(self, job_id: str, ends_at: float) -> None:
        self._active[job_id] = ends_at

    def end_video(self, job_id: str) -> None:
        self._active.pop(job_id, None)

    def headers(self, now: float) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(self.requests.limit),
            "X-RateLimit-Remaining": str(self.requests.remaining(now)),
            "X-RateLimit-Reset": str(math.ceil(self.requests.resets_at(now))),
        }
