"""Times for people: relative in words, and absolute in UTC."""

from datetime import UTC, datetime

_STEPS = ((60, "second"), (60, "minute"), (24, "hour"), (365, "day"))


def ago(at: int, now: int) -> str:
    """ "3 minutes ago", "in 2 hours", "just now". Both in ms."""
    amount = abs(now - at) // 1000
    if amount < 5:
        return "just now"
    words = span(amount)
    return f"{words} ago" if at <= now else f"in {words}"


def span(seconds: int) -> str:
    """In the largest unit that fits: "45 seconds", "2 hours"."""
    amount = seconds
    for size, unit in _STEPS:
        if amount < size:
            return f"{amount} {unit}{'' if amount == 1 else 's'}"
        amount //= size
    return f"{amount} year{'' if amount == 1 else 's'}"


def utc(at: int | None) -> str:
    if at is None:
        return ""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def iso(at: int) -> str:
    """As an attribute of `<time>` has it."""
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
