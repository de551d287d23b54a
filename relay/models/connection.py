"""A connection: where results go, whether it stands still, as it is stored, and how a check of it ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import inf

from relay.models.core import ResultStatus


@dataclass(frozen=True, slots=True)
class Route:
    """One configured destination, as routing and the claim see it.

    statuses, kinds   which results it gets; no kinds means all of them
    target            what is written to: two connections to one sheet share one target, and its limits
    quota             what calls count against, where several targets share it; "" is the target itself
    calls_per_second  None when the other side states no limit
    concurrency       calls at the same time per target, over all processes
    hold_is_shared    a Retry-After is about the quota, so it stops all targets that share it
    fingerprint       a hash of the options; a pause or hold ends when they change
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
    hold_is_shared: bool = False

    @property
    def paced_by(self) -> str:
        """The quota that its calls count against."""
        return self.quota or self.target

    @property
    def held_by(self) -> str:
        """What a hold is of: the target, or the quota where the service counts all of it together."""
        return self.paced_by if self.hold_is_shared else self.target

    def wants(self, status: ResultStatus, kind: str) -> bool:
        """Whether it gets results of such a status and kind."""
        return status in self.statuses and (not self.kinds or kind in self.kinds)


class ConnectionState(StrEnum):
    """Whether a connection can be called. Only its status knows `PAUSED`: a pause is kept apart (`Pause`)."""

    READY = "ready"
    PAUSED = "paused"
    NEEDS_SECRET = "needs secret"  # noqa: S105 - a state, no secret
    NEEDS_ATTENTION = "needs attention"


@dataclass(frozen=True, slots=True)
class Pause:
    """Why and until when a connection stands still. `until` None: until a person resumes or fixes it.

    held  a hold: the destination asked to wait, so there is nothing to fix
    """

    since: int
    why: str
    until: int | None
    held: bool = False

    @property
    def lasts_until(self) -> float:
        return inf if self.until is None else self.until


@dataclass(frozen=True, slots=True)
class StoredConnection:
    """A connection as the store keeps it; the connector's options model parses it.

    options, filters  JSON objects, without secrets
    sealed_fields     names of the options that are secrets
    sealed            their values, encrypted; "" without any
    revision          of the change that wrote it
    """

    name: str
    kind: str
    options: str
    filters: str
    sealed_fields: tuple[str, ...] = ()
    sealed: str = ""
    revision: int = 0


@dataclass(frozen=True, slots=True)
class CheckResult:
    """How a check, a test or a change of a connection went: a sentence, and where to see what was written.

    `written` is what `remove_test` needs to remove a test again; empty when nothing can be removed.
    """

    ok: bool
    message: str
    link: str = ""
    written: Mapping[str, str] = field(default_factory=dict)
