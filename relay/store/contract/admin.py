"""The store's interface for pages: sign-in, settings, search, share links. Times are integer ms, UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from relay.models.job import Job
from relay.store.contract.access_log import AccessNote


@dataclass(frozen=True, slots=True)
class LoginAttempts:
    """How many attempts to sign in are left after this one.

    wait_until  none may be made before; None: this one may be judged
    by_others   the wait is for what came from all addresses together
    """

    left: int
    wait_until: int | None = None
    by_others: bool = False


@dataclass(frozen=True, slots=True)
class Slowdown:
    """After `most` attempts, one in each `pause` ms: guessing is slow, and nobody is locked out."""

    most: int
    pause: int


@dataclass(frozen=True, slots=True)
class NewShareLink:
    """A link for a colleague: which form it opens, which fields are fixed, how many credits it may spend.

    fixed_values  by the form's field, as it would be entered
    expires_at    in ms; None: never
    """

    name: str
    form: str
    fixed_values: Mapping[str, str]
    budget: float
    expires_at: int | None = None


@dataclass(frozen=True, slots=True)
class ShareLink(NewShareLink):
    """One that exists. `used`: credits that its jobs have cost so far, as reported, else as estimated."""

    id: str = ""
    created_at: int = 0
    revoked_at: int | None = None
    used: float = 0.0

    def is_open(self, now: int) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class AccessStore(Protocol):
    def take_login_attempt(
        self,
        who: str,
        *,
        now: int,
        most: int,
        span: int,
        pause: int | None = None,
        browser: str = "",
        overall: Slowdown | None = None,
    ) -> LoginAttempts:
        """Count an attempt of this address before it is judged, so that many at once are no more than `most`
        within `span` ms. One that has to wait is not counted, and so makes nobody wait longer.

        pause    in ms; instead of none, one attempt in so long is allowed after `most`
        browser  the ID of one that has signed in before: only its own attempts are counted against `most`
        overall  what all addresses together are held to within the same span
        """
        ...

    def forget_login_attempts(self, who: str, browser: str = "") -> None:
        """The password was right."""

    def setting(self, name: str) -> str | None: ...

    def settings(self) -> Mapping[str, str]:
        """All of them."""

    def put_setting(self, name: str, value: str | None, note: AccessNote | None = None) -> None:
        """None: unset it. `note` is written to the access log with it."""

    def put_settings(self, values: Mapping[str, str | None], note: AccessNote | None = None) -> None:
        """All or none."""

    def keep_setting(self, name: str, value: str) -> str:
        """What it is set to; where it was not set, this value from now on."""

    def raise_setting(self, name: str, note: AccessNote | None = None) -> None:
        """A number, one higher than before; 1 for the first time."""


class SearchStore(Protocol):
    def find_jobs(
        self,
        text: str,
        *,
        limit: int,
        before: str = "",
        since: str = "",
        until: str = "",
        status: str = "",
        kind: str = "",
    ) -> list[Job]:
        """Jobs whose prompt, context or id has all these words, or words that begin so; newest first.

        `before` is the id of the last one seen; from `since` on, before `until` ("": without end). Of the
        jobs with these words, the newest 2,000 after `before` are searched.
        """


class ShareStore(Protocol):
    """`JobStore.create_jobs` and `create_pipeline` keep jobs to the budget of their share link."""

    def add_share(self, share: NewShareLink, *, now: int) -> str:
        """Its id."""

    def shares(self) -> list[ShareLink]:
        """Newest first, also those that have ended."""

    def share(self, share_id: str) -> ShareLink | None: ...

    def revoke_share(self, share_id: str, *, now: int) -> bool:
        """False: there is none, or it was revoked before."""

    def jobs_of_share_link(self, share_id: str, *, limit: int, before: str = "") -> list[Job]:
        """Newest first; `before` is the id of the last one seen."""


class BackupStore(Protocol):
    def copy(self) -> BinaryIO:
        """All that is committed at this moment, as a database of its own, in a file that has no name and is
        gone once it is closed. No other call waits for it. Raises StoreBusyError, also while another is being
        made."""
