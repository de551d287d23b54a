"""The loop that deletes old texts and gives their room back to the disk.

Events, shop events and deliveries stay, to guard against duplicates, and so do results.
"""

import logging
import threading
import time
from collections.abc import Callable

from relay.retry import tolerate_busy_store
from relay.store.contract.maintenance import MaintenanceStore

log = logging.getLogger(__name__)

DAY_MS = 86_400_000
_BATCH_SIZE = 200  # in one short write, so that no webhook waits for it
_PAUSE_SECONDS = 0.2
_ROUND_SECONDS = 60.0


class Pruner:
    """One per process. `run` returns after `stop`. `days` is called in each round: it may change."""

    def __init__(
        self,
        store: MaintenanceStore,
        days: Callable[[], int],
        clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._store, self._days, self._clock = store, days, clock
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Safe in a signal handler and from any thread."""
        self._stopping.set()

    def run(self) -> None:
        while not self._stopping.is_set():
            more = False
            try:
                with tolerate_busy_store():
                    more = self.prune()
            except Exception:  # a failure here must not end the other loops of the process
                log.exception("pruning failed")
            self._stopping.wait(_PAUSE_SECONDS if more else _ROUND_SECONDS)

    def prune(self) -> bool:
        """Delete one batch of each kind of text that is too old, and give some room back. False: nothing is
        left to do. Raises StoreBusyError."""
        now, most = self._clock(), _BATCH_SIZE
        before = now - self._days() * DAY_MS
        deleted = {
            "webhook_payloads": self._store.prune_bodies(before=before, most=most),
            "shop_webhook_payloads": self._store.prune_shop_events(before=before, most=most),
            "attempts": self._store.prune_attempts(before=before, most=most),
            "refused_webhooks": self._store.prune_refused(before=before, most=most),
            "access_log": self._store.prune_access_log(before=before, most=most),
            "calls": self._store.prune_calls(before=now - DAY_MS, most=most),
        }
        if any(deleted.values()):
            log.info("old records deleted", extra=deleted)
        more = most in deleted.values()
        return self._store.release_space() or more
