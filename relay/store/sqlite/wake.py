"""Wakes the workers of this machine at the commit: a datagram to each one's unix socket.

A file per waiter, named after what it waits for, in a folder of our own under the system's temporary folder,
because a socket's path may have about a hundred characters only; the last one to go takes the folder along. A
lost signal costs the second until the next check.
"""

import contextlib
import hashlib
import os
import select
import socket
import tempfile
import uuid
from pathlib import Path

_NOTIFIED, _WOKEN = b"!", b"."  # by a commit; by its own process


class Wake:
    def __init__(self, database: Path) -> None:
        name = hashlib.sha256(os.fsencode(database.resolve())).hexdigest()[:16]
        self._folder = Path(tempfile.gettempdir()) / f"relay-{os.getuid()}-{name}"
        self._out = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._out.setblocking(False)

    def notify(self, *topics: str) -> None:
        """Never raises: the change that it announces is already on disk. Without a topic it wakes all."""
        with contextlib.suppress(OSError):
            with os.scandir(self._folder) as waiters:
                called = [waiter.path for waiter in waiters if _is_called(waiter.name, topics)]
            for path in [path for path in called if not _send(self._out, path, _NOTIFIED)]:
                _remove(path)

    def listen(self, topic: str = "") -> "SocketWaiter":
        while True:
            with contextlib.suppress(FileExistsError):
                self._folder.mkdir(mode=0o700)
            with contextlib.suppress(FileNotFoundError):  # the last waiter of another process removed it
                if self._folder.stat().st_uid != os.getuid():
                    raise PermissionError(f"{self._folder} belongs to another user")
                return SocketWaiter(self._folder / f"{topic}-{uuid.uuid4().hex[:12]}")

    def close(self) -> None:
        self._out.close()


class SocketWaiter:
    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._in = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            self._in.bind(self._path)
        except OSError:
            self._in.close()
            raise
        self._in.setblocking(False)
        self._poll = select.poll()
        self._poll.register(self._in, select.POLLIN)
        self._out = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._out.setblocking(False)

    def wait(self, seconds: float) -> bool:
        notified = False
        if self._poll.poll(max(0.0, seconds) * 1000):
            with contextlib.suppress(BlockingIOError):
                while signal := self._in.recv(1):
                    notified |= signal == _NOTIFIED
        return notified

    def wake(self) -> None:
        _send(self._out, self._path, _WOKEN)

    def close(self) -> None:
        self._in.close()
        self._out.close()
        _remove(self._path)


def _is_called(name: str, topics: tuple[str, ...]) -> bool:
    """Who waits for no topic of its own is called by all."""
    topic = name.partition("-")[0]
    return not topics or not topic or topic in topics


def _send(sender: socket.socket, path: str, signal: bytes) -> bool:
    """False for a waiter whose process is dead. Full (it will wake anyway) and gone are both fine."""
    with contextlib.suppress(OSError):
        try:
            sender.sendto(signal, path)
        except ConnectionRefusedError:
            return False
    return True


def _remove(path: str) -> None:
    """A waiter's file, and its folder if it was the last one there."""
    Path(path).unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        Path(path).parent.rmdir()
