"""Wakes the workers of this machine at the commit: a datagram to each one's unix socket.

A file per waiter in a folder of our own under the system's temporary folder, because a socket's path may
have about a hundred characters only; the last one to go takes the folder along. A lost signal costs the
second until the next check.
"""

import contextlib
import hashlib
import os
import select
import socket
import tempfile
import uuid
from pathlib import Path


class Wake:
    def __init__(self, database: Path) -> None:
        name = hashlib.sha256(os.fsencode(database.resolve())).hexdigest()[:16]
        self._folder = Path(tempfile.gettempdir()) / f"relay-{os.getuid()}-{name}"
        self._out = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._out.setblocking(False)

    def notify(self) -> None:
        """Never raises: the change that it announces is already on disk."""
        with contextlib.suppress(OSError):
            with os.scandir(self._folder) as waiters:
                dead = [waiter.path for waiter in waiters if not _send(self._out, waiter.path)]
            for path in dead:
                _remove(path)

    def listen(self) -> "SocketWaiter":
        while True:
            with contextlib.suppress(FileExistsError):
                self._folder.mkdir(mode=0o700)
            with contextlib.suppress(FileNotFoundError):  # the last waiter of another process removed it
                if self._folder.stat().st_uid != os.getuid():
                    raise PermissionError(f"{self._folder} belongs to another user")
                return SocketWaiter(self._folder / uuid.uuid4().hex[:12])

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
        self._out = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._out.setblocking(False)

    def wait(self, seconds: float) -> None:
        select.select([self._in], [], [], max(0.0, seconds))
        with contextlib.suppress(BlockingIOError):
            while self._in.recv(1):
                pass

    def wake(self) -> None:
        _send(self._out, self._path)

    def close(self) -> None:
        self._in.close()
        self._out.close()
        _remove(self._path)


def _send(sender: socket.socket, path: str) -> bool:
    """False for a waiter whose process is dead. Full (it will wake anyway) and gone are both fine."""
    with contextlib.suppress(OSError):
        try:
            sender.sendto(b"!", path)
        except ConnectionRefusedError:
            return False
    return True


def _remove(path: str) -> None:
    """A waiter's file, and its folder if it was the last one there."""
    Path(path).unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        Path(path).parent.rmdir()
