"""Wakes the workers of every machine at the commit: NOTIFY, and one listening connection per process.

A lost signal costs the second until the next check. While the server is away there are none; when it is back,
all are woken, since nobody knows what they missed.
"""

import contextlib
import os
import select
import threading
from collections.abc import Callable

import psycopg

from relay.errors import StoreBusyError
from relay.store.postgres.connections import Connection, close

CHANNEL = "relay"

_RETRY_SECONDS = 1.0
_FIRST_SECONDS = 3.4  # for the first connection; a worker begins without it, and looks each second


class Waiter:
    """What a thread waits on for one topic, "" for all."""

    def __init__(self, topic: str, forget: Callable[["Waiter"], None]) -> None:
        self.topic = topic
        self._forget = forget
        self._woken = threading.Event()
        self._lock = threading.Lock()
        self._notified = False

    def wait(self, seconds: float) -> bool:
        self._woken.wait(max(0.0, seconds))
        with self._lock:
            self._woken.clear()
            notified, self._notified = self._notified, False
        return notified

    def wake(self) -> None:
        self._woken.set()

    def notify(self) -> None:
        with self._lock:
            self._notified = True
            self._woken.set()

    def close(self) -> None:
        self._forget(self)


class Wake:
    """`connect` opens a connection for listening alone; it is called with the first waiter."""

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._connect = connect
        self._lock = threading.Lock()
        self._waiters: list[Waiter] = []
        self._thread: threading.Thread | None = None
        self._began = threading.Event()  # it listens, or could not
        self._stopped = threading.Event()
        self._stop: tuple[int, int] | None = None  # a pipe, whose end ends the listening

    def listen(self, topic: str = "") -> Waiter:
        waiter = Waiter(topic, self._forget)
        with self._lock:
            self._waiters.append(waiter)
            if self._thread is None:
                self._stop = os.pipe()
                self._thread = threading.Thread(target=self._run, name="listen", daemon=True)
                self._thread.start()
        self._began.wait(_FIRST_SECONDS)
        return waiter

    def close(self) -> None:
        self._stopped.set()
        if self._thread is None or self._stop is None:
            return
        os.write(self._stop[1], b"!")
        self._thread.join()
        for end in self._stop:
            os.close(end)
        self._thread = self._stop = None

    def _forget(self, waiter: Waiter) -> None:
        with self._lock, contextlib.suppress(ValueError):
            self._waiters.remove(waiter)

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                connection = self._connect()
            except (psycopg.Error, StoreBusyError):
                self._began.set()
                self._stopped.wait(_RETRY_SECONDS)
                continue
            try:
                self._listen_on(connection)
            except psycopg.Error:
                self._stopped.wait(_RETRY_SECONDS)
            finally:
                close(connection)

    def _listen_on(self, connection: Connection) -> None:
        """Until it is stopped. Raises psycopg.Error when the connection is lost."""
        connection.execute(f"listen {CHANNEL}")
        if self._began.is_set():
            self._notify("")
        self._began.set()
        assert self._stop is not None  # noqa: S101 - made before this thread
        poll = select.poll()
        poll.register(connection.fileno(), select.POLLIN)
        poll.register(self._stop[0], select.POLLIN)
        while not self._stopped.is_set():
            poll.poll()
            for signal in connection.notifies(timeout=0):
                self._notify(signal.payload)

    def _notify(self, topics: str) -> None:
        """As of the payload: their names with commas between them, or "" for all."""
        called = topics.split(",") if topics else ()
        with self._lock:
            for waiter in self._waiters:
                if not called or not waiter.topic or waiter.topic in called:
                    waiter.notify()
