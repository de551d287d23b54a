"""The loop that every worker runs: claim work under leases, keep them alive, write down results, stop.

A worker says how each of these is done for its kind of work; when, and what happens when the store is busy
or a step fails, is decided here for all of them.
"""

import logging
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from typing import ClassVar, Generic, TypeVar

from relay.errors import StoreBusyError
from relay.retry import tolerate_busy_store
from relay.store.contract.core import Waiter

log = logging.getLogger(__name__)

LEASE_MS = 10_000
LONGEST_SLEEP_SECONDS = 1.0  # what a lost wake-up signal costs
GRACE_SECONDS = 20.0  # running calls get this long after SIGTERM; hosts kill after 30

Lease = TypeVar("Lease", bound=Hashable)
Ended = TypeVar("Ended")


class LeaseLoop(ABC, Generic[Lease, Ended]):
    """One per process. `run` returns after `stop`, with every result written that arrived within the grace.

    A lease is an id with a fencing token; it is renewed at a third of its time, until its work is settled or
    released. What is still running after the grace is left to its lease.

    duties   done in each round before the claim, with the time in ms; they share the loop, so must be quick
    """

    name: ClassVar[str]  # of its threads, and in the log
    grace_seconds: ClassVar[float] = GRACE_SECONDS
    settle_at_most: ClassVar[int | None] = None  # results written together; None: all there are
    releases_unfinished: ClassVar[bool] = False  # for work that may simply be done again

    def __init__(
        self,
        waiter: Waiter,
        clock: Callable[[], int],
        *,
        lease_ms: int = LEASE_MS,
        longest_sleep: float = LONGEST_SLEEP_SECONDS,
        duties: Sequence[Callable[[int], None]] = (),
    ) -> None:
        self._waiter, self._clock = waiter, clock
        self._lease_ms, self._longest_sleep = lease_ms, longest_sleep
        self._duties = duties
        self._stopping = False
        self._leases: set[Lease] = set()
        self._ended: deque[Ended] = deque()  # added to by the threads that work
        self._unsettled: list[Ended] = []
        self._unbegun: list[Lease] = []  # added to by those threads too
        self._renew_at = 0
        self._sleep_seconds = longest_sleep

    @abstractmethod
    def _claim(self, now: int) -> int | None:
        """Lease what is due, add it to `_leases` and begin it. When the next is due, in ms; None: unknown."""

    @abstractmethod
    def _settle(self, ended: Sequence[Ended]) -> None:
        """Write these down, all or none."""

    @abstractmethod
    def _renew(self, leases: set[Lease], until: int) -> None: ...

    @abstractmethod
    def _release(self, leases: Sequence[Lease], now: int) -> None:
        """Give back, untouched, what was not begun."""

    @abstractmethod
    def _lease_of(self, ended: Ended) -> Lease: ...

    def stop(self) -> None:
        """Safe in a signal handler and from any thread."""
        self._stopping = True
        self._waiter.wake()

    def run(self) -> None:
        steps = self._steps()
        while not self._stopping:
            self._sleep_seconds = self._longest_sleep
            self._take(steps)
            self._sleep(self._sleep_seconds)
        self._finish()

    def _steps(self) -> Sequence[Callable[[int], None]]:
        """Of each round, in order."""
        return (self._settle_ended, self._renew_due, *self._duties, self._release_unbegun, self._claim_due)

    def _begin(self, lease: Lease, work: Callable[[], Ended]) -> None:
        """Do it in a thread of its own. `work` never raises: what happened is in what it returns."""
        self._leases.add(lease)
        threading.Thread(target=self._work, args=(lease, work), name=self.name, daemon=True).start()

    def _work(self, lease: Lease, work: Callable[[], Ended]) -> None:
        if self._stopping:
            self._unbegun.append(lease)
        else:
            self._ended.append(work())
        self._waiter.wake()

    def _sleep(self, seconds: float) -> None:
        self._waiter.wait(seconds)

    def _take(self, steps: Sequence[Callable[[int], None]]) -> None:
        """A busy store ends the round: the next step would wait for it too, and nothing is claimed while
        results are unwritten. A bug ends its own step only: the other loops of the process go on anyway."""
        with tolerate_busy_store():
            for step in steps:
                try:
                    step(self._clock())
                except StoreBusyError:
                    raise
                except Exception:
                    log.exception("worker step failed", extra={"worker": self.name})

    def _settle_ended(self, _now: int) -> None:
        """Results that cannot be written because the store is busy are kept for the next round."""
        self._collect_ended()
        while self._unsettled:
            batch = self._unsettled[: self.settle_at_most]
            try:
                self._settle(batch)
            except StoreBusyError:
                raise
            except Exception:  # trying for ever would stop all others; their leases run out instead
                log.exception("results could not be written", extra={"worker": self.name})
            self._forget(batch)

    def _collect_ended(self) -> None:
        while self._ended:
            self._unsettled.append(self._ended.popleft())

    def _forget(self, batch: Sequence[Ended]) -> None:
        """These, the first of what is unsettled, are written."""
        self._leases.difference_update(map(self._lease_of, batch))
        del self._unsettled[: len(batch)]

    def _renew_due(self, now: int) -> None:
        is_set_back = (
            now < self._renew_at - self._lease_ms
        )  # the clock: a lease that ends too late counts as over
        if self._leases and (now >= self._renew_at or is_set_back):
            self._renew(self._leases, now + self._lease_ms)
            self._renew_at = now + self._lease_ms // 3

    def _release_unbegun(self, now: int) -> None:
        leases = self._unbegun[:]
        if leases:
            self._release(leases, now)
            self._leases.difference_update(leases)
            del self._unbegun[: len(leases)]

    def _claim_due(self, now: int) -> None:
        next_due_at = self._claim(now)
        if next_due_at is not None:
            self._sleep_seconds = min(self._longest_sleep, max(0, next_due_at - now) / 1000)

    def _finish(self) -> None:
        deadline = time.monotonic() + self.grace_seconds
        while self._leases and time.monotonic() < deadline:
            self._take((self._settle_ended, self._release_unbegun, self._renew_due))
            if self._leases:
                self._waiter.wait(0.1)
        if self.releases_unfinished:
            self._unbegun.extend(self._leases)
            self._take((self._release_unbegun,))
        self._waiter.close()
        log.info("worker stopped", extra={"worker": self.name, "unfinished": len(self._leases)})
