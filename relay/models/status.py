"""What pages, API and commands say of a job, a delivery, a connection or the queue, in one shape.

Each kind of thing has one function that makes it, beside its rules; nothing else says such a thing.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Status:
    """
    state    one word of the thing's list of states
    reason   why it is in it and what to do, in sentences; "" when there is nothing to say
    next_at  when something happens next without a person, in ms, an estimate where it depends on others;
             None: nothing does, or it is not known
    charge   what was charged, as a sentence; "" as long as nothing is known, and for what costs nothing
    """

    state: str
    reason: str = ""
    next_at: int | None = None
    charge: str = ""


def clock(at: int, now: int) -> str:
    """When, for a sentence: "14:20 UTC", with its day and year when those are others. Rounded up, so that
    it is never too early."""
    minute, today = (
        datetime.fromtimestamp(-(-at // 60_000) * 60, UTC),
        datetime.fromtimestamp(now / 1000, UTC),
    )
    if minute.date() == today.date():
        return f"{minute:%H:%M} UTC"
    day = f"{minute:%H:%M} UTC on {minute.day} {minute:%B}"
    return day if minute.year == today.year else f"{day} {minute.year}"


def since(at: int, now: int) -> str:
    """Since when, as `clock`, but rounded down: it has begun."""
    return clock(at // 60_000 * 60_000, now)


def soon(at: int, now: int) -> str:
    """ "within a minute", else "at 14:20 UTC": when something will have happened."""
    return "within a minute" if at - now <= 60_000 else f"at {clock(at, now)}"


def sentence(text: str) -> str:
    """With a full stop, unless it ends a sentence already."""
    return text if not text or text.endswith((".", "!", "?")) else f"{text}."


def credits_of(amount: float) -> str:
    """ "1 credit", "2.5 credits"."""
    return f"{amount:g} {'credit' if amount == 1 else 'credits'}"
