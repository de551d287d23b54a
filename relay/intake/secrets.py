"""The secrets that CreativeAI may sign with: the host's, and the one that the settings page was given.

A new one counts at once, in every process; each that it replaced for another day, so that no webhook is lost
while the new one is entered at CreativeAI, also when it was mistyped first.
"""

import contextlib
import json
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from relay.errors import SealedError, StoreBusyError
from relay.security.encryption import Vault
from relay.store.contract.admin import AccessStore

ENTERED, BEFORE = "entered on the settings page", "entered there before"
OVERLAP_MS = 86_400_000
_SETTING = "webhook_secret"  # sealed; also what it is sealed for
_FRESH_SECONDS = 1.0  # so long a process goes by what it has read
_LEAST, _MOST = 8, 500  # characters


@dataclass(frozen=True, slots=True)
class _Kept:
    """`before`: (secret, until when it counts too, in ms), the newest first."""

    entered: str
    since: int
    before: Sequence[tuple[str, int]] = ()


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

    def overlaps(self, now: int) -> Sequence[int]:
        """Until when each of those before it counts too, in ms; the longest first."""
        kept = self._kept()
        return [ends for _, ends in kept.before if now < ends] if kept else []

    def is_lost(self) -> bool:
        """One was entered, and no SECRET_KEY that is known opens it."""
        return bool(self._store.setting(_SETTING)) and self._kept() is None

    def change(self, secret: str, *, now: int) -> str:
        """From now on this one counts. A sentence where it cannot be one, else ""."""
        if not _LEAST <= len(secret) <= _MOST:
            return f"A secret has {_LEAST} to {_MOST} characters. Copy the secret from CreativeAI again."
        kept = self._kept()
        if kept and kept.entered == secret:
            return "This secret is already in use."
        before = [(kept.entered, now + OVERLAP_MS), *kept.before] if kept else []
        self._keep(_Kept(secret, now, [(old, ends) for old, ends in before if now < ends and old != secret]))
        return ""

    def end_overlap(self) -> None:
        """Those before it count no more."""
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
        before = [old for old, ends in kept.before if now < ends]
        return found | {f"{BEFORE} ({number})": old.encode() for number, old in enumerate(before, 1)}

    def _kept(self) -> _Kept | None:
        """None also where no known key opens it: what the host says counts then."""
        try:
            found = self._vault.open(_SETTING, self._store.setting(_SETTING) or "")
        except SealedError:
            return None
        if not found:
            return None
        return _Kept(
            found["entered"], int(found["since"]), [(old, ends) for old, ends in json.loads(found["before"])]
        )

    def _keep(self, kept: _Kept) -> None:
        fields = {"entered": kept.entered, "since": str(kept.since), "before": json.dumps(list(kept.before))}
        self._store.put_setting(_SETTING, self._vault.seal(_SETTING, fields))
        self._stale_at = 0.0
