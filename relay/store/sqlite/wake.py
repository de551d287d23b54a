"""Wakes the workers of this machine at the commit: a datagram to each one's unix socket.

A file per waiter in a folder of our own under the system's temporary folder, because a socket's path may
have about a hundred characters only. A lost signal costs the second until the next look.
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
        """Never raises: what it tells of is on disk already."""
        with contextlib.suppress(OSError), os.scandir(self._folder) as waiters:
            for waiter in waiters:
                _send(self._out, waiter.path)

    def listen(self) -> "SocketWaiter":
        self._folder.mkdir(mode=0o700, exist_ok=True)
        if self._folder.stat().st_uid != os.getuid():
            raise PermissionError(f"{self._folder} belongs to another user")
        return SocketWaiter(self._folder / uuid.uuid4().hex[:12])

    def close(self) -> None:
        self._out.close()


class SocketWaiter:
    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._in = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._in.bind(self._path)
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
        with contextlib.suppress(FileNotFoundError):
            Path(self._path).unlink()


def _send(sender: socket.socket, path: str) -> None:
    """Full (it will wake anyway) and gone are both fine; one whose process is dead is swept away."""
    try:
        sender.sendto(b"!", path)
    except ConnectionRefusedError:
        with contextlib.suppress(FileNotFoundError):
            Path(path).unlink()
    except OSError:
        return
