"""Failure scenarios of a job, by name, for a test or a demo to inject.

Injected through the sandbox's own address, never through a field of CreativeAI's API: requests stay as they
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
    WRONG_SECRET = "wrong secret"  # noqa: S105 - a fault's name
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
class FaultPlan:
    """What happens to one job. The defaults are a job without faults.

    statuses        the statuses it reaches, in order, each after a render's time
    rerun           status of the second render, when `webhook_auto_retry` repeats a failed one
    partial         of a batch: the first video fails, the last takes twice as long and is reported later
    children        of a batch: each video also sends its own webhook
    down            when the provider turns out to be down: at the "submit", in the "render", or never
    calls_back      whether webhooks are sent at all; the status API works in any case
    copies          how many times each webhook is sent, at the same time
    webhook_delay   seconds between the status and its webhook
    webhook_first   whether the job is done, and its webhook sent, before the submit's response
    signed          whether the webhook carries a signature (when there is a signing secret)
    own_secret      whether that is the right secret
    tampered        whether the body is changed after it was signed
    pretty          whether the body has line breaks and indents
    known_event     whether the event's name is the documented one
    upper_case      whether status words are written in upper case
    responds        whether a response is sent after the request was carried out
    response_delay  seconds before the response
    rejected_with   HTTP status of a rejection, before anything is done; 0: not rejected
    """

    statuses: tuple[str, ...] = ("completed",)
    rerun: str = "completed"
    partial: bool = False
    children: bool = False
    down: str = ""
    calls_back: bool = True
    copies: int = 1
    webhook_delay: float = 0
    webhook_first: bool = False
    signed: bool = True
    own_secret: bool = True
    tampered: bool = False
    pretty: bool = False
    known_event: bool = True
    upper_case: bool = False
    responds: bool = True
    response_delay: float = 0
    rejected_with: int = 0


@dataclass(frozen=True, slots=True)
class FaultDescription:
    summary: str
    changes: Mapping[str, Any]


FAULTS: dict[Fault, FaultDescription] = {
    Fault.DUPLICATE: FaultDescription("The same webhook is sent three times at once.", {"copies": 3}),
    Fault.LATE: FaultDescription("The webhook is sent 15 minutes late.", {"webhook_delay": LONG_AFTER}),
    Fault.TAMPERED: FaultDescription("The body is changed after it was signed.", {"tampered": True}),
    Fault.WRONG_SECRET: FaultDescription("The webhook is signed with another secret.", {"own_secret": False}),
    Fault.UNSIGNED: FaultDescription("The webhook has no signature.", {"signed": False}),
    Fault.FAILED: FaultDescription(
        "The generation fails and is refunded; with webhook_auto_retry it is repeated and completes.",
        {"statuses": ("failed",)},
    ),
    Fault.FAILED_AGAIN: FaultDescription(
        "The generation fails, and fails again if webhook_auto_retry repeats it.",
        {"statuses": ("failed",), "rerun": "failed"},
    ),
    Fault.FAILED_THEN_COMPLETED: FaultDescription(
        "The generation fails, is repeated by CreativeAI and completes.",
        {"statuses": ("failed", "completed")},
    ),
    Fault.PARTIAL_BATCH: FaultDescription(
        "A batch sends its webhook with one video failed and one unfinished, and again when that one ends.",
        {"statuses": ("completed", "completed"), "partial": True},
    ),
    Fault.CHILDREN_TOO: FaultDescription(
        "Each video of a batch also sends its own webhook.", {"children": True}
    ),
    Fault.PRETTY_PRINTED: FaultDescription(
        "The webhook's JSON has line breaks and indents.", {"pretty": True}
    ),
    Fault.UNKNOWN_EVENT: FaultDescription("The event has an undocumented name.", {"known_event": False}),
    Fault.UPPER_CASE: FaultDescription(
        "Status words are in upper case, in webhooks and in status responses.", {"upper_case": True}
    ),
    Fault.WEBHOOK_FIRST: FaultDescription(
        "The webhook is sent before the submit's response.", {"webhook_first": True}
    ),
    Fault.DROPPED: FaultDescription(
        "No webhook is sent; only the status API reports the result.", {"calls_back": False}
    ),
    Fault.PROVIDER_DOWN: FaultDescription(
        "The provider is down: another takes over at the submit; with failover: false it is rejected.",
        {"down": "submit"},
    ),
    Fault.PROVIDER_CHANGED: FaultDescription(
        "The provider fails during the render: another takes over; with failover: false the job fails.",
        {"down": "render"},
    ),
    Fault.LOST_ANSWER: FaultDescription(
        "The request is carried out, and the connection breaks before the response.", {"responds": False}
    ),
    Fault.KEY_REFUSED: FaultDescription(
        "The request is rejected: the API key is not accepted.", {"rejected_with": 401}
    ),
    Fault.NO_CREDITS: FaultDescription(
        "The request is rejected: there are not enough credits.", {"rejected_with": 402}
    ),
    Fault.TOO_MANY_REQUESTS: FaultDescription(
        "The request is rejected: too many requests.", {"rejected_with": 429}
    ),
    Fault.UNAVAILABLE: FaultDescription(
        "The request is rejected: all providers are down.", {"rejected_with": 503}
    ),
    Fault.SLOW: FaultDescription(
        "The request is carried out, and the response is sent a minute later.",
        {"response_delay": SLOW_ANSWER},
    ),
}
REJECTIONS = frozenset(each for each, described in FAULTS.items() if "rejected_with" in described.changes)
REQUEST_FAULTS = REJECTIONS | {Fault.LOST_ANSWER, Fault.SLOW}  # possible for a status request too


def plan_of(faults: Iterable[Fault]) -> FaultPlan:
    """The plan of a job that has all of these."""
    plan = FaultPlan()
    for fault in faults:
        plan = replace(plan, **FAULTS[fault].changes)
    return plan
