"""A job, from wish to result, as plain values: what was asked for and what it has come to.

Times are integer milliseconds since 1970, UTC. Credits are the vendor's.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

SILENT_MS = 600_000  # a job without news for so long gives its place among the running ones back
REFERENCE_PARAMETER = "job"  # of a webhook's address: whose webhook it is


class JobStatus(StrEnum):
    QUEUED = "queued"
    HELD = "held"  # its submit's answer was lost, or it waits for money or for a person
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

    wish             the kind's fields, as JSON; `inputs` are missing in it
    inputs           field -> step of the same pipeline whose first file goes there
    makes            the kind of its results
    videos           how many it counts against the vendor's videos a day
    children         how many generations are expected of it
    estimate         credits that it will probably cost
    delivers         False: its results go nowhere, they only feed other steps
    idempotency_key  the same key makes the same job; "" for none. `digest` is of what was asked
    vendor_id        set: it runs already (`Source.ELSEWHERE`) and is only looked at
    asked_by         the share link that it was asked for through, whose budget it keeps to; "" for none
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

    digest  of what was asked for when the job was made
    """

    job_id: str
    new: bool
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it stands.

    why          what is to be known of its status, and what to do; "" when nothing
    param        the field that the vendor objects to, if it named one
    credits      what the vendor said it charged; None: not said. `estimate` is a guess
    found        how its result was learned: answer | webhook | recovered (by looking); "" so far
    due_at       when it may be sent; None: it does not wait for its turn
    slot_until   until when it counts as running at the vendor; None: it does not
    vendor_id    the vendor's id of it: of the generation, or of its batch
    submission   how often it was sent
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
    """A line of the list of pipelines. `statuses`: those that its steps have; `estimate`: of all of them."""

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
    """The generations of one sending of a job."""

    submission: int
    completed: int
    failed: int


def status_of_job(expected_results: int, latest: int, progress: Iterable[Progress]) -> JobStatus:
    """What a job has come to. One sending that brought something is enough; only the latest one fails it."""
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
    """What a pipeline has come to: what somebody has to act on comes first."""
    for status in (JobStatus.FAILED, JobStatus.HELD, JobStatus.CANCELED):
        if status in steps:
            return status
    return next(iter(steps)) if len(steps) == 1 else JobStatus.PROCESSING


_GOES_NO_FURTHER = {
    JobStatus.FAILED: "failed: send that again",
    JobStatus.CANCELED: "was canceled: send that again",
    JobStatus.HELD: "is held: decide there how it goes on",
}


def waiting_reason(steps: Mapping[str, JobStatus]) -> str:
    """Why a step does not begin, by those that it needs; one that goes no further by itself comes first."""
    for name, status in steps.items():
        if status in _GOES_NO_FURTHER:
            return f"Waits for {name}, which {_GOES_NO_FURTHER[status]}."
    missing = [name for name, status in steps.items() if status is not JobStatus.COMPLETED]
    return f"Waits for {' and '.join(missing)}." if missing else ""


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token of the API, by name; of the token itself only a hash is kept."""

    id: str
    name: str
    created_at: int
    used_at: int | None
    revoked_at: int | None


@dataclass(frozen=True, slots=True)
class UnsignedEvent:
    """A webhook that nobody signed, kept apart until the vendor confirms what it says."""

    id: str
    received_at: int
    headers: Mapping[str, str]
    body: bytes
    label: str
    query: str
    tries: int
