"""The slots that call one target: each takes the next claimed delivery when its call has ended."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from relay.delivery.attempt import Destination
from relay.models.core import Route
from relay.models.delivery import ClaimedDelivery

log = logging.getLogger(__name__)

_STEP = 4  # slots that are added at a time, and that each target has of its own
_QUICK = 2  # calls that a slot finishes between two claims when none of them is slow


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

    Slots are added while the calls are slow. With a quick target, more of them would only wait for one
    another, since one thread at a time holds the interpreter. The first few are the target's own, so that
    targets that hang, however many, leave a healthy one its slots.
    """

    def __init__(self, call: Callable[[Task], None], spare: SpareSlots) -> None:
        self._call = call
        self._spare = spare
        self._lock = threading.Lock()
        self._waiting: deque[Task] = deque()
        self._slots = 0
        self._busy = 0
        self._starting = 0  # of the busy: have not taken a delivery yet
        self._begun = self._ended = 0  # since the last `add`
        self._moved = False

    @property
    def is_moving(self) -> bool:
        """Calls ended between the last two `add`s, and more wait: not so while all of them hang."""
        return self._moved and bool(self._waiting)

    @property
    def is_idle(self) -> bool:
        """No slot is busy, and none will be before the next `add`."""
        with self._lock:
            return not self._busy

    def add(self, tasks: Iterable[Task], slots: int) -> None:
        """Add work. `slots`: how many calls at a time from now on."""
        with self._lock:
            self._waiting.extend(tasks)
            self._slots = slots
            more = 0
            for _ in range(self._wanted()):
                if self._busy >= _STEP and not self._spare.take():
                    break
                self._busy += 1
                self._starting += 1
                more += 1
            self._moved = self._ended > 0
            self._begun = self._ended = 0
        for _ in range(more):
            self._start()

    @property
    def wants_slots(self) -> bool:
        """Whether the next `add` would start more slots."""
        with self._lock:
            return self._wanted() > 0 and (self._busy < _STEP or self._spare.left > 0)

    def take_back(self, which: Callable[[Route], bool] = lambda _: True) -> list[ClaimedDelivery]:
        """Remove and return what has not begun for these connections."""
        with self._lock:
            unbegun = [task.delivery for task in self._waiting if which(task.destination.connection)]
            self._waiting = deque(task for task in self._waiting if not which(task.destination.connection))
        return unbegun

    def _wanted(self) -> int:
        quick = self._busy and self._begun >= _QUICK * self._busy
        waiting = len(self._waiting) - self._starting
        return 0 if quick else max(0, min(self._slots - self._busy, waiting, _STEP))

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
            if after_call:
                self._ended += 1
            else:
                self._starting -= 1
            if self._waiting and self._busy <= self._slots:
                self._begun += 1
                return self._waiting.popleft()
            self._leave()
            return None

    def _leave(self) -> None:
        self._busy -= 1
        if self._busy >= _STEP:
            self._spare.give_back()
