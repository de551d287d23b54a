"""A body that the app reads while it is still being received: bytes cross from the loop to a thread."""

import io
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

HELD = 262_144  # bytes that may wait for the app before no more are read from the socket


class BodyStream(io.RawIOBase):
    """`wsgi.input` of a long body. The loop feeds it; reading waits, and raises OSError once it is cut off.

    `wanted` and `taken` are called from the reading thread: before the first wait, and when it has taken
    bytes that were waiting.
    """

    def __init__(self, wanted: Callable[[], None], taken: Callable[[], None]) -> None:
        super().__init__()
        self._wanted, self._taken = wanted, taken
        self._chunks: deque[bytes] = deque()
        self._change = threading.Condition()
        self._complete = False
        self._cut = ""
        self.held = 0  # bytes
        self.received = 0  # bytes, in all

    def feed(self, chunk: bytes) -> None:
        with self._change:
            self._chunks.append(chunk)
            self.held += len(chunk)
            self.received += len(chunk)
            self._change.notify()

    def complete(self) -> None:
        with self._change:
            self._complete = True
            self._change.notify()

    def cut(self, why: str) -> None:
        """The rest will not come."""
        with self._change:
            self._cut = self._cut or why
            self._change.notify()

    @property
    def is_complete(self) -> bool:
        return self._complete

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        """0: that was all."""
        if not len(buffer):
            return 0
        self._wanted()
        with self._change:
            while not (self._chunks or self._complete or self._cut):
                self._change.wait()
            if self._cut:
                raise OSError(self._cut)
            if not self._chunks:
                return 0
            chunk = self._chunks.popleft()
            size = min(len(buffer), len(chunk))
            buffer[:size] = chunk[:size]
            if size < len(chunk):
                self._chunks.appendleft(chunk[size:])
            self.held -= size
        self._taken()
        return size
