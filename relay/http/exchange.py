"""One request and its response on one connection: written at once, read strictly, ended by a deadline.

In place of http.client's, which reads headers through email.parser and costs more than all the rest of a call
(docs/decisions/0022-the-worker.md). A response is what HTTP/1.1 (RFC 9112) calls one. Once its status line is
there, it is a response: what is wrong with its headers is found when its body is read.
"""

import io
import re
import socket
import time
from collections.abc import Iterable
from typing import Any, Protocol

from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPResponse
from urllib3.exceptions import HTTPError, ProtocolError, ReadTimeoutError

_LONGEST_LINE = 65_536  # bytes, of a status line, a header or a chunk's size
_MOST_HEADERS = 100
_BLOCK = 65_536
_SWITCHING_PROTOCOLS = 101

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+").fullmatch
_BREAK = re.compile(r"[\r\n\0]").search
_LENGTH = re.compile(r"[0-9]{1,18}").fullmatch  # with more, Python may refuse to read the number
_CHUNK_SIZE = re.compile(rb"[0-9a-fA-F]{1,15}").fullmatch


class Readable(Protocol):
    def read(self, most: int, /) -> bytes: ...


def head(method: str, path: str, host: str, headers: Iterable[tuple[str, str]]) -> bytes:
    """Raises ValueError for a header that would be two, or holds what no header may hold."""
    lines = [f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n"]
    for name, value in headers:
        if not _NAME(name) or _BREAK(value):
            raise ValueError("a header that cannot be sent")
        lines.append(f"{name}: {value}\r\n")
    lines.append("\r\n")
    return "".join(lines).encode("latin-1")


def length_of(declared: str) -> int | None:
    """The number in a Content-Length; None: it is none."""
    return int(declared) if _LENGTH(declared) else None


def send(sock: socket.socket, start: bytes, body: bytes | Readable | None) -> None:
    """A server that has answered and closed before all was sent is no error here: its response is read."""
    try:
        if body is None or isinstance(body, bytes):
            sock.sendall(start + (body or b""))
            return
        sock.sendall(start)
        while block := body.read(_BLOCK):
            sock.sendall(block)
    except (BrokenPipeError, ConnectionResetError):
        return
    except TimeoutError:
        raise _too_slow("the request was not taken in time") from None


class Incoming:
    """The bytes that arrive until the deadline. Raises ReadTimeoutError, and ProtocolError for a fault."""

    __slots__ = ("_buffer", "_sock", "deadline")

    def __init__(self, sock: socket.socket, seconds: float) -> None:
        self._sock, self._buffer = sock, bytearray()
        self.deadline = time.monotonic() + seconds

    def __bool__(self) -> bool:
        """Whether more arrived than was taken."""
        return bool(self._buffer)

    def line(self) -> bytes:
        """Without its end; what there is of it where the connection ends first."""
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > _LONGEST_LINE:
                break
            if not self._receive():
                end = len(self._buffer)
                break
        if not 0 <= end <= _LONGEST_LINE:
            raise ProtocolError("a line is too long")
        line = bytes(self._buffer[:end]).removesuffix(b"\r")
        del self._buffer[: end + 1]
        return line

    def some(self, most: int) -> bytes:
        """At most so many bytes, at least one; none at the end of the connection."""
        if not self._buffer and not self._receive():
            return b""
        taken = bytes(self._buffer[:most])
        del self._buffer[:most]
        return taken

    def _receive(self) -> bool:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise _too_slow("the response took too long")
        try:
            self._sock.settimeout(left)
            received = self._sock.recv(_BLOCK)
        except TimeoutError:
            raise _too_slow("the response took too long") from None
        except OSError as error:
            raise ProtocolError("the connection broke", error) from error
        self._buffer += received
        return bool(received)


class Response:
    """What the pool's `urlopen` returns, as far as the callers here read one of urllib3's.

    `headers` joins those of one name. `is_reusable`: the connection is where another response can begin.
    """

    def __init__(self, incoming: Incoming, *, method: str, rest: float | None = None) -> None:
        """Raises ProtocolError and ReadTimeoutError while there is no status line.

        `rest`: after the status line of a 2xx, no more than so many seconds go by.
        """
        self._incoming = incoming
        self._decoder: HTTPResponse | None = None
        self.headers: CaseInsensitiveDict[str] = CaseInsensitiveDict()
        self._fault: HTTPError | None = None
        self._chunked = False
        self._left: int | None = None  # of the body or the chunk; None: until the connection ends
        version, self.status, self.reason = self._status_line()
        if rest is not None and 200 <= self.status < 300:
            incoming.deadline = min(incoming.deadline, time.monotonic() + rest)
        try:
            self._read_headers()
            self._frame(method)
        except HTTPError as error:
            self._fault = error
        self._closes = self._fault is not None or self._left is None or _closes(version, self.headers)
        self._ended = self._fault is None and self._left == 0 and not self._chunked

    @property
    def is_reusable(self) -> bool:
        return self._ended and not self._closes and not self._incoming

    def allow_seconds(self, seconds: float) -> None:
        self._incoming.deadline = time.monotonic() + seconds

    def read(self, most: int) -> bytes:
        """The next bytes of the body as they came, none at its end. Raises as `Incoming` does."""
        if self._fault is not None:
            raise self._fault
        if self._ended:
            return b""
        if self._chunked and not self._left:
            self._left = self._next_chunk()
            if not self._left:
                self._ended = True
                return b""
        got = self._incoming.some(most if self._left is None else min(most, self._left))
        if self._left is None:
            self._ended = not got
        elif not got:
            raise ProtocolError("the body ends before its declared length")
        else:
            self._left -= len(got)
            self._end_of_part()
        return got

    def read_decoded(self, most: int) -> bytes:
        """The same with its Content-Encoding undone. Raises urllib3's HTTPError for what cannot be."""
        if self.headers.get("Content-Encoding", "identity").strip().lower() == "identity":
            return self.read(most)
        if self._decoder is None:
            encoding = {"Content-Encoding": self.headers["Content-Encoding"]}
            self._decoder = HTTPResponse(io.BufferedReader(_Body(self)), encoding, preload_content=False)
        return self._decoder.read1(most, decode_content=True)

    def _status_line(self) -> tuple[bytes, int, str]:
        """Of the final response: interim ones (RFC 9110, 15.2) are skipped, however many. 101 is none: it
        switches to a protocol that nobody here asked for."""
        while True:
            line = self._incoming.line()
            version, _, rest = line.partition(b" ")
            code, _, reason = rest.strip().partition(b" ")
            if not version.startswith(b"HTTP/") or not (code.isdigit() and len(code) == 3 and code >= b"100"):
                raise ProtocolError("no status line" if line else "the connection ended without a response")
            if code >= b"200" or int(code) == _SWITCHING_PROTOCOLS:
                return version, int(code), reason.decode("latin-1")
            self._read_headers()
            self.headers.clear()

    def _read_headers(self) -> None:
        """Lines that are no header are passed over, as browsers do; one that is folded continues the last."""
        name = ""
        for _ in range(_MOST_HEADERS + 1):
            line = self._incoming.line().decode("latin-1")
            if not line:
                return
            if line[0] in " \t":
                if name:
                    self.headers[name] = f"{self.headers[name]} {line.strip()}"
                continue
            name, colon, value = line.partition(":")
            if not colon or not _NAME(name):
                name = ""
                continue
            value, known = value.strip(), self.headers.get(name)
            self.headers[name] = value if known is None else f"{known}, {value}"
        raise ProtocolError("there are too many headers")

    def _frame(self, method: str) -> None:
        """Where the body ends (RFC 9112, 6.3)."""
        lengths = {length.strip() for length in self.headers.get("Content-Length", "").split(",")}
        encodings = self.headers.get("Transfer-Encoding", "").lower().split(",")
        if method == "HEAD" or self.status in (204, 304) or self.status < 200:
            self._left = 0
        elif encodings[-1].strip() == "chunked":
            self._chunked, self._left = True, 0
        elif len(lengths) > 1:
            raise ProtocolError("contradicting lengths")
        else:
            length = lengths.pop()
            self._left = length_of(length)

    def _next_chunk(self) -> int:
        """How many bytes the next chunk has; after the last one also the trailers are read."""
        size = self._incoming.line().partition(b";")[0].strip()
        if not _CHUNK_SIZE(size):
            raise ProtocolError("a chunk without its size")
        if length := int(size, 16):
            return length
        for _ in range(_MOST_HEADERS + 1):
            if not self._incoming.line():
                return 0
        raise ProtocolError("there are too many trailers")

    def _end_of_part(self) -> None:
        if self._left:
            return
        if not self._chunked:
            self._ended = True
        elif self._incoming.line():
            raise ProtocolError("a chunk is longer than its size")


class _Body(io.RawIOBase):
    """A response's body as a file, for urllib3's decoders."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self._response = response

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        got = self._response.read(len(buffer))
        buffer[: len(got)] = got
        return len(got)


def _too_slow(what: str) -> ReadTimeoutError:
    return ReadTimeoutError(None, None, what)  # type: ignore[arg-type]  # there is no pool to name


def _closes(version: bytes, headers: CaseInsensitiveDict[str]) -> bool:
    """Whether the server closes the connection after this response (RFC 9112, 9.3)."""
    connection = headers.get("Connection", "").lower()
    if version.startswith(b"HTTP/1.") and version != b"HTTP/1.0":
        return "close" in connection
    return "keep-alive" not in connection
