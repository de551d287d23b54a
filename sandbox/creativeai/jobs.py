"""A job: its request, its status, and what every kind of job must define."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sandbox.creativeai.faults import FaultPlan

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of generation.

    name       CreativeAI's name, as in `object` and in event names: video.generation
    extension  of its output file
    seconds    its render's time, when a video takes the documented 150
    waits      of those, the seconds that it is pending before it is processing
    webhook    the body of its webhook
    status     the response of the status API, and that to the submit
    """

    name: str
    extension: str
    seconds: float
    waits: float
    webhook: "Callable[[Job], Body]"
    status: "Callable[[Job], Body]"


@dataclass(frozen=True, slots=True)
class JobRequest:
    """A submit: its body, checked, and the price.

    suffix             of the name of its file, between the id and the extension
    credits_elsewhere  the price where another provider takes over; None: the same
    """

    kind: Kind
    id_prefix: str
    request: Mapping[str, Any]
    credits: int
    credits_elsewhere: int | None = None
    suffix: str = ""


@dataclass(slots=True)
class Job:
    """`request` is the checked body of the submit. Times are seconds since 1970.

    credits  its price; charged and refunded are the actual amounts
    renders  how many render times until its first status
    batch    id of the batch that it is part of
    parts    of a batch: its videos
    """

    id: str
    kind: Kind
    key: str
    request: Mapping[str, Any]
    credits: int
    credits_elsewhere: int
    output_url: str
    plan: FaultPlan
    created_at: float
    begins_at: float
    status: str = "processing"
    completed_at: float | None = None
    failed_over: bool = False
    charged: int = 0
    refunded: int = 0
    renders: int = 1
    batch: str = ""
    parts: "tuple[Job, ...]" = ()

    @property
    def done(self) -> bool:
        return self.status in ("completed", "failed")

    def at(self, now: float) -> "Job":
        """A copy as it is at this time."""
        pending = self.status == "processing" and now < self.begins_at
        parts = tuple(part.at(now) for part in self.parts)
        return replace(self, status="pending" if pending else self.status, parts=parts)


def as_time(seconds: float | None) -> str | None:
    """CreativeAI's format of a time: 2026-03-09T16:10:00Z."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def written(body: Body, plan: FaultPlan) -> Body:
    """The body with its status words in the case that this job's plan wants."""
    if not plan.upper_case:
        return body
    return {
        name: [written(each, plan) for each in value]
        if name == "jobs"
        else value.upper()
        if name == "status"
        else value
        for name, value in body.items()
    }
