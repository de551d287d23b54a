"""What the headers of an answer say about the vendor's rate limit.

https://creativeai.run/api-docs, Rate Limits: X-RateLimit-Limit, -Remaining and -Reset on every answer.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

_EPOCH = (
    1_000_000_000  # a reset beyond this is a time, below it a number of seconds; the unit is undocumented
)
_LONGEST_WAIT = 86400.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Requests a minute, how many are left, and when the count begins anew; None: not said."""

    limit: int | None = None
    remaining: int | None = None
    reset: float | None = None

    def wait(self, now: int) -> float | None:
        """Seconds until requests are left again; 0 while some are, None when that is not known."""
        if self.remaining is None:
            return None
        if self.remaining > 0:
            return 0.0
        return self._seconds(now)

    def resets_at(self, now: int) -> int | None:
        """When the count begins anew, in ms; None: not said."""
        seconds = self._seconds(now)
        return None if seconds is None else now + round(seconds * 1000)

    def _seconds(self, now: int) -> float | None:
        if self.reset is None:
            return None
        seconds = self.reset - now / 1000 if self.reset > _EPOCH else self.reset
        return min(max(0.0, seconds), _LONGEST_WAIT)


def read(headers: Mapping[str, str]) -> Limits:
    """`headers` are case-insensitive. What is no number counts as not said."""
    limit, remaining, reset = (_number(headers.get(f"X-RateLimit-{name}")) for name in _NAMES)
    return Limits(_whole(limit), _whole(remaining), reset)


_NAMES = ("Limit", "Remaining", "Reset")


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)
