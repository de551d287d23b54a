"""The vocabulary (generation, event, result ...) as plain values. Imports nothing of ours.

Times are integer milliseconds since 1970, UTC. Our own IDs sort by creation time.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

UNREADABLE = "unreadable"  # the status of an event whose body holds no JSON object
CONFIRMED = "confirmed by CreativeAI"  # in place of the name of the secret, for an event that nobody signed
LINKS_LIVE_MS = 7 * 24 * 3600 * 1000  # https://creativeai.run keeps outputs for 7 days


class ResultStatus(StrEnum):
    """A generation's status, in order: a later one supersedes an earlier one, never the reverse."""

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
        """What destinations get: the link that lives longest."""
        return self.archived_url or self.url


@dataclass(frozen=True, slots=True)
class Result:
    """A status that a generation reached, with what came of it. Unique on (generation_id, status).

    kind      video, image, voice, compose, chart ... or "unknown"
    error     the vendor's message of a failure, empty otherwise; `error_code` likewise
    credits   what the vendor said it charged, if it said so; `credits_refunded` likewise
    links_end_at  when the vendor's links die, in ms; None when nothing is known of it
    page          the URL of the relay's own page of it, set when it is delivered; "" where the relay cannot
                  be reached from outside
    vendor_batch_id  the vendor's batch that it is part of, "" for none; `batch_id` is ours, of its job
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
    def lacks_its_file(self) -> bool:
        """CreativeAI names the file late at times, so such a result is asked about again."""
        return self.status is ResultStatus.COMPLETED and not self.outputs

    @property
    def group_id(self) -> str:
        """The batch that a destination groups it by: ours, else the vendor's; "" without either."""
        return self.batch_id or self.vendor_batch_id

    def ends_at(self, output: Output) -> int | None:
        """When `output.link` expires, in ms; None: never, or unknown."""
        return output.archived_until if output.archived_url else self.links_end_at


@dataclass(frozen=True, slots=True)
class UnclearStatus:
    """What CreativeAI says of a generation and the relay cannot act on: a status word that it does not know,
    or "completed" without a file. Of a batch, that it is at its end without an ID for each of its videos.

    word   as CreativeAI spells it; "" without one
    links  of the files beside it
    """

    generation_id: str
    word: str
    links: tuple[str, ...] = ()
    vendor_batch_id: str = ""

    @property
    def of_batch(self) -> bool:
        """It is said of a batch, and of no generation by its ID."""
        return self.generation_id == self.vendor_batch_id


@dataclass(frozen=True, slots=True)
class Event:
    """An authentic webhook as it arrived. Unique on (delivery_id, status).

    delivery_id   X-CreativeAI-Delivery-Id, else the body's id, else its batch_id, else a hash of the body
    status        our status where one corresponds, else the vendor's own, lower-cased; "" without one,
                  UNREADABLE when the body holds no JSON object
    unclear       the generations in it whose status word the relay does not know
    hold_reason   what a person is told of the jobs that it leaves open; "": they are polled instead
    secret        the name of the secret that signed it, never its value
    label         the last part of the address it was posted to, if any
    context       the context of its generations, from the URL's query (`?sku=MUG-1`)
    reference     the reference of the job it belongs to, from the same query; "" without one
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
    unclear: tuple[UnclearStatus, ...] = ()
    hold_reason: str = ""

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.body).hexdigest()

    @property
    def is_signed(self) -> bool:
        """False: CreativeAI confirmed its results when it was polled, but nothing else that came with it."""
        return self.secret != CONFIRMED


@dataclass(frozen=True, slots=True)
class ShopEvent:
    """A shop's authentic webhook as it arrived. Unique on `webhook_id`, which is the shop's."""

    connection: str
    webhook_id: str
    topic: str
    shop: str
    received_at: int
    body: bytes


@dataclass(frozen=True, slots=True)
class ShopEventProgress:
    """How far a shop's event was processed. `due_at` None: done; `note` says why there is no job (yet)."""

    id: str
    event: ShopEvent
    attempts: int
    due_at: int | None
    note: str
    job_id: str


@dataclass(frozen=True, slots=True)
class RoutedResult:
    """A result, and the connections that it will be delivered to if its generation is of the kind it names.

    held_until  until when its deliveries wait for the archive; None: nothing to archive
    of_kind     the connections for other kinds; empty where the kind makes no difference
    """

    result: Result
    connections: tuple[str, ...]
    held_until: int | None = None
    of_kind: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def connections_for(self, kind: str) -> tuple[str, ...]:
        """`kind` is the generation's: its job or an earlier report may know better than this result."""
        return self.of_kind.get(kind, self.connections)


@dataclass(frozen=True, slots=True)
class AcceptedEvent:
    """What the store did with an event.

    event_id    ours; that of the first event with this (delivery id, status) when this one is a duplicate
    changed     a duplicate with another body (the first is kept)
    deliveries  how many it made due
    """

    event_id: str
    new: bool
    changed: bool = False
    results: int = 0
    deliveries: int = 0


def first_id(prefix: str, at: int) -> str:
    """Sorts before any ID made at `at` (ms) or later, and after every earlier one: for lists by time."""
    return f"{prefix}_{_sortable(at, bytes(9))}"


def new_id(prefix: str, now: int) -> str:
    """An ID that sorts by `now` (ms) and cannot be guessed: 48 bits of time, 72 random."""
    return f"{prefix}_{_sortable(now, secrets.token_bytes(9))}"


def _sortable(at: int, rest: bytes) -> str:
    """Base32hex, which keeps the order. The library's takes ten times as long, and each row has an ID."""
    number = at << 72 | int.from_bytes(rest)
    return "".join([_TWO_DIGITS[number >> shift & 1023] for shift in _SHIFTS])


_DIGITS = "0123456789abcdefghijklmnopqrstuv"
_TWO_DIGITS = [first + second for first in _DIGITS for second in _DIGITS]
_SHIFTS = range(110, -1, -10)
