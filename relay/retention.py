"""The loop that deletes old webhook payloads. Events stay, to guard against duplicates, and so do results."""

import logging
import threading
import time
from collections.abc import Callable

from relay.retry import tolerate_busy_store
from relay.store.contract.core import PruneStore

log = logging.getLogger(__name__)

DAY_MS = 86_400_000
_BATCH_SIZE = 200  # in one short write, so that no webhook waits for it
_PAUSE_SECONDS = 0.2
_ROUND_SECONDS = 60.0


class Pruner:
    """One per process. `run` returns after `stop`. `days` is called in each round: it may change."""

    def __init__(
        self,
        store: PruneStore,
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
            pruned = 0
            try:
                with tolerate_busy_store():
                    pruned = self.prune()
            except Exception:  # a failure here must not end the other loops of the process
                log.exception("pruning failed")
            self._stopping.wait(_PAUSE_SECONDS if pruned == _BATCH_SIZE else _ROUND_SECONDS)

    def prune(self) -> int:
        """Delete one batch of what is too old; returns how many. Raises StoreBusyError."""
        pruned = self._store.prune_bodies(before=self._clock() - self._days() * DAY_MS, most=_BATCH_SIZE)
        if pruned:
            log.info("old webhook payloads deleted", extra={"number": pruned})
        return pruned
