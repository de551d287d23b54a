"""The loop that forgets the exact bytes of old webhooks. What they brought, and that they came, stays."""

import logging
import threading
import time
from collections.abc import Callable

from relay.retry import tolerate_busy_store
from relay.store.contract.core import PruneStore

log = logging.getLogger(__name__)

DAY_MS = 86_400_000
_AT_ONCE = 200  # in one short write, so that no webhook waits for it
_BETWEEN_SECONDS = 0.2
_ROUND_SECONDS = 60.0


class Pruner:
    """One per process. `run` returns after `stop`. `days` is asked in each round, since it may be changed."""

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
            except Exception:  # the deliveries beside us go on whatever happens here
                log.exception("pruning broke")
            self._stopping.wait(_BETWEEN_SECONDS if pruned == _AT_ONCE else _ROUND_SECONDS)

    def prune(self) -> int:
        """Some of what is too old; how many. Raises StoreBusyError."""
        pruned = self._store.prune_bodies(before=self._clock() - self._days() * DAY_MS, most=_AT_ONCE)
        if pruned:
            log.info("old bodies removed", extra={"number": pruned})
        return pruned
