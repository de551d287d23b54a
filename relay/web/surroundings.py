"""What settings, setup and share links are told of host and environment. It is handed in, without secrets."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel

from relay.web.share_links import ShareLinks


@dataclass(frozen=True, slots=True)
class Said:
    """How a check went. `todo`: the next step where it did not go well."""

    ok: bool
    sentence: str
    todo: str = ""


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
class Surroundings:
    """
    public_url    "" : nobody said under which address others reach us
    secrets       names of the settings whose secrets webhooks may be signed with, the likeliest first
    archive       whether finished files are kept well, and a sentence
    address, key, signed    the checks: the public address, the vendor's key, a signed webhook through it
    """

    database: Path
    public_url: str
    secrets: Sequence[str]
    disk_is_wiped: bool
    archive: tuple[bool | None, str]
    limits: Limits
    share_links: ShareLinks
    address: Callable[[], Said]
    key: Callable[[], Said]
    signed: Callable[[], Said]
