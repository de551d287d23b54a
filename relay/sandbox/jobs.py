"""A job of the vendor: what was asked for, how far it is, and what every kind of job must bring along."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from relay.sandbox.misfortunes import Course


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of generation.

    name       the vendor's word, as in `object` and in event names: video.generation
    extension  of the file it makes
    webhook    the body of its webhook
    """

    name: str
    extension: str
    webhook: "Callable[[Job], dict[str, Any]]"


@dataclass(slots=True)
class Job:
    """`request` is the checked body of the submit. Times are seconds since 1970."""

    id: str
    kind: Kind
    key: str
    request: Mapping[str, Any]
    credits: int
    output_url: str
    course: Course
    created_at: float
    status: str = "processing"
    completed_at: float | None = None


def as_time(seconds: float | None) -> str | None:
    """The vendor's way to write a time: 2026-03-09T16:10:00Z."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
