"""Things to do later: one heap of due actions and a few threads that do them."""

import heapq
import itertools
import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)


class Schedule:
    """Does each action once, when the clock has reached its time.

    More than one thread only where an action may block (a webhook's receiver that does not answer), so that
    one does not hold up the rest.
    """

    def __init__(self, clock: Callable[[], float], speed: float, threads: int, name: str) -> None:
        self._clock = clock
        self._speed = speed
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._running = 0
        self._stopped = False
        self._changed = threading.Condition()
        self._threads = [
            threading.Thread(target=self._run, name=f"sandbox-{name}-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def after(self, seconds: float, action: Callable[[], None]) -> float:
        """Have `action` done after that many of the sandbox's seconds. Returns when, on the clock."""
        due = self._clock() + seconds / self._speed
        with self._changed:
            heapq.heappush(self._due, (due, next(self._order), action))
            self._changed.notify_all()
        return due

    def wait(self, seconds: float, *, since: float) -> None:
        """Return that many of the sandbox's seconds after `since`, or when it is stopped."""
        due = since + seconds / self._speed
        with self._changed:
            while not self._stopped and (left := due - self._clock()) > 0:
                self._changed.wait(min(left, threading.TIMEOUT_MAX))

    def wake(self) -> None:
        """Check the clock again: needed after a manual clock was moved."""
        with self._changed:
            self._changed.notify_all()

    @property
    def pending(self) -> int:
        """How many actions are waiting or being done."""
        with self._changed:
            return len(self._due) + self._running

    @property
    def due(self) -> int:
        """How many of them have their time reached."""
        with self._changed:
            now = self._clock()
            return sum(1 for at, _, _ in self._due if at <= now) + self._running

    def stop(self) -> None:
        """Drop what is not begun, and wait a moment for what is being done."""
        with self._changed:
            self._stopped = True
            self._due.clear()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(timeout=1)

    def _run(self) -> None:
        while action := self._next():
            try:
                action()
            except Exception:
                log.exception("a scheduled action of the sandbox failed")
            finally:
                with self._changed:
                    self._running -= 1

    def _next(self) -> Callable[[], None] | None:
        with self._changed:
            while not self._stopped:
                wait = self._due[0][0] - self._clock() if self._due else None
                if wait is not None and wait <= 0:
                    self._running += 1
                    return heapq.heappop(self._due)[2]
                self._changed.wait(None if wait is None else min(wait, threading.TIMEOUT_MAX))
            return None
