"""The vocabulary (generation, event, result, connection ...) as plain values. Imports nothing of ours.

Times are integer milliseconds since 1970, UTC. Ids made by us sort by the time they were made.
"""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

LINKS_LIVE_MS = 7 * 24 * 3600 * 1000  # https://creativeai.run keeps outputs for 7 days


class ResultStatus(StrEnum):
    """What a generation reached, in order: a later word supersedes an earlier one, never the reverse."""

    PROCESSING = "processing"
    FAILED = "failed"
    COMPLETED = "completed"

    @property
    def rank(self) -> int:
        return list(ResultStatus).index(self) + 1


@dataclass(frozen=True, slots=True)
class Output:
    """One file that a generation made. `type` is a MIME type when known, `size` is in bytes.

    url           the vendor's link, dead after 7 days
    archived_url  our own copy's link, "" without one; `archived_until` is when that dies, None: never
    """

    url: str
    type: str = ""
    size: int | None = None
    archived_url: str = ""
    archived_until: int | None = None

    @property
    def link(self) -> str:
        """What is handed on: the link that lives longest."""
        return self.archived_url or self.url


@dataclass(frozen=True, slots=True)
class Result:
    """A status that a generation reached, with what came of it. Unique on (generation_id, status).

    kind      video, image, voice, compose, chart ... or "unknown"
    batch_id  the vendor's batch it belongs to, if any
    error     the vendor's words for a failure, empty otherwise; `error_code` likewise
    credits   what the vendor said it charged, if it said so; `credits_refunded` likewise
    links_end_at  when the vendor's links die, in ms; None when nothing is known of it
    page          the address of the relay's own page of it, set when it is delivered; "" where nobody outside
                  can open one
    vendor_batch_id  the vendor's batch that it is part of; `batch_id` ours, of its job
    """

    generation_id: str
    status: ResultStatus
    kind: str = "unknown"
    outputs: tuple[Output, ...] = ()
    prompt: str = ""
    model: str = ""
    model_actual: str = ""
    error: str = ""
    error_code: str = ""
    credits: float | None = None
    credits_refunded: float | None = None
    vendor_batch_id: str = ""
    completed_at: str = ""
    links_end_at: int | None = None
    page: str = ""
    batch_id: str = ""

    @property
    def group_id(self) -> str:
        """The batch that a destination groups it by: ours, else the vendor's; "" without either."""
        return self.batch_id or self.vendor_batch_id

    def ends_at(self, output: Output) -> int | None:
        """When the link that we hand on dies, in ms; None: never, or nothing is known of it."""
        return output.archived_until if output.archived_url else self.links_end_at


@dataclass(frozen=True, slots=True)
class Event:
    """One authentic webhook as it arrived. Unique on (delivery_id, status).

    delivery_id   X-CreativeAI-Delivery-Id, else the body's id, else its batch_id, else a hash of the body
    status        our word for it where there is one, else the vendor's own, lower-cased; "" when it has none
    secret        the name of the secret that signed it, never its value
    label         the last part of the address it was posted to, if any
    context       what its address says about its generations (`?sku=MUG-1`)
    reference     whose job's webhook it is, by the same address; "" when it does not say
    """

    delivery_id: str
    status: str
    name: str
    label: str
    secret: str
    received_at: int
    headers: Mapping[str, str]
    body: bytes
    results: tuple[Result, ...]
    context: Mapping[str, str] = field(default_factory=dict)
    reference: str = ""

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True, slots=True)
class ShopEvent:
    """What a shop told of itself, authentic, as it arrived. Unique on `webhook_id`, which is the shop's."""

    connection: str
    webhook_id: str
    topic: str
    shop: str
    received_at: int
    body: bytes


@dataclass(frozen=True, slots=True)
class ShopEventProgress:
    """What became of a shop's event. `look_at` None: done with it; `note` says why there is no job (yet)."""

    id: str
    event: ShopEvent
    attempts: int
    due_at: int | None
    note: str
    job_id: str


@dataclass(frozen=True, slots=True)
class RoutedResult:
    """What routing decided: these results of an event, each owed to these connections.

    held_until  until when its deliveries wait for the archive; None: nothing to archive
    """

    result: Result
    connections: tuple[str, ...]
    held_until: int | None = None


@dataclass(frozen=True, slots=True)
class AcceptedEvent:
    """What the store made of an event.

    event_id   ours; of the first event with this (delivery id, status) when this one is not new
    changed    a known event came again with another body (the first is kept)
    deliveries how many became due by it
    """

    event_id: str
    new: bool
    changed: bool = False
    results: int = 0
    deliveries: int = 0


@dataclass(frozen=True, slots=True)
class Route:
    """One configured destination, as routing and the claim see it.

    statuses, kinds   which results it wants; no kinds means all of them
    target            what is written by so many hands: two connections to one sheet are one target
    quota             what the pace counts against, where several targets share it; "" is the target itself
    calls_per_second  None when the other side states no limit
    concurrency       calls at the same time per target, over all processes
    fingerprint       changes with the options; a pause ends when they are mended
    """

    name: str
    kind: str
    target: str
    statuses: frozenset[ResultStatus] = frozenset({ResultStatus.COMPLETED, ResultStatus.FAILED})
    kinds: frozenset[str] = frozenset()
    calls_per_second: float | None = None
    concurrency: int = 4
    fingerprint: str = ""
    quota: str = ""

    @property
    def paced_by(self) -> str:
        """Whose rate its calls count against."""
        return self.quota or self.target

    def matches(self, result: Result) -> bool:
        return result.status in self.statuses and (not self.kinds or result.kind in self.kinds)


class ConnectionState(StrEnum):
    """Whether a connection is complete enough to be called; a pause is separate (`Pause`)."""

    READY = "ready"
    NEEDS_SECRET = "needs secret"  # noqa: S105 - a state, no secret
    NEEDS_ATTENTION = "needs attention"


@dataclass(frozen=True, slots=True)
class Pause:
    """A connection that stands still. `until` None means: until a person resumes it or mends its options."""

    since: int
    why: str
    until: int | None


@dataclass(frozen=True, slots=True)
class StoredConnection:
    """A connection as the store keeps it. What its texts mean, only the connector's options know.

    options, wants  JSON objects, without secrets
    sealed_fields   names of the options that are secrets
    sealed          their values, encrypted; "" without any
    revision        of the change that wrote it
    """

    name: str
    kind: str
    options: str
    filters: str
    sealed_fields: tuple[str, ...] = ()
    sealed: str = ""
    revision: int = 0


def first_id(prefix: str, at: int) -> str:
    """Not after any id that is made at `at` (ms) or later, and after every earlier one: for lists by time."""
    return f"{prefix}_{_sortable(at, bytes(9))}"


def new_id(prefix: str, now: int) -> str:
    """An id that sorts by `now` (ms) and cannot be guessed: 48 bits of time, 72 of chance."""
    return f"{prefix}_{_sortable(now, secrets.token_bytes(9))}"


def _sortable(at: int, rest: bytes) -> str:
    return base64.b32hexencode(at.to_bytes(6) + rest).decode().lower()  # base32hex keeps the order
