"""A small HTTP/1.1 client on a bare socket, which shows what really came back, and the one way to wait."""

import json
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

Found = TypeVar("Found")


class CutError(ConnectionError):
    """The other side closed the connection before a whole answer had come. `some`: after part of one."""

    def __init__(self, some: bytes = b"") -> None:
        super().__init__(f"closed after {some[:80]!r}")
        self.some = some


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def last(self) -> bool:
        """The server closes the connection after this answer."""
        return self.headers.get("connection", "").lower() == "close"


class Connection:
    """One keep-alive connection to a server on loopback."""

    def __init__(self, port: int, timeout: float = 20.0) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()

    def send(self, raw: bytes) -> None:
        self._socket.sendall(raw)

    def finish(self) -> None:
        """Says that nothing more will be sent."""
        self._socket.shutdown(socket.SHUT_WR)

    def post(self, raw: bytes) -> Reply:
        self.send(raw)
        return self.receive()

    def receive(self) -> Reply:
        """The next answer. CutError where the connection ends first, TimeoutError where nothing does."""
        while b"\r\n\r\n" not in self._buffer:
            self._more()
        head, _, rest = self._buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers: dict[str, str] = {}  # the first of each name
        for name, _, value in (line.partition(":") for line in lines):
            headers.setdefault(name.strip().lower(), value.strip())
        self._buffer, status = rest, int(first.split(" ", 2)[1])
        if status == 100:
            return self.receive()
        return Reply(status, headers, self._body(headers, status))

    def closed(self) -> bool:
        """Waits for the other side to close; False where it sends or keeps silent until the time-out."""
        try:
            return not self._buffer and not self._socket.recv(1)
        except ConnectionError:
            return True
        except TimeoutError:
            return False

    def _body(self, headers: Mapping[str, str], status: int) -> bytes:
        if status == 204:
            return b""
        if "content-length" not in headers:
            return self._until_closed()
        length = int(headers["content-length"])
        while len(self._buffer) < length:
            self._more()
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        return body

    def _until_closed(self) -> bytes:
        while more := self._socket.recv(65536):
            self._buffer += more
        return self._buffer

    def _more(self) -> None:
        try:
            more = self._socket.recv(65536)
        except ConnectionResetError:
            more = b""
        if not more:
            raise CutError(self._buffer)
        self._buffer += more


def wait_until(condition: Callable[[], Found | None], seconds: float = 30.0, pause: float = 0.01) -> Found:
    """What the condition gives once it gives something true. Raises TimeoutError after `seconds`."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > end:
            name = getattr(condition, "__name__", str(condition))
            raise TimeoutError(f"{name} did not become true within {seconds} s")
        time.sleep(pause)
    return found
