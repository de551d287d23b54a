"""The secrets that may verify a webhook: those of the environment, and the one from the settings page.

A new one is in effect at once, in every process. Each that it replaced stays valid for another day, so that
no webhook is lost while the new one is entered at CreativeAI, also when it was mistyped first.
"""

import contextlib
import json
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from relay.errors import SealedError, StoreBusyError
from relay.security.encryption import Vault
from relay.store.contract.access_log import AccessNote
from relay.store.contract.admin import AccessStore

ENTERED, BEFORE = "entered on the settings page", "entered there before"
OVERLAP_MS = 86_400_000
_SETTING = "webhook_secret"  # sealed; also what it is sealed for
_FRESH_SECONDS = 1.0  # how long a process uses what it has read
_MIN_LENGTH, _MAX_LENGTH = 8, 500  # characters


@dataclass(frozen=True, slots=True)
class _Stored:
    """`before`: (secret, until when it is valid, in ms), the newest first."""

    entered: str
    since: int
    before: Sequence[tuple[str, int]] = ()


class WebhookSecrets:
    """Calling it gives name -> bytes, the likeliest first. Safe for many threads."""

    def __init__(self, host: Mapping[str, bytes], store: AccessStore, vault: Vault) -> None:
        self.host = host
        self._store, self._vault = store, vault
        self._lock = threading.Lock()
        self._read: Mapping[str, bytes] = host
        self._stale_at = 0.0

    def __call__(self) -> Mapping[str, bytes]:
        """Never raises: while the store cannot be read, those that were read last stay in effect."""
        if time.monotonic() >= self._stale_at:
            with self._lock, contextlib.suppress(StoreBusyError):
                self._read = self._all(time.time_ns() // 1_000_000)
            self._stale_at = time.monotonic() + _FRESH_SECONDS
        return self._read

    def is_fresh(self) -> bool:
        """The next call does not read the store."""
        return time.monotonic() < self._stale_at

    def since(self) -> int | None:
        """When the current one was entered, in ms; None: there is none."""
        kept = self._kept()
        return kept.since if kept else None

    def overlaps(self, now: int) -> Sequence[int]:
        """Until when each earlier one is still valid, in ms; the longest first."""
        kept = self._kept()
        return [ends for _, ends in kept.before if now < ends] if kept else []

    def is_lost(self) -> bool:
        """One was entered, and no known SECRET_KEY decrypts it."""
        return bool(self._store.setting(_SETTING)) and self._kept() is None

    def change(self, secret: str, *, now: int, note: AccessNote | None = None) -> str:
        """Use this one from now on. A message if it is not valid, else "". `note` is kept with it."""
        if not _MIN_LENGTH <= len(secret) <= _MAX_LENGTH:
            length = f"{_MIN_LENGTH} to {_MAX_LENGTH} characters"
            return f"A secret has {length}. Copy the secret from CreativeAI again."
        kept = self._kept()
        if kept and kept.entered == secret:
            return "This secret is already in use."
        before = [(kept.entered, now + OVERLAP_MS), *kept.before] if kept else []
        self._keep(
            _Stored(secret, now, [(old, ends) for old, ends in before if now < ends and old != secret]), note
        )
        return ""

    def end_overlap(self, note: AccessNote | None = None) -> None:
        """Earlier ones are no longer valid."""
        if kept := self._kept():
            self._keep(_Stored(kept.entered, kept.since), note)

    def forget(self, note: AccessNote | None = None) -> None:
        """Use only those of the environment from now on."""
        self._store.put_setting(_SETTING, None, note)
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

    def _kept(self) -> _Stored | None:
        """None also where no known key decrypts it: only those of the environment are valid then."""
        try:
            found = self._vault.open(_SETTING, self._store.setting(_SETTING) or "")
        except SealedError:
            return None
        if not found:
            return None
        return _Stored(
            found["entered"], int(found["since"]), [(old, ends) for old, ends in json.loads(found["before"])]
        )

    def _keep(self, kept: _Stored, note: AccessNote | None = None) -> None:
        fields = {"entered": kept.entered, "since": str(kept.since), "before": json.dumps(list(kept.before))}
        self._store.put_setting(_SETTING, self._vault.seal(_SETTING, fields), note)
        self._stale_at = 0.0
