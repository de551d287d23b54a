"""The loop that delivers what is owed: claim, call, settle; woken at the commit, asleep otherwise."""

import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from relay.delivery.attempt import Destination, attempt
from relay.errors import StoreBusyError
from relay.model import Owed, Settlement
from relay.store.contract import DeliveryStore

log = logging.getLogger(__name__)

LEASE_MS = 10_000
LOOK_SECONDS = 1.0  # the longest sleep: what a lost signal costs
GRACE_SECONDS = 20.0  # what is in hand at SIGTERM gets this long; hosts kill after 30
_MOST_THREADS = 128


class Worker:
    """One per process. `run` returns after `stop`, with nothing claimed left unsettled or unreleased."""

    def __init__(
        self,
        store: DeliveryStore,
        destinations: Mapping[str, Destination],
        clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        *,
        lease_ms: int = LEASE_MS,
    ) -> None:
        self._store = store
        self._destinations = destinations
        self._connections = [destination.connection for destination in destinations.values()]
        self._clock = clock
        self._lease_ms = lease_ms
        self._waiter = store.listen()
        self._stopping = False
        self._in_hand: dict[tuple[str, int], Future[None]] = {}  # by (delivery id, token)
        self._ended: deque[Settlement] = deque()
        self._unsettled: list[Settlement] = []
        threads = sum({c.target: c.concurrency for c in self._connections}.values())
        self._pool = ThreadPoolExecutor(max(1, min(threads, _MOST_THREADS)), thread_name_prefix="attempt")
        self._renew_at = 0

    def stop(self) -> None:
        """Safe in a signal handler."""
        self._stopping = True
        self._waiter.wake()

    def run(self) -> None:
        with _surviving_a_busy_store():
            self._resume_mended()
        while not self._stopping:
            self._waiter.wait(self._turn())
        self._finish()

    def _turn(self) -> float:
        """One round; the seconds to sleep after it."""
        with _surviving_a_busy_store():
            self._settle()
            self._renew()
            return self._claim()
        return LOOK_SECONDS

    def _claim(self) -> float:
        now = self._clock()
        claim = self._store.claim(self._connections, now=now, lease_until=now + self._lease_ms)
        for owed in claim.owed:
            self._in_hand[owed.delivery_id, owed.token] = self._pool.submit(self._attempt, owed)
        if claim.look_at is None:
            return LOOK_SECONDS
        return min(LOOK_SECONDS, max(0, claim.look_at - now) / 1000)

    def _attempt(self, owed: Owed) -> None:
        settlement = attempt(owed, self._destinations[owed.connection], self._store, self._clock)
        self._ended.append(settlement)
        self._waiter.wake()

    def _settle(self) -> None:
        """What cannot be written now is kept and written with the next round."""
        while self._ended:
            self._unsettled.append(self._ended.popleft())
        if not self._unsettled:
            return
        stale = self._store.settle(self._unsettled)
        for settlement in self._unsettled:
            self._in_hand.pop((settlement.delivery_id, settlement.token), None)
            _log(settlement, refused=settlement in stale)
        self._unsettled = []

    def _renew(self) -> None:
        now = self._clock()
        if self._in_hand and now >= self._renew_at:
            self._store.renew(list(self._in_hand), until=now + self._lease_ms)
            self._renew_at = now + self._lease_ms // 3

    def _resume_mended(self) -> None:
        for name in self._store.resume_mended(self._connections):
            log.info("connection resumed", extra={"connection": name, "why": "its options changed"})

    def _finish(self) -> None:
        """Finish what is in hand, release what was not begun, leave the rest to its leases."""
        unbegun = [lease for lease, future in self._in_hand.items() if future.cancel()]
        for lease in unbegun:
            del self._in_hand[lease]
        with _surviving_a_busy_store():
            self._store.release(unbegun, now=self._clock())
        deadline = time.monotonic() + GRACE_SECONDS
        while self._in_hand and time.monotonic() < deadline:
            with _surviving_a_busy_store():
                self._settle()
                self._renew()
            if self._in_hand:
                self._waiter.wait(0.1)
        self._pool.shutdown(wait=False)
        self._waiter.close()
        log.info("worker stopped", extra={"left_in_hand": len(self._in_hand)})


@contextlib.contextmanager
def _surviving_a_busy_store() -> Iterator[None]:
    """What could not be written is tried again in the next round."""
    try:
        yield
    except StoreBusyError as error:
        log.warning("store busy", extra={"why": str(error)})


def _log(settlement: Settlement, *, refused: bool) -> None:
    log.info(
        "stale attempt refused" if refused else "attempt",
        extra={
            "delivery": settlement.delivery_id,
            "connection": settlement.connection,
            "outcome": settlement.outcome.value,
            "status": settlement.status.value,
            "milliseconds": settlement.milliseconds,
            "http_status": settlement.http_status,
            "message_text": settlement.message,
        },
    )
