"""The loop that sends queued jobs to CreativeAI and asks about running ones, as fast as its limits allow."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from relay.creativeai import CreativeAI
from relay.errors import StoreBusyError
from relay.generation.poll import poll
from relay.generation.submit import submit
from relay.models.core import Result, RoutedResult
from relay.models.queue import Call, CallOutcome, CallResult, QueueLimits, StatusPoll, Submission
from relay.retry import tolerate_busy_store
from relay.store.contract.core import Waiter
from relay.store.contract.generation import QueueStore

log = logging.getLogger(__name__)

LEASE_MS = 30_000  # a submit whose lease runs out is held for a person, so it is not cut too short
LOOK_SECONDS = 1.0  # the longest sleep: what a lost signal costs
GRACE_SECONDS = 20.0  # what is in hand at SIGTERM gets this long; hosts kill after 30
SLOTS = 8  # calls at a time: images are made while the call waits

Route = Callable[[Sequence[Result], int], Sequence[RoutedResult]]


class WorkerStore(QueueStore, Protocol):
    def listen(self) -> Waiter: ...


class QueueWorker:
    """One per process. `run` returns after `stop`, with every answer that came written down.

    account   which API key: the store counts calls by it
    limits    asked in each round, since they may be changed meanwhile
    route     who wants these results, at a time in ms
    duties    done in each round, with the time in ms; they share the loop, so they must be quick
    """

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
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._store, self._client, self._route = store, client, route
        self._account, self._limits, self._public_url = account, limits, public_url
        self._duties = duties
        self._clock = clock
        self._lease_ms = lease_ms
        self._look_seconds = look_seconds
        self._waiter = store.listen()
        self._stopping = False
        self._prefer: type[Call] = Submission
        self._in_hand: set[tuple[str, int]] = set()  # leases: (job id, token)
        self._ended: deque[CallResult | CallOutcome] = deque()
        self._unbegun: deque[Call] = deque()
        self._renew_at = 0

    def stop(self) -> None:
        """Safe in a signal handler and from any thread."""
        self._stopping = True
        self._waiter.wake()

    def run(self) -> None:
        while not self._stopping:
            for step in (self._settle, self._renew, *self._duties, self._claim):
                self._survive(step)
            self._waiter.wait(self._look_seconds)
        self._finish()

    def _survive(self, step: Callable[[int], None]) -> None:
        """The deliveries beside us go on whatever happens here, and so do the other steps."""
        try:
            with tolerate_busy_store():
                step(self._clock())
        except Exception:
            log.exception("queue round broke")

    def _claim(self, now: int) -> None:
        limits = self._limits()
        while len(self._in_hand) < SLOTS and not self._stopping:
            until = now + self._lease_ms
            call = self._store.claim_call(
                self._account, limits, now=now, lease_until=until, prefer=self._prefer
            )
            if call is None:
                return
            self._prefer = Submission if isinstance(call, StatusPoll) else StatusPoll
            self._in_hand.add((call.job_id, call.token))
            threading.Thread(target=self._work, args=(call,), name="vendor call", daemon=True).start()
            now = self._clock()

    def _work(self, call: Call) -> None:
        if self._stopping:
            self._unbegun.append(call)
        elif isinstance(call, StatusPoll):
            self._ended.append(poll(call, self._client, clock=self._clock))
        else:
            self._ended.append(
                submit(call, self._client, self._store, public_url=self._public_url, clock=self._clock)
            )
        self._waiter.wake()

    def _settle(self, now: int) -> None:
        """What cannot be written now stays first and is written in the next round, under its lease."""
        while self._ended:
            self._keep(self._ended[0], now)
            ended = self._ended.popleft()
            call = ended.call
            self._in_hand.discard((call.job_id, call.token))

    def _keep(self, ended: CallResult | CallOutcome, now: int) -> None:
        try:
            if isinstance(ended, CallResult):
                held = self._store.keep_result(ended, self._route(ended.results, now))
            else:
                held = self._store.end_call(ended)
            _log(ended, refused=not held)
        except StoreBusyError:
            raise
        except Exception:  # its lease runs out: a job that was sent is held, and its webhook finds it
            log.exception("response of CreativeAI could not be stored", extra=_facts(ended))

    def _renew(self, now: int) -> None:
        if self._in_hand and now >= self._renew_at:
            self._store.renew_calls(self._in_hand, until=now + self._lease_ms)
            self._renew_at = now + self._lease_ms // 3

    def _release(self, now: int) -> None:
        calls = list(self._unbegun)
        self._store.release_calls(calls, now=now)
        for call in calls:
            self._unbegun.remove(call)
            self._in_hand.discard((call.job_id, call.token))

    def _finish(self) -> None:
        """Finish what is in hand, release what was not begun, leave the rest to its leases."""
        deadline = time.monotonic() + GRACE_SECONDS
        while self._in_hand and time.monotonic() < deadline:
            for step in (self._settle, self._release, self._renew):
                self._survive(step)
            if self._in_hand:
                self._waiter.wait(0.1)
        self._waiter.close()
        log.info("queue stopped", extra={"left_in_hand": len(self._in_hand)})


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
    call = ended.call
    what = "poll" if isinstance(call, StatusPoll) else "submit"
    log.info(f"stale {what}" if refused else what, extra=_facts(ended))
