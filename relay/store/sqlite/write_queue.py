"""Whose write comes next, among processes: SQLite alone lets a busy writer go first again and again.

Who waits for SQLite's lock holds a lock on the database's folder meanwhile. The process that has just
committed wants its next turn at once, and would get it nine times of ten; here it waits until the other one
has begun.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PAUSE = 0.0005  # seconds between two tries; SQLite's own pauses grow to 100 ms
_LONGEST = 0.5  # seconds for the front: who holds it longer hangs


class WriteQueue:
    """Of one process, whose threads take turns before. The folder has to be there on first use."""

    def __init__(self, folder: Path) -> None:
        self._path = folder
        self._folder: int | None = None

    @contextmanager
    def place(self, until: float) -> Iterator[None]:
        """The place in front, for as long as the `with` lasts. After `until` (time.perf_counter()), or where
        a folder cannot be locked, none: SQLite's lock protects the database, this one only makes it fair."""
        if self._folder is None:
            self._folder = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        is_in_front = _wait(self._folder, min(until, time.perf_counter() + _LONGEST))
        try:
            yield
        finally:
            if is_in_front:
                fcntl.flock(self._folder, fcntl.LOCK_UN)

    def close(self) -> None:
        folder, self._folder = self._folder, None
        if folder is not None:
            os.close(folder)


def _wait(folder: int, until: float) -> bool:
    while True:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.perf_counter() >= until:
                return False
            time.sleep(PAUSE)
        except OSError:
            return False
        else:
            return True
