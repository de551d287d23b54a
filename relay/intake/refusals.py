"""Counts the webhooks that are refused, and writes the counts down beside the path that answers."""

import logging
import threading
from collections.abc import Sequence
from dataclasses import replace

from relay.errors import StoreBusyError
from relay.models.views import RefusedWebhooks
from relay.store.contract.refusals import RefusalStore

log = logging.getLogger(__name__)

HOUR_MS = 3_600_000
LONGEST_SENDER = 60  # characters; an address has fewer
_EVERY_SECONDS = 1.0


class RefusalCounter:
    """One per process. However many are refused, that costs one small write a second, on a thread of its own.

    While the database is busy the counts stay in memory: one for each hour and reason. A crash loses those of
    the last second.
    """

    def __init__(self, store: RefusalStore, every: float = _EVERY_SECONDS) -> None:
        self._store, self._every = store, every
        self._waiting: dict[tuple[int, str], RefusedWebhooks] = {}
        self._change = threading.Condition()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None  # from the first one on

    def add(self, now: int, sender: str, reason: str) -> None:
        """`now` in ms. Never waits for the database."""
        one = RefusedWebhooks(now - now % HOUR_MS, reason, 1, now, sender[:LONGEST_SENDER])
        with self._change:
            self._put(one)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="refusals", daemon=True)
                self._thread.start()
            self._change.notify()

    def stop(self) -> None:
        """What waits is written, if the database is not busy."""
        with self._change:
            self._stopping.set()
            self._change.notify()
            thread = self._thread
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._waiting or self._stopping.is_set())
                batch, self._waiting = [*self._waiting.values()], {}
                is_last = self._stopping.is_set()
            if batch:
                self._write(batch)
            if is_last:
                return
            self._stopping.wait(self._every)

    def _write(self, batch: Sequence[RefusedWebhooks]) -> None:
        try:
            self._store.add_refused(batch)
        except StoreBusyError:
            with self._change:
                newer, self._waiting = [*self._waiting.values()], {}
                for each in (*batch, *newer):
                    self._put(each)
        except Exception:  # the next ones are counted all the same
            log.exception("refused webhooks not counted")

    def _put(self, later: RefusedWebhooks) -> None:
        key = (later.hour, later.reason)
        known = self._waiting.get(key)
        self._waiting[key] = replace(later, count=known.count + later.count) if known else later
