"""The worker that sends deliveries: a pool of slots per target; attempts are settled in batches."""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from relay.delivery import worker_process
from relay.delivery.attempt import Destination, attempt
from relay.delivery.links import Link, no_link
from relay.delivery.output_files import FilesOf
from relay.delivery.target_pool import SpareSlots, TargetPool, Task
from relay.errors import StoreBusyError
from relay.lease_loop import LEASE_MS, LeaseLoop
from relay.models.connection import Route
from relay.models.delivery import Claim, ClaimedDelivery, Settlement
from relay.retry import tolerate_busy_store
from relay.store.contract.core import DELIVERY, DeliveryStore

log = logging.getLogger(__name__)

BATCH_SECONDS = 0.01  # attempts that end within it are settled together
STEP_SECONDS = 0.04  # between two steps of a target's slots
AHEAD = 8  # claimed per slot, so that no slot waits for the store between two calls
SPARE_SLOTS = 96  # of all targets together, beyond those that each has of its own: what a small host can run

Lease = tuple[str, int]  # (delivery id, token)
Ended = tuple[
    Settlement, Sequence[Lease]
]  # the outcome, and claimed deliveries that must not begin because of it


class DeliveryWorker(LeaseLoop[Lease, Ended]):
    """`destinations` is called in every round; another mapping object means that they changed."""

    name = "delivery"

    def __init__(
        self,
        store: DeliveryStore,
        destinations: Callable[[], Mapping[str, Destination]],
        clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        *,
        files: FilesOf,
        link: Link = no_link,
        public_url: str = "",
        lease_ms: int = LEASE_MS,
    ) -> None:
        super().__init__(store.listen(DELIVERY), clock, lease_ms=lease_ms, duties=(self._reload,))
        self._store = store
        self._link = link
        self._files = files
        self._public_url = public_url
        self._ask_destinations = destinations
        self._destinations: Mapping[str, Destination] = {}
        self._connections: list[Route] = []
        self._worker_id = f"{worker_process.identity()} {uuid.uuid4().hex}"
        self._spare_slots = SpareSlots(SPARE_SLOTS)
        self._pools: dict[str, TargetPool] = {}
        self._halting: list[Settlement] = []  # pauses and holds that are not written yet
        self._halting_lock = threading.Lock()
        self._asleep = False  # the next attempt that ends has to wake it
        self._hurries = False  # what ended is to be settled at once
        self._stepped = 0.0  # when slots were added last, by time.perf_counter()
        self._wants_step = False

    def run(self) -> None:
        with tolerate_busy_store():  # else their leases end by themselves
            self._end_leases_of_the_dead()
        super().run()

    def _end_leases_of_the_dead(self) -> None:
        """They would count as calls that are being made, and keep this one from making them."""
        now = self._clock()
        for worker in filter(worker_process.has_died, self._store.lease_holders(now=now)):
            self._store.end_leases(worker, now=now)

    def _steps(self) -> Sequence[Callable[[int], None]]:
        """What has ended is settled with the claim, in one transaction."""
        return (self._renew_due, *self._duties, self._release_unbegun, self._claim_due)

    def _claim(self, now: int) -> int | None:
        self._wants_step = False
        self._collect_ended()
        ended = self._unsettled[:]
        try:
            claim = self._store.claim(
                self._connections,
                now=now,
                lease_until=now + self._lease_ms,
                worker=self._worker_id,
                ahead=AHEAD,
                settled=[settlement for settlement, _ in ended],
            )
        except StoreBusyError:
            raise
        except Exception:
            self._settle_ended(now)  # alone, so that neither keeps the other from being written
            raise
        self._settled(ended, claim.stale)
        self._forget(ended)
        self._begin_claimed(claim)
        return 0 if self._unbegun else claim.next_due_at

    def _begin_claimed(self, claim: Claim) -> None:
        tasks: dict[str, list[Task]] = {target: [] for target in claim.slots}
        with self._halting_lock:
            for claimed in claim.deliveries:
                destination = self._destinations[claimed.connection]
                if any(settlement.blocks(destination.connection) for settlement in self._halting):
                    self._unbegun += _leases([claimed])  # claimed before the store had the hold
                else:
                    tasks[destination.connection.target].append(Task(claimed, destination))
            steps = time.perf_counter() - self._stepped >= STEP_SECONDS
            for target, slots in claim.slots.items():
                self._pools[target].add(tasks[target], slots, steps=steps, backlog=target in claim.backlog)
        if steps:
            self._stepped = time.perf_counter()
        self._wants_step = any(pool.wants_slots for pool in self._pools.values())
        self._leases.update(_leases(claim.deliveries))

    def _sleep(self, seconds: float) -> None:
        """What arrives ends it at once. An attempt that ends makes it wait briefly, to settle a batch."""
        if self._wants_step:
            seconds = min(seconds, STEP_SECONDS)
        notified = False
        self._asleep = True
        if not self._ended and not self._hurries:
            notified = self._waiter.wait(seconds)
        self._asleep = False
        if self._ended and not (notified or self._hurries or self._stopping):
            self._waiter.wait(BATCH_SECONDS)
        self._hurries = False

    def _hurry(self) -> None:
        self._hurries = True
        self._waiter.wake()

    def _attempt(self, task: Task) -> None:
        settlement = attempt(
            *(task.delivery, task.destination, self._store, self._clock, self._link),
            files=self._files,
            public_url=self._public_url,
        )
        unbegun: list[ClaimedDelivery] = []
        if settlement.pause or settlement.hold:
            with self._halting_lock:
                self._halting.append(settlement)
                for pool in self._pools.values():
                    unbegun += pool.take_back(settlement.blocks)
        self._ended.append((settlement, _leases(unbegun)))
        if settlement.pause or settlement.hold:
            self._hurry()
        elif self._asleep:
            self._asleep = False
            self._waiter.wake()

    def _reload(self, _now: int) -> None:
        """Running calls keep their options; waiting deliveries are released and claimed with the new ones."""
        found = self._ask_destinations()
        if found is self._destinations:
            return
        connections = [destination.connection for destination in found.values()]
        for name in self._store.update_routes(connections):
            log.info("connection resumed", extra={"connection": name, "why": "its options changed"})
        with self._halting_lock:
            self._take_back_all()
            busy = {target: pool for target, pool in self._pools.items() if not pool.is_idle}
            made = {c.target: TargetPool(self._attempt, self._spare_slots, self._hurry) for c in connections}
            self._pools = made | busy  # a busy one is kept: its slots count against its target
        self._destinations, self._connections = found, connections

    def _settle(self, ended: Sequence[Ended]) -> None:
        self._settled(ended, self._store.settle([settlement for settlement, _ in ended]))

    def _settled(self, ended: Sequence[Ended], stale: Collection[Settlement]) -> None:
        settlements = [settlement for settlement, _ in ended]
        for settlement, unbegun in ended:
            self._unbegun += unbegun
            _log(settlement, refused=settlement in stale)
        with self._halting_lock:
            self._halting = [each for each in self._halting if each not in settlements]

    def _renew(self, leases: set[Lease], until: int) -> None:
        self._store.renew(leases, until=until)

    def _release(self, leases: Sequence[Lease], now: int) -> None:
        self._store.release(leases, now=now)

    def _lease_of(self, ended: Ended) -> Lease:
        return ended[0].delivery_id, ended[0].token

    def _take_back_all(self) -> None:
        for pool in self._pools.values():
            self._unbegun += _leases(pool.take_back())

    def _finish(self) -> None:
        self._take_back_all()
        super()._finish()


def _leases(deliveries: Iterable[ClaimedDelivery]) -> list[Lease]:
    return [(claimed.delivery_id, claimed.token) for claimed in deliveries]


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
