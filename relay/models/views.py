"""What is kept, as people read it: a line per event, delivery, copy or connection, and the relay's health."""

from collections.abc import Mapping
from dataclasses import dataclass

from relay.models.archive import Copy
from relay.models.core import Result, ResultStatus


@dataclass(frozen=True, slots=True)
class EventSummary:
    """What came in. `repeats` counts arrivals after the first, `changed` those with another body."""

    id: str
    delivery_id: str
    status: str
    name: str
    label: str
    secret: str
    received_at: int
    repeats: int
    changed: int
    deliveries: str


@dataclass(frozen=True, slots=True)
class EventRecord:
    """An event as it arrived. `body` None: it is so old that it was pruned."""

    summary: EventSummary
    headers: Mapping[str, str]
    body: bytes | None


@dataclass(frozen=True, slots=True)
class GenerationSummary:
    """Something the vendor makes or made. `job_id` "" : it was not started through the relay."""

    id: str
    kind: str
    status: ResultStatus
    context: Mapping[str, str]
    job_id: str
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class ResultRecord:
    """A result, when it came, by which event ("" : by looking), and what the archive keeps of its outputs."""

    result: Result
    received_at: int
    event_id: str
    copies: tuple[Copy, ...]


@dataclass(frozen=True, slots=True)
class DeliverySummary:
    """A line of what goes out. `note` is the last thing that was said about it, `due_at` its next try."""

    id: str
    generation_id: str
    result_status: str
    kind: str
    connection: str
    status: str
    attempt_count: int
    due_at: int | None
    settled_at: int | None
    link: str
    note: str


@dataclass(frozen=True, slots=True)
class AttemptSummary:
    number: int
    outcome: str
    started_at: int
    milliseconds: int
    http_status: int | None
    message: str
    answer: str


@dataclass(frozen=True, slots=True)
class CopySummary:
    """A line of the archive: one output, what became of it and why."""

    generation_id: str
    number: int
    status: str
    tries: int
    due_at: int | None
    note: str


@dataclass(frozen=True, slots=True)
class ArchiveSummary:
    """How many outputs stand how, and the bytes that are kept."""

    waiting: int = 0
    archived: int = 0
    failed: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class Health:
    """What readiness looks at. `oldest_due_at` None: nothing waits. `fault` "" or what is wrong."""

    migrated: bool
    writable: bool
    free_bytes: int
    oldest_due_at: int | None
    fault: str = ""
