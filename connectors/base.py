"""What every connector is: options that describe themselves, and one call that delivers a result.

A connector makes calls. It does not sleep, retry, read the environment or the clock, or know the store.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict

from relay.models.connection import CheckResult
from relay.models.core import Result

if TYPE_CHECKING:
    from relay.http.client import Http

__all__ = ["CheckResult", "Connector", "Done", "Memory", "NotYet", "Options", "Pace"]


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
    `holds`: no call to this target until then (the service reports that a quota is used up).
    """

    after: float
    note: str = ""
    holds: bool = False


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a target may be delivered to. None per second: the other side states no limit.

    A connector that makes several calls for one delivery divides the service's limit by them.
    """

    calls_per_second: float | None = None
    concurrency: int = 4


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
        """What is paced, with at most `pace.concurrency` calls at a time. Contains no secret."""

    @property
    def quota(self) -> str:
        """What the pace counts against, where several targets share it; else the target."""
        return self.target

    @abstractmethod
    def deliver(
        self, result: Result, context: Mapping[str, Any], key: str, memory: Memory, now: int
    ) -> Done | NotYet:
        """Deliver one result. `key` is the same on every attempt; `now` is in ms, UTC.

        Pass on `output.link` as the link: our archived copy where there is one.
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
