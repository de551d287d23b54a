"""What every connector is: options that describe themselves, and one call that delivers a result.

A connector makes calls. It does not sleep, retry, read the environment or the clock, or know the store.
"""

from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

from pydantic import BaseModel, ConfigDict

from relay.model import Result

if TYPE_CHECKING:
    from relay.http import Http


class Options(BaseModel):
    """Base of every connector's options. Each field has a title, a description and an example."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


@dataclass(frozen=True, slots=True)
class Done:
    """Delivered. `link` opens what was written, `note` is a sentence for the person who looks.

    `status` and `answer` are the HTTP status and body of the last call, kept with the attempt.
    """

    link: str = ""
    note: str = ""
    status: int | None = None
    answer: str = ""


@dataclass(frozen=True, slots=True)
class NotYet:
    """Nothing is wrong, the other side is still busy: come back after so many seconds."""

    after: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a target may be called. None per second: the other side states no limit."""

    calls_per_second: float | None = None
    concurrency: int = 4


@dataclass(frozen=True, slots=True)
class Checked:
    """What `check` or `test` found: a sentence, and where it can be looked at."""

    ok: bool
    sentence: str
    link: str = ""


class Memory(MutableMapping[str, Any]):
    """What a connector has to remember between attempts: JSON values, committed at each `save`."""

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        self._values = dict(values or {})

    def save(self) -> None:
        """Commit. Returns when it is on disk."""

    def _content(self) -> dict[str, Any]:
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


class Connector(Protocol):
    """The contract. Failures leave as `RemoteError`; any other exception is a bug of ours."""

    kind: ClassVar[str]
    Options: ClassVar[type[Options]]
    pace: ClassVar[Pace]
    memory_scope: ClassVar[Literal["generation", "batch"]]

    def __init__(self, options: Any, http: "Http") -> None:
        """`options` is an instance of this class's `Options`."""
        ...

    @property
    def target(self) -> str:
        """What is paced and written by one hand at a time. Holds no secret."""
        ...

    def deliver(
        self, result: Result, context: Mapping[str, Any], key: str, memory: Memory, now: int
    ) -> Done | NotYet:
        """Bring one result there. `key` is the same on every attempt; `now` is in ms, UTC."""
        ...

    def check(self) -> Checked:
        """Look, without writing, whether a delivery would work."""
        ...

    def test(self, key: str, now: int) -> Checked:
        """Write something marked as a test."""
        ...
