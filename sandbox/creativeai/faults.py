"""What can go wrong on the way of a job, by name, so that a test or a demo can ask for it.

Ordered through the sandbox's own address, never through a field of the vendor's API: requests stay as they
are on the real wire.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

LONG_AFTER = 15 * 60.0  # later than the documented longest wait for a video, 10 minutes
SLOW_ANSWER = 60.0  # seconds: longer than a client waits


class Fault(StrEnum):
    DUPLICATE = "duplicate"
    LATE = "late"
    TAMPERED = "tampered"
    WRONG_SECRET = "wrong secret"  # noqa: S105 - a misfortune's name
    UNSIGNED = "unsigned"
    FAILED = "failed"
    FAILED_AGAIN = "failed again"
    FAILED_THEN_COMPLETED = "failed then completed"
    PARTIAL_BATCH = "partial batch"
    CHILDREN_TOO = "children too"
    PRETTY_PRINTED = "pretty printed"
    UNKNOWN_EVENT = "unknown event"
    UPPER_CASE = "upper case"
    WEBHOOK_FIRST = "webhook first"
    DROPPED = "dropped"
    PROVIDER_DOWN = "provider down"
    PROVIDER_CHANGED = "provider changed"
    LOST_ANSWER = "lost answer"
    KEY_REFUSED = "401"
    NO_CREDITS = "402"
    TOO_MANY_REQUESTS = "429"
    UNAVAILABLE = "503"
    SLOW = "slow"


@dataclass(frozen=True, slots=True)
class Course:
    """How one job goes. The defaults are a job that goes well.

    reaches         the statuses it comes to, one after the other, each after a render's time
    rerun           what a failed render comes to when `webhook_auto_retry` has it run again
    partial         of a batch: the first video fails, the last takes twice as long and is told of later
    children        of a batch: each video calls back on its own too
    down            when the provider is found down: at the "submit", in the "render", or never
    calls_back      whether webhooks are sent at all; the status API tells in any case
    copies          how many times each webhook is sent, at the same time
    late_by         seconds between the status and its webhook
    first           whether the job is done, and its webhook sent, before the submit is answered
    signed          whether the webhook carries a signature (when there is a signing secret)
    own_secret      whether that is the right secret
    tampered        whether the body is changed after it was signed
    pretty          whether the body has line breaks and indents
    known_event     whether the event's name is the documented one
    upper_case      whether status words are written in upper case
    answered        whether the request is answered after it was carried out
    answered_after  seconds before it is
    refused         HTTP status of the refusal, before anything is done; 0: it is not refused
    """

    reaches: tuple[str, ...] = ("completed",)
    rerun: str = "completed"
    partial: bool = False
    children: bool = False
    down: str = ""
    calls_back: bool = True
    copies: int = 1
    late_by: float = 0
    first: bool = False
    signed: bool = True
    own_secret: bool = True
    tampered: bool = False
    pretty: bool = False
    known_event: bool = True
    upper_case: bool = False
    answered: bool = True
    answered_after: float = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Meaning:
    sentence: str
    changes: Mapping[str, Any]


MISFORTUNES: dict[Fault, Meaning] = {
    Fault.DUPLICATE: Meaning("The same webhook comes three times at once.", {"copies": 3}),
    Fault.LATE: Meaning("The webhook comes a quarter of an hour late.", {"late_by": LONG_AFTER}),
    Fault.TAMPERED: Meaning("Somebody changed the body on its way.", {"tampered": True}),
    Fault.WRONG_SECRET: Meaning("The webhook is signed with another secret.", {"own_secret": False}),
    Fault.UNSIGNED: Meaning("The webhook has no signature.", {"signed": False}),
    Fault.FAILED: Meaning(
        "The generation fails and is refunded; with webhook_auto_retry it is run again and completes.",
        {"reaches": ("failed",)},
    ),
    Fault.FAILED_AGAIN: Meaning(
        "The generation fails, and fails again if webhook_auto_retry has it run again.",
        {"reaches": ("failed",), "rerun": "failed"},
    ),
    Fault.FAILED_THEN_COMPLETED: Meaning(
        "The generation fails, is run again by the vendor and completes.",
        {"reaches": ("failed", "completed")},
    ),
    Fault.PARTIAL_BATCH: Meaning(
        "A batch calls back with one video failed and one not done, and again when that one is done.",
        {"reaches": ("completed", "completed"), "partial": True},
    ),
    Fault.CHILDREN_TOO: Meaning("Each video of a batch also calls back itself.", {"children": True}),
    Fault.PRETTY_PRINTED: Meaning("The webhook's JSON has line breaks and indents.", {"pretty": True}),
    Fault.UNKNOWN_EVENT: Meaning("The event has a name nobody documented.", {"known_event": False}),
    Fault.UPPER_CASE: Meaning(
        "Status words come in upper case, by webhook and by look-up.", {"upper_case": True}
    ),
    Fault.WEBHOOK_FIRST: Meaning("The webhook comes before the submit is answered.", {"first": True}),
    Fault.DROPPED: Meaning("No webhook is sent; only the status API tells.", {"calls_back": False}),
    Fault.PROVIDER_DOWN: Meaning(
        "The provider is down: another takes over at the submit; with failover: false it is refused.",
        {"down": "submit"},
    ),
    Fault.PROVIDER_CHANGED: Meaning(
        "The provider gives up while it renders: another takes over; with failover: false the job fails.",
        {"down": "render"},
    ),
    Fault.LOST_ANSWER: Meaning(
        "The request is carried out, and the connection breaks before the answer.", {"answered": False}
    ),
    Fault.KEY_REFUSED: Meaning("The request is refused: the API key is not accepted.", {"refused": 401}),
    Fault.NO_CREDITS: Meaning("The request is refused: there are not enough credits.", {"refused": 402}),
    Fault.TOO_MANY_REQUESTS: Meaning("The request is refused: too many requests.", {"refused": 429}),
    Fault.UNAVAILABLE: Meaning("The request is refused: all providers are down.", {"refused": 503}),
    Fault.SLOW: Meaning(
        "The request is carried out and answered a minute later.", {"answered_after": SLOW_ANSWER}
    ),
}
REFUSALS = frozenset(each for each, meaning in MISFORTUNES.items() if "refused" in meaning.changes)
OF_REQUESTS = REFUSALS | {Fault.LOST_ANSWER, Fault.SLOW}  # may happen to a look-up too


def course(misfortunes: Iterable[Fault]) -> Course:
    """The way of a job that all of these happen to."""
    way = Course()
    for misfortune in misfortunes:
        way = replace(way, **MISFORTUNES[misfortune].changes)
    return way
