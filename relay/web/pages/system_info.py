"""What settings, setup and share links know about the host and the environment; it holds no secret values."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import BaseModel

from relay.store.contract.access_log import AccessNote
from relay.web.share_tokens import ShareTokens


@dataclass(frozen=True, slots=True)
class CheckResult:
    """How a check went. `todo`: the next step if it failed."""

    ok: bool
    message: str
    todo: str = ""


class Secrets(Protocol):
    """The secrets that webhooks may be signed with. Pages never show their values."""

    @property
    def host(self) -> Mapping[str, bytes]:
        """The secrets of the environment, by the name of their setting."""
        ...

    def __call__(self) -> Mapping[str, bytes]:
        """All accepted secrets, the likeliest first."""
        ...

    def since(self) -> int | None:
        """When the secret on the settings page was saved, in ms; None: there is none."""
        ...

    def overlaps(self, now: int) -> Sequence[int]:
        """Until when each earlier secret of the page is accepted, in ms."""
        ...

    def is_lost(self) -> bool:
        """Whether a secret was saved that can no longer be decrypted."""
        ...

    def change(self, secret: str, *, now: int, note: AccessNote | None = None) -> str:
        """Saves a new secret; earlier ones stay accepted for a day. Returns why it is invalid, or "".
        `note` goes to the access log with the change, as for the other two."""
        ...

    def end_overlap(self, note: AccessNote | None = None) -> None: ...

    def forget(self, note: AccessNote | None = None) -> None:
        """Removes the page's secrets; only the host's are accepted from now on."""
        ...


class Limits(Protocol):
    @property
    def fixed(self) -> Mapping[str, Any]:
        """What the environment sets, by field."""
        ...

    def settings(self) -> BaseModel:
        """The values in effect."""
        ...

    def keep(self, given: Mapping[str, str]) -> dict[str, str]:
        """Saves and returns {}, or returns faults by field and saves nothing. "" resets to the default."""
        ...


@dataclass(frozen=True, slots=True)
class SystemInfo:
    """
    key_is_in_database  the generated SECRET_KEY is kept with the data
    public_url    "": not set
    storage       whether the data outlives a restart, and where it lives
    risks         what strangers could use, as sentences with what to do
    archive       whether the archive works (None: it is off), and a sentence
    address, key, signed    the checks: the public address, the API key, a signed webhook through the address
    """

    key_is_in_database: bool
    public_url: str
    secrets: Secrets
    storage: CheckResult
    archive: tuple[bool | None, str]
    risks: Callable[[], Sequence[str]]
    limits: Limits
    share_links: ShareTokens
    address: Callable[[], CheckResult]
    key: Callable[[], CheckResult]
    signed: Callable[[], CheckResult]
