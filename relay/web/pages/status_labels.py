"""The words that pages use for states: each said once, with its tone and its sign."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from relay.models.core import ConnectionState, ResultStatus
from relay.models.delivery import DeliveryStatus, Outcome
from relay.models.job import Job, JobStatus

Tone = Literal["good", "bad", "waiting", "busy", "quiet"]
LONG_MS = 600_000  # a job that renders for longer is said to take longer


@dataclass(frozen=True, slots=True)
class StatusLabel:
    """`sign` names an icon: a state is never told by its colour alone."""

    text: str
    tone: Tone
    sign: str


JOB: Mapping[JobStatus, StatusLabel] = {
    JobStatus.QUEUED: StatusLabel("Waiting", "waiting", "clock"),
    JobStatus.HELD: StatusLabel("On hold", "bad", "hand"),
    JobStatus.SUBMITTED: StatusLabel("Sending", "busy", "arrow"),
    JobStatus.PROCESSING: StatusLabel("Rendering", "busy", "spark"),
    JobStatus.COMPLETED: StatusLabel("Ready", "good", "check"),
    JobStatus.FAILED: StatusLabel("Failed", "bad", "cross"),
    JobStatus.CANCELED: StatusLabel("Canceled", "quiet", "minus"),
}
TAKING_LONGER = StatusLabel("Taking longer", "waiting", "clock")
RESULT: Mapping[ResultStatus, StatusLabel] = {
    ResultStatus.PROCESSING: StatusLabel("Rendering", "busy", "spark"),
    ResultStatus.COMPLETED: StatusLabel("Ready", "good", "check"),
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
    Outcome.NOT_YET: StatusLabel("Not yet", "busy", "clock"),
    Outcome.RETRY: StatusLabel("Tried again later", "waiting", "again"),
    Outcome.FAILED: StatusLabel("Failed", "bad", "cross"),
    Outcome.PAUSED: StatusLabel("Paused the connection", "bad", "hand"),
    Outcome.INTERRUPTED: StatusLabel("Interrupted", "waiting", "again"),
}
CONNECTION: Mapping[ConnectionState, StatusLabel] = {
    ConnectionState.READY: StatusLabel("Ready", "good", "check"),
    ConnectionState.NEEDS_SECRET: StatusLabel("Needs secret", "bad", "hand"),
    ConnectionState.NEEDS_ATTENTION: StatusLabel("Needs attention", "bad", "hand"),
}
PAUSED = StatusLabel("Paused", "bad", "hand")
FOUND: Mapping[str, str] = {
    "webhook": "by webhook",
    "recovered": "found by checking, since no webhook came",
    "answer": "in CreativeAI's answer",
}


def of_job(job: Job, now: int) -> StatusLabel:
    late = job.status is JobStatus.PROCESSING and now - (job.submitted_at or now) > LONG_MS
    return TAKING_LONGER if late else JOB[job.status]
