"""The loop that delivers what is owed: claim, call, settle; woken at the commit, asleep otherwise."""

import logging
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from relay.delivery.attempt import Destination, attempt
from relay.delivery.links import Link, no_link
from relay.delivery.target_pool import TargetPool, Task
from relay.models.core import Route
from relay.models.delivery import ClaimedDelivery, Settlement
from relay.retry import tolerate_busy_store
from relay.store.contract.core import DeliveryStore

log = logging.getLogger(__name__)

LEASE_MS = 10_000
LOOK_SECONDS = 1.0  # the longest sleep: what a lost signal costs
GRACE_SECONDS = 20.0  # what is in hand at SIGTERM gets this long; hosts kill after 30
BATCH_SECONDS = 0.04  # under load: what ends in this time is settled together
AHEAD = 8  # claimed per hand, so that no hand waits for the store between two calls
_MOST_THREADS = 128  # each comes into being when a hand first needs it


class DeliveryWorker:
    """One per process. `run` returns after `stop`, with nothing claimed left unsettled or unreleased.

    `destinations` is asked in every round; when it gives another mapping, they have changed.
    """

    def __init__(
        self,
        store: DeliveryStore,
        destinations: Callable[[], Mapping[str, Destination]],
        clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        *,
        link: Link = no_link,
        public_url: str = "",
        lease_ms: int = LEASE_MS,
    ) -> None:
        self._store = store
        self._link = link
        self._public_url = public_url
        self._ask_destinations = destinations
        self._destinations: Mapping[str, Destination] = {}
        self._connections: list[Route] = []
        self._clock = clock
        self._lease_ms = lease_ms
        self._waiter = store.listen()
        self._stopping = False
        self._name = uuid.uuid4().hex
        self._in_hand: set[tuple[str, int]] = set()  # leases: (delivery id, token)
        self._ended: deque[tuple[Settlement, list[ClaimedDelivery]]] = deque()
        self._unsettled: list[Settlement] = []
        self._unbegun: list[ClaimedDelivery] = []
        self._pool = ThreadPoolExecutor(_MOST_THREADS, thread_name_prefix="attempt")
        self._pools: dict[str, TargetPool] = {}
        self._halting: list[Settlement] = []  # said that nobody may call now, and not yet written
        self._halting_lock = threading.Lock()
        self._pauses_mended = False
        self._asleep = False
        self._renew_at = 0

    def stop(self) -> None:
        """Safe in a signal handler."""
        self._stopping = True
        self._waiter.wake()

    def run(self) -> None:
        while not self._stopping:
            self._rest(self._turn())
        self._finish()

    def _turn(self) -> float | None:
        """One round; the seconds to sleep after it, None: a short rest."""
        with tolerate_busy_store():
            self._reload()
            settled = self._settle()
            self._renew()
            seconds = self._claim()
            pools = self._pools.values()
            gathers = settled and any(pool.has_waiting for pool in pools)
            return None if gathers or any(pool.wants_slots for pool in pools) else seconds
        return LOOK_SECONDS

    def _rest(self, seconds: float | None) -> None:
        """Asleep, it is woken by the first attempt that ends; in a short rest, what ends gathers."""
        if seconds is None:
            time.sleep(BATCH_SECONDS)
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
        self._in_hand.update((claimed.delivery_id, claimed.token) for claimed in claim.deliveries)
        tasks: dict[str, list[Task]] = {target: [] for target in claim.slots}
        with self._halting_lock:
            for claimed in claim.deliveries:
                destination = self._destinations[claimed.connection]
                if any(settlement.blocks(destination.connection) for settlement in self._halting):
                    self._unbegun.append(claimed)  # claimed before the store could know
                else:
                    tasks[destination.connection.target].append(Task(claimed, destination))
            for target, slots in claim.slots.items():
                self._pools[target].add(tasks[target], slots)
        if claim.next_due_at is None:
            return LOOK_SECONDS
        return min(LOOK_SECONDS, max(0, claim.next_due_at - now) / 1000)

    def _attempt(self, task: Task) -> None:
        settlement = attempt(
            *(task.delivery, task.destination, self._store, self._clock, self._link),
            public_url=self._public_url,
        )
        unbegun: list[ClaimedDelivery] = []
        if settlement.pause or settlement.hold_target_until:
            with self._halting_lock:
                self._halting.append(settlement)
                for pool in self._pools.values():
                    unbegun += pool.take_back(settlement.blocks)
        self._ended.append((settlement, unbegun))
        if self._asleep:
            self._waiter.wake()

    def _reload(self) -> None:
        """What runs ends with what it began with; what waits is claimed again, for what holds now."""
        found = self._ask_destinations()
        if found is self._destinations:
            return
        connections = [destination.connection for destination in found.values()]
        self._resume_mended(connections)
        with self._halting_lock:
            for pool in self._pools.values():
                self._unbegun += pool.take_back()
            busy = {target: pool for target, pool in self._pools.items() if not pool.is_idle}
            made = {c.target: TargetPool(self._pool, self._attempt) for c in connections}
            self._pools = made | busy  # a busy one is kept: its hands count against its target
        self._destinations, self._connections = found, connections

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
            with self._halting_lock:
                self._halting = [each for each in self._halting if each not in self._unsettled]
            self._pauses_mended |= any(map(self._is_mended, self._unsettled))
            self._unsettled = []
        if self._pauses_mended:
            self._resume_mended(self._connections)
            self._pauses_mended = False
        if self._unbegun:
            leases = [(claimed.delivery_id, claimed.token) for claimed in self._unbegun]
            self._store.release(leases, now=self._clock())
            self._in_hand.difference_update(leases)
            self._unbegun = []
        return count

    def _renew(self) -> None:
        now = self._clock()
        if self._in_hand and now >= self._renew_at:
            self._store.renew(self._in_hand, until=now + self._lease_ms)
            self._renew_at = now + self._lease_ms // 3

    def _is_mended(self, settlement: Settlement) -> bool:
        """It pauses a connection whose options were changed while the call was under way."""
        current = self._destinations.get(settlement.connection)
        changed = current is not None and current.connection.fingerprint != settlement.fingerprint
        return changed and settlement.pause is not None

    def _resume_mended(self, connections: Sequence[Route]) -> None:
        for name in self._store.resume_changed(connections):
            log.info("connection resumed", extra={"connection": name, "why": "its options changed"})

    def _finish(self) -> None:
        """Finish what is in hand, release what was not begun, leave the rest to its leases."""
        for pool in self._pools.values():
            self._unbegun += pool.take_back()
        deadline = time.monotonic() + GRACE_SECONDS
        while self._in_hand and time.monotonic() < deadline:
            with tolerate_busy_store():
                self._settle()
                self._renew()
            if self._in_hand:
                self._waiter.wait(0.1)
        self._pool.shutdown(wait=False)
        self._waiter.close()
        log.info("worker stopped", extra={"left_in_hand": len(self._in_hand)})


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
