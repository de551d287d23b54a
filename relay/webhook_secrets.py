"""The secrets that CreativeAI may sign with: the host's, and the one that the settings page was given.

A new one counts at once, in every process; the one before it for another day, so that no webhook is lost
while the new one is entered at CreativeAI.
"""

import contextlib
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from relay.errors import SealedError, StoreBusyError
from relay.store.pages_contract import AccessStore
from relay.vault import Vault

ENTERED, BEFORE = "entered on the settings page", "the one before it"
OVERLAP_MS = 86_400_000
_SETTING = "webhook_secret"  # sealed; also what it is sealed for
_FRESH_SECONDS = 1.0  # so long a process goes by what it has read
_LEAST, _MOST = 8, 500  # characters


@dataclass(frozen=True, slots=True)
class _Kept:
    """`before` counts until `before_ends` (ms)."""

    entered: str
    since: int
    before: str = ""
    before_ends: int = 0


class WebhookSecrets:
    """Called, it gives name -> bytes, the likeliest first. May be called by many threads."""

    def __init__(self, host: Mapping[str, bytes], store: AccessStore, vault: Vault) -> None:
        self.host = host
        self._store, self._vault = store, vault
        self._lock = threading.Lock()
        self._read: Mapping[str, bytes] = host
        self._stale_at = 0.0

    def __call__(self) -> Mapping[str, bytes]:
        """Never raises: while the store cannot be read, those count that were read last."""
        if time.monotonic() >= self._stale_at:
            with self._lock, contextlib.suppress(StoreBusyError):
                self._read = self._all(time.time_ns() // 1_000_000)
            self._stale_at = time.monotonic() + _FRESH_SECONDS
        return self._read

    def since(self) -> int | None:
        """When the one that counts was entered, in ms; None: none was."""
        kept = self._kept()
        return kept.since if kept else None

    def overlap_ends(self, now: int) -> int | None:
        """Until when the one before it counts too, in ms; None: it does not."""
        kept = self._kept()
        return kept.before_ends if kept and kept.before and now < kept.before_ends else None

    def is_lost(self) -> bool:
        """One was entered, and no SECRET_KEY that is known opens it."""
        return bool(self._store.setting(_SETTING)) and self._kept() is None

    def change(self, secret: str, *, now: int) -> str:
        """From now on this one counts. A sentence where it cannot be one, else ""."""
        if not _LEAST <= len(secret) <= _MOST:
            return f"A secret has {_LEAST} to {_MOST} characters. Copy it from CreativeAI once more."
        kept = self._kept()
        if kept and kept.entered == secret:
            return "This is the one that counts already."
        self._keep(_Kept(secret, now, kept.entered, now + OVERLAP_MS) if kept else _Kept(secret, now))
        return ""

    def end_overlap(self) -> None:
        """The one before counts no more."""
        if kept := self._kept():
            self._keep(_Kept(kept.entered, kept.since))

    def forget(self) -> None:
        """Only the host's count from now on."""
        self._store.put_setting(_SETTING, None)
        self._stale_at = 0.0

    def renew(self) -> None:
        """Encrypt it under the newest key."""
        kept = self._kept()
        if kept and not self._vault.is_current(self._store.setting(_SETTING) or ""):
            self._keep(kept)

    def _all(self, now: int) -> Mapping[str, bytes]:
        kept = self._kept()
        if kept is None:
            return self.host
        found = {ENTERED: kept.entered.encode(), **self.host}
        if kept.before and now < kept.before_ends:
            found[BEFORE] = kept.before.encode()
        return found

    def _kept(self) -> _Kept | None:
        """None also where no known key opens it: what the host says counts then."""
        try:
            found = self._vault.open(_SETTING, self._store.setting(_SETTING) or "")
        except SealedError:
            return None
        if not found:
            return None
        return _Kept(found["entered"], int(found["since"]), found["before"], int(found["before_ends"]))

    def _keep(self, kept: _Kept) -> None:
        fields = {name: str(getattr(kept, name)) for name in _Kept.__slots__}
        self._store.put_setting(_SETTING, self._vault.seal(_SETTING, fields))
        self._stale_at = 0.0
