"""Stored records as lists and pages show them, and the relay's health."""

from collections.abc import Mapping
from dataclasses import dataclass

from relay.models.archive import Copy
from relay.models.core import Result, ResultStatus


@dataclass(frozen=True, slots=True)
class EventSummary:
    """An incoming webhook. `repeats` counts its duplicates, `changed` those with another body."""

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
    """An event as it arrived. `body` None: pruned after the retention period."""

    summary: EventSummary
    headers: Mapping[str, str]
    body: bytes | None


@dataclass(frozen=True, slots=True)
class RefusedWebhooks:
    """Webhooks that were refused for one reason within the hour that begins at `hour` (ms): all that is
    kept of them. `id` "": not stored so far."""

    hour: int
    reason: str
    count: int
    last_at: int
    last_sender: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class GenerationSummary:
    """A generation at the vendor. `job_id` "" : it was not started through the relay."""

    id: str
    kind: str
    status: ResultStatus
    context: Mapping[str, str]
    job_id: str
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class ResultRecord:
    """A result, when it arrived, by which event ("": by polling), and its archived copies."""

    result: Result
    received_at: int
    event_id: str
    copies: tuple[Copy, ...]


@dataclass(frozen=True, slots=True)
class DeliverySummary:
    """An outgoing delivery in a list; `relay.delivery.status` says what there is to say of it.

    due_at           when its next attempt may begin; None: none will. While it is leased, the lease's end
    note             what its latest attempt said, or why it was skipped; "" before an attempt
    leased_until     until when a worker has it in hand; None: none has
    generation_rank  of the status that its generation has reached
    """

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
    leased_until: int | None
    generation_rank: int

    @property
    def is_superseded(self) -> bool:
        """A later result of its generation replaced the one it brings, so it is not sent again."""
        return ResultStatus(self.result_status).rank < self.generation_rank


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
    """An output in the archive's list, with its status and the reason."""

    generation_id: str
    number: int
    status: str
    tries: int
    due_at: int | None
    note: str


@dataclass(frozen=True, slots=True)
class ArchiveSummary:
    """Numbers of outputs by status, and the bytes that are stored."""

    waiting: int = 0
    archived: int = 0
    failed: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class Health:
    """What readiness checks. `oldest_due_at` None: nothing is waiting. `fault` "" or what is wrong.

    `free_bytes` None: a server of its own has the database, and does not say.
    """

    migrated: bool
    writable: bool
    free_bytes: int | None
    oldest_due_at: int | None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class OpenWork:
    """What is not done, for monitoring; each number is exact up to 100,000.

    deliveries     by connection and status
    oldest_due_at  by connection: when the delivery that has waited longest became due, in ms; or None
    last_event_at  when the last webhook came, in ms; None: none ever did
    free_bytes     as of Health
    """

    deliveries: Mapping[tuple[str, str], int]
    oldest_due_at: Mapping[str, int | None]
    jobs: Mapping[str, int]
    last_event_at: int | None
    free_bytes: int | None
