"""What the pages of connections work with; handed in, since connectors and secrets are not theirs to know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import BaseModel

from connectors.base import CheckResult
from relay.models.core import Result
from relay.models.views import ConnectionSummary

__all__ = ["CheckResult", "ConnectionAdmin", "ConnectionForm", "ConnectionView", "Faults"]

Faults = Mapping[str, str]
"""Field -> sentence; what stands under "" is of no field. Empty: it was done."""


@dataclass(frozen=True, slots=True)
class ConnectionView:
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
class ConnectionForm:
    """A form as it was filled in. What is empty is not given; `taken_back` names secrets to forget."""

    values: Mapping[str, str]
    statuses: Sequence[str]
    kinds: Sequence[str]
    removed_secrets: Sequence[str] = ()


class ConnectionAdmin(Protocol):
    """Whoever asks sees the last change, also one made elsewhere. Sentences and links hold no secret."""

    def kinds(self) -> Sequence[str]: ...

    def model(self, kind: str) -> type[BaseModel] | None:
        """Of its options; None: there is no such kind."""
        ...

    def all(self) -> Sequence[ConnectionView]: ...

    def one(self, name: str) -> ConnectionView | None: ...

    def add(self, name: str, kind: str, typed: ConnectionForm, now: int) -> tuple[Faults, CheckResult | None]:
        """Faults, or how a look at it went: it stays paused until one goes well, or a person resumes it."""
        ...

    def change(self, name: str, revision: int, typed: ConnectionForm) -> Faults:
        """A secret that is not typed stays. A fault, too: it was changed since `revision`."""
        ...

    def check(self, name: str) -> CheckResult:
        """Look, without writing, whether deliveries would work."""
        ...

    def test(self, name: str, now: int) -> CheckResult:
        """Write something marked as a test."""
        ...

    def remove_test(self, name: str, written: Mapping[str, str]) -> CheckResult: ...

    def sample(self, name: str, result: Result, context: Mapping[str, Any]) -> Sequence[tuple[str, str, str]]:
        """(field, column, value) as they would be written; empty: it writes no columns."""
        ...
