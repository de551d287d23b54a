"""A job as plain values: what was requested, its status and its progress.

Times are integer milliseconds since 1970, UTC. Credits are the vendor's.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

SILENT_MS = 600_000  # a job without news for so long no longer counts as running
REFERENCE_PARAMETER = "job"  # of a webhook's URL: the job it belongs to


class JobStatus(StrEnum):
    QUEUED = "queued"
    HELD = "held"  # its submit's answer was lost, or it waits for credits, a higher limit or a person
    SUBMITTED = "submitted"  # the call is under way
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def is_final(self) -> bool:
        return self in (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELED)


class Source(StrEnum):
    """Where a job was created. `elsewhere`: started outside the relay and adopted by its ID."""

    API = "api"
    FORM = "form"
    LIST = "list"
    SHOP = "shop"
    SAMPLE = "sample"
    ELSEWHERE = "elsewhere"


class RateBucket(StrEnum):
    """Which limits of the vendor's a call counts against, besides that of all requests."""

    VIDEO = "video"
    OTHER = "other"
    POLL = "poll"


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """Kept until its job is sent. `name` is the field's, `filename` the sender's, `type` a MIME type."""

    name: str
    filename: str
    type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to be queued.

    input             the kind's fields, as JSON, without those in `inputs`
    inputs            field -> step of the same pipeline whose first file goes there
    output_kind       the kind of its results
    videos            how many it counts against the vendor's videos a day
    expected_results  how many generations are expected of it
    estimate          credits that it will probably cost
    fan_out           False: its results are not delivered, only used by other steps
    idempotency_key   the same key makes the same job; "" for none. `digest` is of the request
    vendor_id         set: it runs already (`Source.ELSEWHERE`) and is only polled
    share_link_id     the share link that it was requested through, whose budget it uses; "" for none
    """

    kind: str
    input: Mapping[str, Any]
    context: Mapping[str, str]
    source: Source
    output_kind: str
    rate_bucket: RateBucket = RateBucket.OTHER
    videos: int = 0
    expected_results: int = 1
    estimate: float = 0.0
    fan_out: bool = True
    batch_id: str = ""
    pipeline_id: str = ""
    step: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    files: tuple[UploadedFile, ...] = ()
    idempotency_key: str = ""
    digest: str = ""
    vendor_id: str = ""
    share_link_id: str = ""


@dataclass(frozen=True, slots=True)
class Created:
    """`new` False: its idempotency key, or the vendor's id that it follows, has this job already.

    digest  of the request that made the job
    """

    job_id: str
    new: bool
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """A stored job.

    status_reason  the reason for its status, and what to do; "" when there is nothing to say
    error_param    the field that the vendor objects to, if it named one
    credits        what the vendor reported as charged; None: not reported. `estimate` is a guess
    found_by       how its result was received: response | webhook | recovered (by polling); "" so far
    due_at         when it may be sent; None: it is not waiting to be sent
    running_until  until when it counts as running at the vendor; None: it does not
    vendor_id      the vendor's ID of the generation, or of its batch
    submission     how often it was sent
    """

    id: str
    kind: str
    output_kind: str
    input: Mapping[str, Any]
    context: Mapping[str, str]
    source: Source
    status: JobStatus
    status_reason: str
    error_param: str
    estimate: float
    credits: float | None
    refunded: float | None
    found_by: str
    fan_out: bool
    batch_id: str
    pipeline_id: str
    step: str
    inputs: Mapping[str, str]
    rate_bucket: RateBucket
    expected_results: int
    vendor_id: str
    submission: int
    created_at: int
    due_at: int | None
    submitted_at: int | None
    running_until: int | None
    poll_at: int | None
    settled_at: int | None
    share_link_id: str = ""


@dataclass(frozen=True, slots=True)
class PipelineSummary:
    """A pipeline in a list. `statuses`: those of its steps; `estimate`: of all steps together."""

    id: str
    name: str
    context: Mapping[str, str]
    created_at: int
    statuses: frozenset[JobStatus]
    estimate: float

    @property
    def status(self) -> JobStatus:
        return status_of_all(self.statuses)


@dataclass(frozen=True, slots=True)
class Progress:
    """Final generations of one submission of a job."""

    submission: int
    completed: int
    failed: int


def status_of_job(expected_results: int, latest: int, progress: Iterable[Progress]) -> JobStatus:
    """One submission with a completed generation completes the job; only the latest one can fail it."""
    status = JobStatus.PROCESSING
    for each in progress:
        if each.completed + each.failed < expected_results:
            continue
        if each.completed:
            return JobStatus.COMPLETED
        if each.submission == latest:
            status = JobStatus.FAILED
    return status


def status_of_all(steps: Set[JobStatus]) -> JobStatus:
    """A pipeline's status: one that a person has to act on comes first."""
    for status in (JobStatus.FAILED, JobStatus.HELD, JobStatus.CANCELED):
        if status in steps:
            return status
    return next(iter(steps)) if len(steps) == 1 else JobStatus.PROCESSING


_STUCK = {
    JobStatus.FAILED: "failed: send that again",
    JobStatus.CANCELED: "was canceled: send that again",
    JobStatus.HELD: "is held: decide there how it goes on",
}


def waiting_reason(steps: Mapping[str, JobStatus]) -> str:
    """What a step waits for, by the status of those that it needs; one that is stuck comes first."""
    for name, status in steps.items():
        if status in _STUCK:
            return f"Waits for {name}, which {_STUCK[status]}."
    missing = [name for name, status in steps.items() if status is not JobStatus.COMPLETED]
    return f"Waits for {' and '.join(missing)}." if missing else ""


@dataclass(frozen=True, slots=True)
class Token:
    """A named bearer token of the API; only a hash of the token itself is stored."""

    id: str
    name: str
    created_at: int
    used_at: int | None
    revoked_at: int | None


@dataclass(frozen=True, slots=True)
class UnsignedEvent:
    """A webhook without a valid signature, kept apart until the vendor confirms its results."""

    id: str
    received_at: int
    headers: Mapping[str, str]
    body: bytes
    label: str
    query: str
    tries: int
