"""What every connector is: options that describe themselves, and one call that delivers a result.

A connector makes calls. It does not sleep, retry, read the environment or the clock, or know the store.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, Protocol

from pydantic import BaseModel, ConfigDict

from relay.models.connection import CheckResult
from relay.models.core import Output, Result

if TYPE_CHECKING:
    from relay.http.client import Http

__all__ = ["CheckResult", "Connector", "Done", "File", "Files", "Memory", "NotYet", "Options", "Pace"]


class Options(BaseModel):
    """Base of every connector's options. Each field has a title, a description and an example."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


@dataclass(frozen=True, slots=True)
class Done:
    """Delivered. `link` opens what was written, `note` is a sentence for the delivery's page.

    `status` and `answer` are the HTTP status and body of the last call, kept with the attempt.
    """

    link: str = ""
    note: str = ""
    status: int | None = None
    answer: str = ""


@dataclass(frozen=True, slots=True)
class NotYet:
    """Not an error: the other side is still busy. Try again after so many seconds.

    The connector has to end the waiting: after a time of its choice it returns Done or raises.
    `holds`: no call at all until then (the service reports that a quota is used up).
    """

    after: float
    note: str = ""
    holds: bool = False


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a target may be delivered to. None per second: the other side states no limit.

    A connector that makes several calls for one delivery divides the service's limit by them.
    `hold_is_shared`: a Retry-After is about the quota, not about the target alone.
    """

    calls_per_second: float | None = None
    concurrency: int = 4
    hold_is_shared: bool = False


class Memory(MutableMapping[str, Any]):
    """A connector's state for one generation between attempts: JSON values, stored by each `save`.

    `batch` is the same for all generations of the result's batch, `connection` for all results of the
    connection; the same `save` keeps them. Without a batch, `batch` is forgotten after the attempt.
    `connection` outlives a change of the options: keep with a value what it belongs to.
    """

    def __init__(
        self,
        values: Mapping[str, Any] | None = None,
        batch: MutableMapping[str, Any] | None = None,
        connection: MutableMapping[str, Any] | None = None,
    ) -> None:
        self._values = dict(values or {})
        self._batch = {} if batch is None else batch
        self._connection = {} if connection is None else connection

    def save(self) -> None:
        """Returns when it is on disk. Raises LeaseLostError, which the connector must not catch.

        An attempt that changes the values has progressed: after a transient failure, its retries start over.
        So do not save what changes with each attempt (a time, a count of failures).
        """

    @property
    def batch(self) -> MutableMapping[str, Any]:
        return self._batch

    @property
    def connection(self) -> MutableMapping[str, Any]:
        return self._connection

    def _content(self) -> MutableMapping[str, Any]:
        return self._values

    def __getitem__(self, name: str) -> Any:
        return self._content()[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._content()[name] = value

    def __delitem__(self, name: str) -> None:
        del self._content()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._content())

    def __len__(self) -> int:
        return len(self._content())


@dataclass(frozen=True, slots=True)
class File:
    """The bytes of an output, at their beginning. `type` is the MIME type that they are of."""

    stream: BinaryIO
    type: str
    size: int


class Files(Protocol):
    """The bytes of a result's outputs, for a connector that sends them instead of a link."""

    def open(self, output: Output, *, largest: int) -> AbstractContextManager[File]:
        """From the archived copy, else from each link in turn; readable within the `with`.

        Raises FileError when none gave it, or when it has more than `largest` bytes: its message says what
        failed and what to do. Raises FileComingError while it is being fetched, so that a slow file keeps no
        slot: the delivery begins anew when the file may be there. Let both pass through.
        """
        ...

    def expect(self, output: Output, *, largest: int) -> None:
        """Raises FileComingError as long as `open` would: asked before all calls, it spares them."""
        ...


class Connector(ABC):
    """The contract. Each failure is raised as a `RemoteError`; any other exception is a bug of ours."""

    kind: ClassVar[str]
    title: ClassVar[str]  # its name on pages and in the docs
    summary: ClassVar[str]  # one sentence: what is done with a result
    needs: ClassVar[tuple[str, ...]]  # the exact permissions and URLs, and where to get them
    Options: ClassVar[type[Options]]

    @abstractmethod
    def __init__(self, options: Any, http: "Http") -> None:
        """`options` is an instance of this class's `Options`."""

    @property
    @abstractmethod
    def pace(self) -> Pace:
        """Where it does not depend on the options, a class attribute will do."""

    @property
    @abstractmethod
    def target(self) -> str:
        """What is called, with at most `pace.concurrency` calls at a time, and held by a Retry-After.
        Contains no secret."""

    @property
    def quota(self) -> str:
        """What the pace counts against, where several targets share it; else the target. They also share
        its calls at a time: four targets' worth, evenly."""
        return self.target

    @abstractmethod
    def deliver(
        self,
        result: Result,
        context: Mapping[str, Any],
        key: str,
        memory: Memory,
        files: Files,
        now: int,
    ) -> Done | NotYet:
        """Deliver one result. `key` is the same on every attempt; `now` is in ms, UTC.

        Pass on `output.link` as the link: our archived copy where there is one. Who needs the bytes takes
        them from `files`, and never fetches a link.
        """

    def recall(self, connection: Mapping[str, Any]) -> None:  # noqa: B027 - most remember nothing
        """What deliveries have saved in `memory.connection`; called before a check, a test or its removal."""

    @abstractmethod
    def check(self) -> CheckResult:
        """Whether a delivery would work, without writing."""

    @abstractmethod
    def test(self, key: str, now: int) -> CheckResult:
        """Write something marked as a test."""

    def remove_test(self, written: Mapping[str, str]) -> CheckResult:
        """Remove what a test wrote; `written` as that test returned it."""
        return CheckResult(False, "What was sent cannot be called back.")
