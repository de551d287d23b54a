"""A job, from wish to result, as plain values: what was asked for, what a call for it needs and became.

Times are integer milliseconds since 1970, UTC. Credits are the vendor's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

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
    """Who asked for it. `elsewhere`: somebody else started it, and the relay was told its id."""

    API = "api"
    FORM = "form"
    LIST = "list"
    SHOP = "shop"
    SAMPLE = "sample"
    ELSEWHERE = "elsewhere"


class Lane(StrEnum):
    """Which limits of the vendor's a call counts against, besides that of all requests."""

    VIDEO = "video"
    OTHER = "other"
    LOOK = "look"


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
    """

    kind: str
    wish: Mapping[str, Any]
    context: Mapping[str, str]
    source: Source
    makes: str
    lane: Lane = Lane.OTHER
    videos: int = 0
    children: int = 1
    estimate: float = 0.0
    delivers: bool = True
    batch_id: str = ""
    pipeline_id: str = ""
    step: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    files: tuple[UploadedFile, ...] = ()
    idempotency_key: str = ""
    digest: str = ""
    vendor_id: str = ""


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
    makes: str
    wish: Mapping[str, Any]
    context: Mapping[str, str]
    source: Source
    status: JobStatus
    why: str
    param: str
    estimate: float
    credits: float | None
    refunded: float | None
    found: str
    delivers: bool
    batch_id: str
    pipeline_id: str
    step: str
    inputs: Mapping[str, str]
    lane: Lane
    children: int
    vendor_id: str
    submission: int
    created_at: int
    due_at: int | None
    submitted_at: int | None
    slot_until: int | None
    look_at: int | None
    settled_at: int | None


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """What one API key may do. `requests` only until the vendor's own headers say better.

    credits_per_day  our own, over any 24 hours; None: no limit
    """

    requests_per_minute: int = 10
    videos_per_minute: int = 5
    videos_at_once: int = 3
    videos_per_day: int = 100
    looks_per_minute: int = 120
    credits_per_day: float | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """A job under lease, to be sent now. `reference` names this sending of it in the webhook's address."""

    job_id: str
    token: int
    kind: str
    wish: Mapping[str, Any]
    reference: str
    tries: int


@dataclass(frozen=True, slots=True)
class Look:
    """A job under lease, to be asked about now. `age` is ms since it was sent, `looks` how often before."""

    job_id: str
    token: int
    kind: str
    vendor_id: str
    age: int
    looks: int


Call = Submission | Look


@dataclass(frozen=True, slots=True)
class Told:
    """What the headers of the vendor's last answer said of its requests a minute; None: nothing.

    reset_at  when the count begins anew, in ms
    """

    limit: int | None = None
    remaining: int | None = None
    reset_at: int | None = None


@dataclass(frozen=True, slots=True)
class CallEnd:
    """How a submit or a look ended that brought no result.

    status        what the job becomes; None: it stays
    due_at        when it is sent again, or asked about again; None: not by itself
    counts        it is a failure that counts against the ladder
    hold_lane_until   nothing of its lane is sent before
    pause_why     set: nothing is sent any more, until `pause_until` (None: until a person resumes it)
    """

    call: Call
    ended_at: int
    status: JobStatus | None = None
    why: str = ""
    param: str = ""
    due_at: int | None = None
    counts: bool = False
    hold_lane_until: int | None = None
    pause_why: str = ""
    pause_until: int | None = None
    told: Told = Told()


@dataclass(frozen=True, slots=True)
class Found:
    """An answer that brought something: the vendor's id, results or both, of a submit or a look.

    look_at  when to ask (again); None: not
    found    answer | recovered, for the results in it
    """

    call: Call
    ended_at: int
    vendor_id: str
    generation_ids: tuple[str, ...]
    look_at: int | None
    found: Literal["answer", "recovered"]
    credits: float | None = None
    told: Told = Told()


@dataclass(frozen=True, slots=True)
class QueueState:
    """How the line stands. `paused_why` "" : it moves. `used` are credits of the last 24 hours."""

    waiting: int
    running: int
    held: int
    paused_since: int | None
    paused_until: int | None
    paused_why: str
    used: float


@dataclass(frozen=True, slots=True)
class Place:
    """Where a waiting job stands: how many of its lane go before it, and how many of them run now."""

    ahead: int
    running: int


@dataclass(frozen=True, slots=True)
class Progress:
    """The generations of one sending of a job."""

    submission: int
    completed: int
    failed: int


def reached(children: int, latest: int, progress: Iterable[Progress]) -> JobStatus:
    """What a job has come to. One sending that brought something is enough; only the latest one fails it."""
    status = JobStatus.PROCESSING
    for each in progress:
        if each.completed + each.failed < children:
            continue
        if each.completed:
            return JobStatus.COMPLETED
        if each.submission == latest:
            status = JobStatus.FAILED
    return status


_GOES_NO_FURTHER = {
    JobStatus.FAILED: "failed: send that again",
    JobStatus.CANCELED: "was canceled: send that again",
    JobStatus.HELD: "is held: decide there how it goes on",
}


def waits_for(steps: Mapping[str, JobStatus]) -> str:
    """Why a step does not begin, by those that it needs; one that goes no further by itself comes first."""
    for name, status in steps.items():
        if status in _GOES_NO_FURTHER:
            return f"Waits for {name}, which {_GOES_NO_FURTHER[status]}."
    missing = [name for name, status in steps.items() if status is not JobStatus.COMPLETED]
    return f"Waits for {' and '.join(missing)}." if missing else ""


def reference_of(reference: str, submission: int) -> str:
    """As it stands in the webhook's address."""
    return f"{reference}.{submission}"


def parse_reference(text: str) -> tuple[str, int]:
    """(the job's reference, which sending of it); 0 when the text does not say."""
    reference, _, number = text.rpartition(".")
    if not reference or not number.isascii() or not number.isdecimal() or len(number) > 6:
        return text, 0
    return reference, int(number)


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
