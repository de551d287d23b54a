"""What settings, setup and share links are told of host and environment. It is handed in, without secrets."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel

from relay.web.share_tokens import ShareTokens


@dataclass(frozen=True, slots=True)
class CheckResult:
    """How a check went. `todo`: the next step where it did not go well."""

    ok: bool
    message: str
    todo: str = ""


class Secrets(Protocol):
    """What webhooks may be signed with; no value ever leaves it here."""

    @property
    def host(self) -> Mapping[str, bytes]:
        """Those of the environment, by the name of their setting."""
        ...

    def __call__(self) -> Mapping[str, bytes]:
        """All that count now, the likeliest first."""
        ...

    def since(self) -> int | None:
        """When one was entered on the page, in ms; None: none was."""
        ...

    def overlaps(self, now: int) -> Sequence[int]:
        """Until when each of those before it counts too, in ms."""
        ...

    def is_lost(self) -> bool:
        """One was entered, and cannot be read any more."""
        ...

    def change(self, secret: str, *, now: int) -> str:
        """From now on this one counts, those before for a day each. A sentence where it cannot be one."""
        ...

    def end_overlap(self) -> None: ...

    def forget(self) -> None:
        """Only the host's count from now on."""
        ...


class Limits(Protocol):
    @property
    def fixed(self) -> Mapping[str, Any]:
        """What the environment sets, by field."""
        ...

    def settings(self) -> BaseModel:
        """What counts now."""
        ...

    def keep(self, given: Mapping[str, str]) -> dict[str, str]:
        """Faults by field; without any, what was entered counts from now on. "" goes back to the default."""
        ...


@dataclass(frozen=True, slots=True)
class SystemInfo:
    """
    public_url    "" : nobody said under which address others reach us
    archive       whether finished files are kept well, and a sentence
    address, key, signed    the checks: the public address, the vendor's key, a signed webhook through it
    """

    database: Path
    public_url: str
    secrets: Secrets
    disk_is_wiped: bool
    archive: tuple[bool | None, str]
    limits: Limits
    share_links: ShareTokens
    address: Callable[[], CheckResult]
    key: Callable[[], CheckResult]
    signed: Callable[[], CheckResult]
