"""The worker that sends queued jobs to CreativeAI and polls running ones, as fast as its limits allow."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from relay.creativeai import CreativeAI
from relay.errors import StoreBusyError
from relay.generation.poll import poll
from relay.generation.retry_policy import interrupted_submit
from relay.generation.submit import submit
from relay.lease_loop import LONGEST_SLEEP_SECONDS, LeaseLoop
from relay.models.core import Result, RoutedResult
from relay.models.queue import (
    BusyKinds,
    Call,
    CallOutcome,
    CallResult,
    QueueLimits,
    StatusPoll,
    Submission,
)
from relay.store.contract.core import QUEUE, Waiter
from relay.store.contract.generation import QueueStore

log = logging.getLogger(__name__)

LEASE_MS = 30_000  # a submit whose lease runs out is held for a person, so it is not cut too short
SLOTS = 8  # calls at a time of each kind of job, and as many polls: images are made while the call waits

Lease = tuple[str, int]  # (job id, token)
Route = Callable[[Sequence[Result], int], Sequence[RoutedResult]]


class WorkerStore(QueueStore, Protocol):
    def listen(self, topic: str = ...) -> Waiter: ...


class QueueWorker(LeaseLoop[Lease, CallResult | CallOutcome]):
    """
    account   which API key: the store counts calls by it
    limits    called in each round, since they may change meanwhile
    route     which connections get these results, at a time in ms
    """

    name = "queue"
    settle_at_most = 1  # each in a write of its own, so that a broken one takes no other along

    def __init__(
        self,
        store: WorkerStore,
        client: CreativeAI,
        route: Route,
        *,
        account: str,
        limits: Callable[[], QueueLimits],
        public_url: str = "",
        duties: Sequence[Callable[[int], None]] = (),
        clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        lease_ms: int = LEASE_MS,
        longest_sleep: float = LONGEST_SLEEP_SECONDS,
    ) -> None:
        super().__init__(
            store.listen(QUEUE), clock, lease_ms=lease_ms, longest_sleep=longest_sleep, duties=duties
        )
        self._store, self._client, self._route = store, client, route
        self._account, self._limits, self._public_url = account, limits, public_url
        self._prefer: type[Call] = Submission
        self._calls: dict[Lease, Call] = {}

    def _claim(self, now: int) -> None:
        limits = self._limits()
        self._calls = {lease: self._calls[lease] for lease in self._leases}
        while not self._stopping:
            call = self._store.claim_call(
                self._account,
                limits,
                now=now,
                lease_until=now + self._lease_ms,
                prefer=self._prefer,
                busy=self._busy(),
                explain_interruption=self._explain_interruption,
            )
            if call is None:
                return
            self._prefer = Submission if isinstance(call, StatusPoll) else StatusPoll
            lease = (call.job_id, call.token)
            self._calls[lease] = call
            self._begin(lease, partial(self._call, call))
            now = self._clock()

    def _busy(self) -> BusyKinds:
        """Slow calls of one kind take only the slots of that kind, and polls have slots of their own."""
        taken = Counter((type(self._calls[lease]), self._calls[lease].kind) for lease in self._leases)
        full = [key for key, number in taken.items() if number >= SLOTS]
        return BusyKinds(
            frozenset(kind for call, kind in full if call is Submission),
            frozenset(kind for call, kind in full if call is StatusPoll),
        )

    def _explain_interruption(self, kind: str) -> str:
        return interrupted_submit(kind, reachable=bool(self._public_url))

    def _call(self, call: Call) -> CallResult | CallOutcome:
        if isinstance(call, StatusPoll):
            return poll(call, self._client, clock=self._clock)
        return submit(call, self._client, self._store, public_url=self._public_url, clock=self._clock)

    def _settle(self, ended: Sequence[CallResult | CallOutcome]) -> None:
        for each in ended:
            try:
                if isinstance(each, CallResult):
                    kept = self._store.keep_result(each, self._route(each.results, self._clock()))
                else:
                    kept = self._store.end_call(each)
            except StoreBusyError:
                raise
            except Exception:  # its lease runs out: a job that was sent is held, and its webhook finds it
                log.exception("CreativeAI's response could not be saved", extra=_facts(each))
            else:
                _log(each, refused=not kept)

    def _renew(self, leases: set[Lease], until: int) -> None:
        self._store.renew_calls(leases, until=until)

    def _release(self, leases: Sequence[Lease], now: int) -> None:
        self._store.release_calls([self._calls[lease] for lease in leases], now=now)

    def _lease_of(self, ended: CallResult | CallOutcome) -> Lease:
        return ended.call.job_id, ended.call.token


def _facts(ended: CallResult | CallOutcome) -> dict[str, object]:
    if isinstance(ended, CallResult):
        statuses = [result.status.value for result in ended.results]
        return {"job": ended.call.job_id, "vendor_id": ended.vendor_id, "results": statuses}
    status = ended.status.value if ended.status else ""
    return {
        "job": ended.call.job_id,
        "status": status,
        "message_text": ended.status_reason or ended.pause_why,
    }


def _log(ended: CallResult | CallOutcome, *, refused: bool) -> None:
    what = "poll" if isinstance(ended.call, StatusPoll) else "submit"
    log.info(f"stale {what}" if refused else what, extra=_facts(ended))
