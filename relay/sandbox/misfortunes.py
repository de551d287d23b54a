"""What can go wrong on the way of a job, by name, so that a test or a demo can ask for it.

Ordered through the sandbox's own address, never through a field of the vendor's API: requests stay as they
are on the real wire.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

LONG_AFTER = 15 * 60.0  # later than the documented longest wait for a video, 10 minutes


class Misfortune(StrEnum):
    DUPLICATE = "duplicate"
    LATE = "late"
    TAMPERED = "tampered"
    UNSIGNED = "unsigned"
    FAILED = "failed"
    FAILED_THEN_COMPLETED = "failed then completed"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Course:
    """How one job goes. The defaults are a job that goes well.

    reaches     the statuses it comes to, one after the other, each after a render's time
    calls_back  whether webhooks are sent at all; the status API tells in any case
    copies      how many times each webhook is sent, at the same time
    late_by     seconds between the status and its webhook
    signed      whether the webhook carries a signature (when there is a signing secret)
    tampered    whether the body is changed after it was signed
    """

    reaches: tuple[str, ...] = ("completed",)
    calls_back: bool = True
    copies: int = 1
    late_by: float = 0
    signed: bool = True
    tampered: bool = False


@dataclass(frozen=True, slots=True)
class Meaning:
    sentence: str
    changes: dict[str, Any]


MISFORTUNES: dict[Misfortune, Meaning] = {
    Misfortune.DUPLICATE: Meaning("The same webhook comes three times at once.", {"copies": 3}),
    Misfortune.LATE: Meaning("The webhook comes a quarter of an hour late.", {"late_by": LONG_AFTER}),
    Misfortune.TAMPERED: Meaning("Somebody changed the body on its way.", {"tampered": True}),
    Misfortune.UNSIGNED: Meaning("The webhook has no signature.", {"signed": False}),
    Misfortune.FAILED: Meaning("The generation fails; its credits are refunded.", {"reaches": ("failed",)}),
    Misfortune.FAILED_THEN_COMPLETED: Meaning(
        "The generation fails, is run again by the vendor and completes.",
        {"reaches": ("failed", "completed")},
    ),
    Misfortune.DROPPED: Meaning("No webhook is sent; only the status API tells.", {"calls_back": False}),
}


def course(misfortunes: Iterable[Misfortune]) -> Course:
    """The way of a job that all of these happen to."""
    way = Course()
    for misfortune in misfortunes:
        way = replace(way, **MISFORTUNES[misfortune].changes)
    return way
