"""The store's interface for who got in: sign-ins, wrong passwords, tokens and secrets that were changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class AccessKind(StrEnum):
    SIGNED_IN = "signed_in"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 - a name
    SIGNED_OUT_EVERYWHERE = "signed_out_everywhere"
    TOKEN_CREATED = "token_created"  # noqa: S105 - a name
    TOKEN_REVOKED = "token_revoked"  # noqa: S105 - a name
    SECRET_CHANGED = "secret_changed"  # noqa: S105 - a name
    SECRET_REMOVED = "secret_removed"  # noqa: S105 - a name
    ENVIRONMENT_SECRET_CHANGED = "environment_secret_changed"  # noqa: S105 - a name


@dataclass(frozen=True, slots=True)
class AccessNote:
    """What happened at `at` (ms), never with a secret in it.

    subject      the name of the token, of what the secret is for, or of its setting in the environment
    remote_addr  an IPv4 address or an IPv6 /64; "": the environment, or a command on the relay's own machine
    """

    kind: AccessKind
    at: int
    subject: str = ""
    remote_addr: str = ""


@dataclass(frozen=True, slots=True)
class AccessEntry(AccessNote):
    """What is kept. Wrong passwords of one hour from one address are one entry, `at` the last of them.

    `remote_addr` of wrong passwords is "" where they came from more addresses than are kept apart.
    """

    times: int = 1


class AccessLogStore(Protocol):
    def note_access(self, note: AccessNote) -> None: ...

    def note_wrong_password(self, remote_addr: str, *, now: int, most: int) -> None:
        """`most` entries an hour, and one more for all other addresses, so that no flood fills the disk."""
        ...

    def access_log(self, *, most: int, most_wrong: int) -> Sequence[AccessEntry]:
        """The newest first. Of wrong passwords `most_wrong`, so that they hide nothing else."""
        ...

    def has_signed_in_from(self, remote_addr: str) -> bool:
        """As far as entries are kept."""
        ...
