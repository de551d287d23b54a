"""The slots that call one target: each takes the next claimed delivery when its call has ended."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from relay.delivery.attempt import Destination
from relay.models.connection import Route
from relay.models.delivery import ClaimedDelivery

log = logging.getLogger(__name__)

_STEP = 4  # slots that are added at a time, and that each target has of its own
_QUICK = 2  # calls that a slot finishes between two steps when none of them is slow


@dataclass(frozen=True, slots=True)
class Task:
    """A delivery under lease, with the destination as it was when it was claimed."""

    delivery: ClaimedDelivery
    destination: Destination


class SpareSlots:
    """The slots beyond each target's own, for whoever needs more: they bound the number of threads."""

    def __init__(self, number: int) -> None:
        self._left = number
        self._lock = threading.Lock()

    @property
    def left(self) -> int:
        return self._left

    def take(self) -> bool:
        """False: none is left."""
        with self._lock:
            taken = self._left > 0
            self._left -= taken
        return taken

    def give_back(self) -> None:
        with self._lock:
            self._left += 1


class TargetPool:
    """Claims add work in batches; a free slot takes the next delivery without a call to the store.

    The first few slots are the target's own, so that targets that hang, however many, leave a healthy one its
    slots. More are added in steps while the calls are slow. With a quick target, more of them would only wait
    for one another, since one thread at a time holds the interpreter.

    refill  called when half of a backlog has begun, by the thread that begins it
    """

    def __init__(
        self, call: Callable[[Task], None], spare: SpareSlots, refill: Callable[[], None] = lambda: None
    ) -> None:
        self._call = call
        self._spare = spare
        self._refill = refill
        self._refill_at = -1  # so many waiting
        self._lock = threading.Lock()
        self._waiting: deque[Task] = deque()
        self._slots = 0
        self._busy = 0
        self._starting = 0  # of the busy: have not taken a delivery yet
        self._begun = 0  # since the last step

    @property
    def is_idle(self) -> bool:
        """No slot is busy, and none will be before the next `add`."""
        with self._lock:
            return not self._busy

    def add(self, tasks: Iterable[Task], slots: int, *, steps: bool = True, backlog: bool = False) -> None:
        """Add work. `slots`: how many calls at a time from now on.

        steps    it is time for another step beyond the target's own slots
        backlog  more waits in the store
        """
        with self._lock:
            self._waiting.extend(tasks)
            self._refill_at = len(self._waiting) // 2 if backlog else -1
            self._slots = slots
            more = 0
            for _ in range(self._wanted(_STEP if steps else max(0, _STEP - self._busy))):
                if self._busy >= _STEP and not self._spare.take():
                    break
                self._busy += 1
                self._starting += 1
                more += 1
            if steps:
                self._begun = 0
        for _ in range(more):
            self._start()

    @property
    def wants_slots(self) -> bool:
        """Whether another step may be needed."""
        with self._lock:
            return self._wanted(_STEP) > 0 and (self._busy < _STEP or self._spare.left > 0)

    def take_back(self, which: Callable[[Route], bool] = lambda _: True) -> list[ClaimedDelivery]:
        """Remove and return what has not begun for these connections."""
        with self._lock:
            unbegun = [task.delivery for task in self._waiting if which(task.destination.connection)]
            self._waiting = deque(task for task in self._waiting if not which(task.destination.connection))
        return unbegun

    def _wanted(self, most: int) -> int:
        quick = self._busy and self._begun >= _QUICK * self._busy
        waiting = len(self._waiting) - self._starting
        return 0 if quick else max(0, min(self._slots - self._busy, waiting, most))

    def _start(self) -> None:
        try:
            threading.Thread(target=self._work, name="attempt", daemon=True).start()
        except RuntimeError as error:  # the host allows no more threads: the next `add` tries again
            log.warning("slot not started", extra={"why": str(error)})
            with self._lock:
                self._starting -= 1
                self._leave()

    def _work(self) -> None:
        task = self._next(after_call=False)
        while task is not None:
            self._call(task)
            task = self._next(after_call=True)

    def _next(self, *, after_call: bool) -> Task | None:
        with self._lock:
            if not after_call:
                self._starting -= 1
            task = self._waiting.popleft() if self._waiting and self._busy <= self._slots else None
            if task is None:
                self._leave()
            else:
                self._begun += 1
            refill = task is not None and len(self._waiting) == self._refill_at
        if refill:
            self._refill()
        return task

    def _leave(self) -> None:
        self._busy -= 1
        if self._busy >= _STEP:
            self._spare.give_back()
