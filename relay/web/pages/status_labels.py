"""The words that pages use for states: each defined once, with its tone and its icon."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from relay.models.connection import ConnectionState
from relay.models.core import ResultStatus
from relay.models.delivery import DeliveryStatus, Outcome
from relay.models.job import Job, JobStatus

Tone = Literal["good", "bad", "waiting", "busy", "quiet"]
LONG_MS = 600_000  # pages say of a job that renders for longer that it takes longer than usual


@dataclass(frozen=True, slots=True)
class StatusLabel:
    """`sign` names an icon, because colour alone must not carry a state."""

    text: str
    tone: Tone
    sign: str


JOB: Mapping[JobStatus, StatusLabel] = {
    JobStatus.QUEUED: StatusLabel("Queued", "waiting", "clock"),
    JobStatus.HELD: StatusLabel("On hold", "bad", "hand"),
    JobStatus.SUBMITTED: StatusLabel("Sending", "busy", "arrow"),
    JobStatus.PROCESSING: StatusLabel("Rendering", "busy", "spark"),
    JobStatus.COMPLETED: StatusLabel("Completed", "good", "check"),
    JobStatus.FAILED: StatusLabel("Failed", "bad", "cross"),
    JobStatus.CANCELED: StatusLabel("Canceled", "quiet", "minus"),
}
RESULT: Mapping[ResultStatus, StatusLabel] = {
    ResultStatus.PROCESSING: StatusLabel("Rendering", "busy", "spark"),
    ResultStatus.COMPLETED: StatusLabel("Completed", "good", "check"),
    ResultStatus.FAILED: StatusLabel("Failed", "bad", "cross"),
}
DELIVERY: Mapping[str, StatusLabel] = {
    DeliveryStatus.PENDING: StatusLabel("Pending", "waiting", "clock"),
    DeliveryStatus.RETRYING: StatusLabel("Retrying", "waiting", "again"),
    DeliveryStatus.DELIVERED: StatusLabel("Delivered", "good", "check"),
    DeliveryStatus.FAILED: StatusLabel("Failed", "bad", "cross"),
    DeliveryStatus.SKIPPED: StatusLabel("Skipped", "quiet", "minus"),
}
OUTCOME: Mapping[str, StatusLabel] = {
    Outcome.DONE: StatusLabel("Done", "good", "check"),
    Outcome.NOT_YET: StatusLabel("Waiting", "busy", "clock"),
    Outcome.RETRY: StatusLabel("Retrying", "waiting", "again"),
    Outcome.FAILED: StatusLabel("Failed", "bad", "cross"),
    Outcome.PAUSED: StatusLabel("Paused", "bad", "hand"),
    Outcome.INTERRUPTED: StatusLabel("Interrupted", "waiting", "again"),
}
CONNECTION: Mapping[str, StatusLabel] = {
    ConnectionState.READY: StatusLabel("Ready", "good", "check"),
    ConnectionState.PAUSED: StatusLabel("Paused", "bad", "hand"),
    ConnectionState.NEEDS_SECRET: StatusLabel("Needs secret", "bad", "hand"),
    ConnectionState.NEEDS_ATTENTION: StatusLabel("Needs attention", "bad", "hand"),
}
FOUND: Mapping[str, str] = {
    "webhook": "Received by webhook.",
    "recovered": "Found by polling, since no webhook arrived.",
    "response": "Received in CreativeAI's response.",
}


def is_late(job: Job, now: int) -> bool:
    """Whether the job renders for longer than usual."""
    return job.status is JobStatus.PROCESSING and now - (job.submitted_at or now) > LONG_MS
