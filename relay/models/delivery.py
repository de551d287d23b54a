"""Deliveries as plain values: claimed under lease, settled after an attempt, selected for a replay."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from relay.models.archive import Copy
from relay.models.connection import Pause, Route
from relay.models.core import Result


class DeliveryStatus(StrEnum):
    PENDING = "pending"
    RETRYING = "retrying"
    DELIVERED = "delivered"
    FAILED = "failed"
    SKIPPED = "skipped"


def superseded_by(status: str) -> str:
    """Why a pending delivery was skipped. Kept with it, since no later reading could know it."""
    return f"A later result replaced this one: the generation is now {status}."


def came_late(status: str) -> str:
    """Why a delivery was skipped from the start."""
    return f"This result came late: the generation had gone beyond {status}."


def connection_removed(name: str) -> str:
    """Why a pending delivery was skipped."""
    return f"The connection {name} was removed before this was sent."


class Outcome(StrEnum):
    """How one attempt ended."""

    DONE = "done"
    NOT_YET = "not yet"
    RETRY = "retry"
    FAILED = "failed"
    PAUSED = "paused"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A delivery under lease, with what an attempt needs. `token` is its fencing token and attempt number.

    received_at, copies  when its result arrived, and its archived copies
    """

    delivery_id: str
    connection: str
    token: int
    tries: int
    result: Result
    context: Mapping[str, Any]
    received_at: int | None = None
    copies: tuple[Copy, ...] = ()

    @property
    def key(self) -> str:
        """Equal on every attempt, even after a lost database: receivers drop duplicates by it."""
        return delivery_key(self.connection, self.result.generation_id, self.result.status)


@dataclass(frozen=True, slots=True)
class Settlement:
    """How an attempt ended and what becomes of its delivery. `due_at` only where it stays due.

    counts, restarts  the attempt counts against the retry schedule; the count goes back to 0
    pause             of the connection, whose options had this `fingerprint`
    hold              of what the connection is `held_by`, and so of all connections that are
    """

    delivery_id: str
    connection: str
    token: int
    outcome: Outcome
    status: DeliveryStatus
    started_at: int
    milliseconds: int
    message: str = ""
    link: str = ""
    http_status: int | None = None
    answer: str = ""
    due_at: int | None = None
    counts: bool = False
    restarts: bool = False
    pause: Pause | None = None
    fingerprint: str = ""
    hold: Pause | None = None
    held_by: str = ""

    def blocks(self, connection: Route) -> bool:
        """Whether this attempt's hold or pause forbids calls for that connection now."""
        held = self.hold is not None and self.held_by == connection.held_by
        return held or (self.pause is not None and self.connection == connection.name)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a worker claimed.

    next_due_at  when something may be due next, in ms; None when nothing is waiting
    slots        by target: how many calls this worker may make at the same time, besides the other workers
    backlog      the targets of which more may be due than could be leased
    stale        of the attempts that were settled with it, those refused because their token is stale
    """

    deliveries: tuple[ClaimedDelivery, ...]
    next_due_at: int | None
    slots: Mapping[str, int] = field(default_factory=dict)
    backlog: frozenset[str] = frozenset()
    stale: tuple[Settlement, ...] = ()


@dataclass(frozen=True, slots=True)
class Selection:
    """Which deliveries to replay. An empty field matches all."""

    ids: tuple[str, ...] = ()
    connection: str = ""
    status: str = ""
    generation_id: str = ""


def delivery_key(connection: str, generation_id: str, status: str) -> str:
    return hashlib.sha256(f"{connection}\n{generation_id}\n{status}".encode()).hexdigest()[:32]
