"""The loop that delivers what is owed: claim, call, settle; woken at the commit, asleep otherwise."""

import contextlib
import logging
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

from relay.delivery.attempt import Destination, attempt
from relay.delivery.crew import Crew
from relay.errors import StoreBusyError
from relay.model import Owed, Settlement
from relay.store.contract import DeliveryStore

log = logging.getLogger(__name__)

LEASE_MS = 10_000
LOOK_SECONDS = 1.0  # the longest sleep: what a lost signal costs
GRACE_SECONDS = 20.0  # what is in hand at SIGTERM gets this long; hosts kill after 30
GATHER_SECONDS = 0.04  # under load: what ends in this time is settled together
AHEAD = 8  # claimed per hand, so that no hand waits for the store between two calls
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
        self._name = uuid.uuid4().hex
        self._in_hand: set[tuple[str, int]] = set()  # leases: (delivery id, token)
        self._ended: deque[tuple[Settlement, list[Owed]]] = deque()
        self._unsettled: list[Settlement] = []
        self._unbegun: list[Owed] = []
        hands = {c.target: c.concurrency for c in self._connections}
        threads = max(1, min(sum(hands.values()), _MOST_THREADS))
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="attempt")
        self._crews = {target: Crew(self._pool, self._attempt) for target in hands}
        self._asleep = False
        self._renew_at = 0

    def stop(self) -> None:
        """Safe in a signal handler."""
        self._stopping = True
        self._waiter.wake()

    def run(self) -> None:
        with _surviving_a_busy_store():
            self._resume_mended()
        while not self._stopping:
            self._rest(self._turn())
        self._finish()

    def _turn(self) -> float:
        """One round; the seconds to rest after it."""
        with _surviving_a_busy_store():
            settled = self._settle()
            self._renew()
            seconds = self._claim()
            crews = self._crews.values()
            gathers = settled and any(crew.has_waiting for crew in crews)
            return GATHER_SECONDS if gathers or any(crew.wants_hands for crew in crews) else seconds
        return LOOK_SECONDS

    def _rest(self, seconds: float) -> None:
        """Asleep, it is woken by the first attempt that ends; in a short rest, what ends gathers."""
        if seconds == GATHER_SECONDS:
            time.sleep(seconds)
            return
        self._asleep = True
        if not self._ended:
            self._waiter.wait(seconds)
        self._asleep = False

    def _claim(self) -> float:
        now = self._clock()
        claim = self._store.claim(
            self._connections, now=now, lease_until=now + self._lease_ms, worker=self._name, ahead=AHEAD
        )
        by_target: dict[str, list[Owed]] = {target: [] for target in self._crews}
        for owed in claim.owed:
            self._in_hand.add((owed.delivery_id, owed.token))
            by_target[self._destinations[owed.connection].connection.target].append(owed)
        for target, owed_there in by_target.items():
            self._crews[target].add(owed_there, claim.hands[target])
        if claim.look_at is None:
            return LOOK_SECONDS
        return min(LOOK_SECONDS, max(0, claim.look_at - now) / 1000)

    def _attempt(self, owed: Owed) -> None:
        settlement = attempt(owed, self._destinations[owed.connection], self._store, self._clock)
        halts = settlement.pause or settlement.hold_target_until  # nobody may call there now
        self._ended.append((settlement, self._crews[settlement.target].take_back() if halts else []))
        if self._asleep:
            self._waiter.wake()

    def _settle(self) -> int:
        """How many. What cannot be written now is kept and written with the next round."""
        while self._ended:
            settlement, unbegun = self._ended.popleft()
            self._unsettled.append(settlement)
            self._unbegun += unbegun
        count = len(self._unsettled)
        if count:
            stale = self._store.settle(self._unsettled)
            for settlement in self._unsettled:
                self._in_hand.discard((settlement.delivery_id, settlement.token))
                _log(settlement, refused=settlement in stale)
            self._unsettled = []
        if self._unbegun:
            leases = [(owed.delivery_id, owed.token) for owed in self._unbegun]
            self._store.release(leases, now=self._clock())
            self._in_hand.difference_update(leases)
            self._unbegun = []
        return count

    def _renew(self) -> None:
        now = self._clock()
        if self._in_hand and now >= self._renew_at:
            self._store.renew(self._in_hand, until=now + self._lease_ms)
            self._renew_at = now + self._lease_ms // 3

    def _resume_mended(self) -> None:
        for name in self._store.resume_mended(self._connections):
            log.info("connection resumed", extra={"connection": name, "why": "its options changed"})

    def _finish(self) -> None:
        """Finish what is in hand, release what was not begun, leave the rest to its leases."""
        for crew in self._crews.values():
            self._unbegun += crew.take_back()
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
