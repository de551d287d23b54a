"""Stores webhooks that arrive together in one transaction, on one thread, so that nobody waits for the disk
but the webhooks that need it.

A batch is written once a look for more has brought none, and while it is being written the next one gathers:
a webhook that comes alone is written at once, and the busier it gets the larger the batches are.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence

from relay import logs
from relay.errors import StoreBusyError
from relay.models.core import AcceptedEvent, Event, RoutedResult
from relay.store.contract.core import IntakeStore

log = logging.getLogger(__name__)

LARGEST_BATCH = 200
MOST_LOOKS = 8
MOST_WAITING = 4_000  # beyond it a webhook is refused, and CreativeAI sends it again

Arrival = tuple[Event, Sequence[RoutedResult]]
Outcome = AcceptedEvent | Exception
Done = Callable[[Outcome], None]


class AcceptQueue:
    """When the database was busy for as long as the store waits for it, all who wait by then are told.

    `hand_over` gets, once per batch, a function that tells everybody in it; by default it is called on the
    writing thread. `after_a_look` gets a function to call when all that has arrived by now has been put here.
    Both and `put` are called from any thread.
    """

    def __init__(
        self,
        store: IntakeStore,
        hand_over: Callable[[Callable[[], None]], object] = lambda tell: tell(),
        after_a_look: Callable[[Callable[[], None]], object] = lambda work: work(),
        *,
        most: int = MOST_WAITING,
    ) -> None:
        self._store, self._hand_over, self._most = store, hand_over, most
        self._after_a_look = after_a_look
        self._looks = self._found = 0
        self._waiting: deque[tuple[Arrival, Done]] = deque()
        self._change = threading.Condition()
        self._gathered = self._sleeping = self._stopped = False
        self._thread = threading.Thread(target=self._run, name="accept", daemon=True)
        self._thread.start()

    def put(self, arrival: Arrival, done: Done) -> None:
        """`done` is called when it is on disk, or with the exception. Raises StoreBusyError when full."""
        if len(self._waiting) >= self._most:
            raise StoreBusyError("Nothing was written: too many webhooks are waiting for the database.")
        self._waiting.append((arrival, done))
        if not self._looks:
            self._found = 0
            self._gather()

    def _gather(self) -> None:
        """Called after each look, by whoever puts."""
        if len(self._waiting) > self._found and self._looks < MOST_LOOKS:
            self._looks, self._found = self._looks + 1, len(self._waiting)
            self._after_a_look(self._gather)
            return
        self._looks = 0
        self._gathered = True
        if self._sleeping:
            with self._change:
                self._change.notify()

    def stop(self) -> None:
        """What waits is still stored."""
        with self._change:
            self._stopped = True
            self._change.notify()
        self._thread.join()

    def _run(self) -> None:
        while batch := self._next():
            outcomes: Sequence[Outcome]
            try:
                outcomes = self._store.accept_all([arrival for arrival, _ in batch])
            except Exception as error:  # whatever it is: nobody may be left waiting
                if isinstance(error, StoreBusyError):
                    batch += self._take(len(self._waiting))
                outcomes = [error] * len(batch)
            self._hand_over(_Told(batch, outcomes))

    def _next(self) -> list[tuple[Arrival, Done]]:
        """Waits for the next batch. Empty: the end."""
        while True:
            if self._gathered or self._stopped:
                self._gathered = False
                if batch := self._take(LARGEST_BATCH):
                    if len(batch) == LARGEST_BATCH:  # some may be left
                        self._gathered = True
                    return batch
                if self._stopped:
                    return []
            with self._change:
                self._sleeping = True
                if not self._gathered and not self._stopped:
                    self._change.wait()
                self._sleeping = False

    def _take(self, most: int) -> list[tuple[Arrival, Done]]:
        return [self._waiting.popleft() for _ in range(min(len(self._waiting), most))]


class _Told:
    def __init__(self, batch: Sequence[tuple[Arrival, Done]], outcomes: Sequence[Outcome]) -> None:
        self._batch, self._outcomes = batch, outcomes

    def __call__(self) -> None:
        with logs.together():
            self._tell()

    def _tell(self) -> None:
        for (_, done), outcome in zip(self._batch, self._outcomes, strict=True):
            done(outcome)
