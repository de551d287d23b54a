"""What the pages of connections work with; handed in, since connectors and secrets are not theirs to know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pydantic import BaseModel

from relay.models.core import Result
from relay.models.views import ConnectionSummary

Faults = Mapping[str, str]
"""Field -> sentence; what stands under "" is of no field. Empty: it was done."""


@dataclass(frozen=True, slots=True)
class Known:
    """A connection as it is now.

    options   as they count, never a secret; `secrets` names those that are kept
    revision  of its last change; None: the environment has it, so that pages change nothing
    hides     the store has one of this name too, which is not used
    """

    summary: ConnectionSummary
    options: Mapping[str, Any]
    secrets: Sequence[str]
    revision: int | None
    hides: bool = False


@dataclass(frozen=True, slots=True)
class Typed:
    """A form as it was filled in. What is empty is not given; `taken_back` names secrets to forget."""

    values: Mapping[str, str]
    statuses: Sequence[str]
    kinds: Sequence[str]
    taken_back: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """What the other side said. `written` is what takes a test away again; empty: nothing can be."""

    ok: bool
    sentence: str
    link: str = ""
    written: Mapping[str, str] = field(default_factory=dict)


class Connecting(Protocol):
    """Whoever asks sees the last change, also one made elsewhere. Sentences and links hold no secret."""

    def kinds(self) -> Sequence[str]: ...

    def model(self, kind: str) -> type[BaseModel] | None:
        """Of its options; None: there is no such kind."""
        ...

    def all(self) -> Sequence[Known]: ...

    def one(self, name: str) -> Known | None: ...

    def add(self, name: str, kind: str, typed: Typed, now: int) -> tuple[Faults, Told | None]:
        """Faults, or how a look at it went: it stays paused until one goes well, or a person resumes it."""
        ...

    def change(self, name: str, revision: int, typed: Typed) -> Faults:
        """A secret that is not typed stays. A fault, too: it was changed since `revision`."""
        ...

    def check(self, name: str) -> Told:
        """Look, without writing, whether deliveries would work."""
        ...

    def test(self, name: str, now: int) -> Told:
        """Write something marked as a test."""
        ...

    def remove_test(self, name: str, written: Mapping[str, str]) -> Told: ...

    def sample(self, name: str, result: Result, context: Mapping[str, Any]) -> Sequence[tuple[str, str, str]]:
        """(field, column, value) as they would be written; empty: it writes no columns."""
        ...
