"""Files streamed, never whole in memory: a response into a file, a file into a form."""

import hashlib
import secrets
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import requests
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as TimedOut

from relay.errors import FileError, RemoteError
from relay.http import exchange
from relay.http import response as answer
from relay.http.connection_pool import allow_seconds

_BLOCK = 65_536
_REDIRECTS = (301, 302, 303, 307, 308)
_QUOTED = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})  # as browsers do in the names of a form


class TooLargeError(RemoteError):
    """The file has more bytes than the caller takes."""

    def __init__(self, host: str, cap: int) -> None:
        super().__init__(
            f"The file at {host} is larger than the {cap / 1_048_576:,.0f} MB that are taken. "
            "Make a smaller one, or raise the limit.",
            "record",
        )


@dataclass(frozen=True, slots=True)
class Download:
    """`type` is the MIME type without parameters; only of a 2xx response `size` bytes were written."""

    status: int
    type: str
    size: int
    sha256: str
    headers: Mapping[str, str]
    host: str = ""

    @property
    def location(self) -> str:
        """Where a redirect leads; "" for any other response."""
        return self.headers.get("Location", "") if self.status in _REDIRECTS else ""

    def retry_after(self, now: int) -> float | None:
        """As of an `HttpResponse`."""
        return answer.retry_after(self.headers, now)


def receive(
    response: requests.Response, host: str, file: BinaryIO, cap: int, *, silence: float, seconds: float
) -> Download:
    """The answer's body into the file. The connection goes back to its pool only when all was read.

    Each block must be there within `silence`, so that a server that drips or hangs ends early; all of them
    within `seconds`.
    """
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    status, done = response.status_code, False
    size, digest = 0, hashlib.sha256()
    try:
        if not 200 <= status < 300:
            return Download(status, kind, 0, "", response.headers, host)
        if _declared(response) > cap:
            raise TooLargeError(host, cap)
        for block in _body(response, host, silence, time.monotonic() + seconds):
            size += len(block)
            if size > cap:
                raise TooLargeError(host, cap)
            digest.update(block)
            _keep(file, block, host)
        if status == 206 and not _is_whole(response.headers.get("Content-Range", ""), size):
            raise RemoteError(f"{host} sent only a part of the file.", status=status)
        done = True
        return Download(status, kind, size, digest.hexdigest(), response.headers, host)
    finally:
        if done:
            response.raw.release_conn()
        else:
            response.raw.close()


def _body(response: requests.Response, host: str, silence: float, until: float) -> Iterator[bytes]:
    """The decoded body. We ask for it as it is; some servers pack it nevertheless."""
    blocks = _blocks(response, silence, until)
    is_packed = response.headers.get("Content-Encoding", "").strip().lower() in ("gzip", "x-gzip")
    try:
        yield from _unpacked(blocks) if is_packed else blocks
    except TimedOut:
        raise RemoteError(f"{host} stopped sending in the middle of the file.") from None
    except (HTTPError, ConnectionError, zlib.error):
        raise RemoteError(f"{host} broke off or garbled the file before it was complete.") from None


def _blocks(response: requests.Response, silence: float, until: float) -> Iterator[bytes]:
    """Raises when the body ends before its declared length."""
    while True:
        allow_seconds(response.raw, min(silence, until - time.monotonic()))
        block = response.raw.read(_BLOCK, decode_content=False)
        if not block:
            return
        yield block


def _unpacked(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Gzip, which urllib3 would also take when its end is missing."""
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 16)
    for packed in blocks:
        rest = packed
        while rest:
            yield unpack.decompress(rest, _BLOCK)
            rest = unpack.unconsumed_tail
    if not unpack.eof:
        raise zlib.error("it ends too early")


def _is_whole(content_range: str, size: int) -> bool:
    """Whether a part that nobody asked for is all of the file (RFC 9110, 14.4)."""
    return content_range.replace(" ", "") == f"bytes0-{size - 1}/{size}"


class Form:
    """A multipart/form-data body (RFC 7578), read once: the fields in order, the part `file` last.

    `read` raises RemoteError when sending takes longer than `seconds`.
    """

    def __init__(
        self,
        fields: Sequence[tuple[str, str]],
        file: BinaryIO,
        *,
        filename: str,
        content_type: str,
        size: int,
        host: str,
        seconds: float,
    ) -> None:
        boundary = secrets.token_hex(16)
        self.content_type = f"multipart/form-data; boundary={boundary}"
        parts = [_part(boundary, f'name="{name.translate(_QUOTED)}"', value) for name, value in fields]
        about = f'name="file"; filename="{filename.translate(_QUOTED)}"\r\nContent-Type: {content_type}'
        head = "".join([*parts, _part(boundary, about, "")]).removesuffix("\r\n").encode("utf-8", "replace")
        tail = f"\r\n--{boundary}--\r\n".encode()
        self.length = len(head) + size + len(tail)
        self._file, self._left = file, size
        self._head, self._tail = head, tail
        self._host, self._until = host, time.monotonic() + seconds

    def read(self, most: int = _BLOCK) -> bytes:
        """The next bytes, none at the end."""
        if time.monotonic() > self._until:
            raise RemoteError(f"{self._host} did not take the file in time.", ambiguous=True)
        if self._head:
            block, self._head = self._head[:most], self._head[most:]
        elif self._left:
            block = self._file.read(min(most, self._left))
            if not block:
                raise RemoteError(
                    "The file became shorter while it was sent. The relay retries automatically."
                )
            self._left -= len(block)
        else:
            block, self._tail = self._tail[:most], self._tail[most:]
        return block


def _part(boundary: str, disposition: str, value: str) -> str:
    return f"--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{value}\r\n"


def _declared(response: requests.Response) -> int:
    """In bytes; 0: not, or in a way that `exchange.Response` would not follow either."""
    return exchange.length_of(response.headers.get("Content-Length", "")) or 0


def _keep(file: BinaryIO, block: bytes, host: str) -> None:
    try:
        file.write(block)
    except OSError as error:
        raise FileError(
            f"The file from {host} cannot be kept on this machine ({error.strerror}).",
            advice="Make room on its disk; the relay retries automatically.",
        ) from None
