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
class Word:
    """`sign` names an icon: a state is never told by its colour alone."""

    text: str
    tone: Tone
    sign: str


JOB: Mapping[JobStatus, Word] = {
    JobStatus.QUEUED: Word("Waiting", "waiting", "clock"),
    JobStatus.HELD: Word("On hold", "bad", "hand"),
    JobStatus.SUBMITTED: Word("Sending", "busy", "arrow"),
    JobStatus.PROCESSING: Word("Rendering", "busy", "spark"),
    JobStatus.COMPLETED: Word("Ready", "good", "check"),
    JobStatus.FAILED: Word("Failed", "bad", "cross"),
    JobStatus.CANCELED: Word("Canceled", "quiet", "minus"),
}
TAKING_LONGER = Word("Taking longer", "waiting", "clock")
RESULT: Mapping[ResultStatus, Word] = {
    ResultStatus.PROCESSING: Word("Rendering", "busy", "spark"),
    ResultStatus.COMPLETED: Word("Ready", "good", "check"),
    ResultStatus.FAILED: Word("Failed", "bad", "cross"),
}
DELIVERY: Mapping[str, Word] = {
    DeliveryStatus.PENDING: Word("Pending", "waiting", "clock"),
    DeliveryStatus.RETRYING: Word("Retrying", "waiting", "again"),
    DeliveryStatus.DELIVERED: Word("Delivered", "good", "check"),
    DeliveryStatus.FAILED: Word("Failed", "bad", "cross"),
    DeliveryStatus.SKIPPED: Word("Skipped", "quiet", "minus"),
}
OUTCOME: Mapping[str, Word] = {
    Outcome.DONE: Word("Done", "good", "check"),
    Outcome.NOT_YET: Word("Not yet", "busy", "clock"),
    Outcome.RETRY: Word("Tried again later", "waiting", "again"),
    Outcome.FAILED: Word("Failed", "bad", "cross"),
    Outcome.PAUSED: Word("Paused the connection", "bad", "hand"),
    Outcome.INTERRUPTED: Word("Interrupted", "waiting", "again"),
}
CONNECTION: Mapping[ConnectionState, Word] = {
    ConnectionState.READY: Word("Ready", "good", "check"),
    ConnectionState.NEEDS_SECRET: Word("Needs secret", "bad", "hand"),
    ConnectionState.NEEDS_ATTENTION: Word("Needs attention", "bad", "hand"),
}
PAUSED = Word("Paused", "bad", "hand")
FOUND: Mapping[str, str] = {
    "webhook": "by webhook",
    "recovered": "found by checking, since no webhook came",
    "answer": "in CreativeAI's answer",
}


def of_job(job: Job, now: int) -> Word:
    late = job.status is JobStatus.PROCESSING and now - (job.submitted_at or now) > LONG_MS
    return TAKING_LONGER if late else JOB[job.status]
