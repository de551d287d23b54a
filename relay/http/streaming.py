"""Files streamed, never whole in memory: a response into a file, a file into a form."""

import hashlib
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import requests

from relay.errors import RemoteError
from relay.http import response as answer

_BLOCK = 65_536
_QUOTED = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})  # as browsers do in the names of a form


@dataclass(frozen=True, slots=True)
class Download:
    """`type` is the MIME type without parameters; only of a 2xx response `size` bytes were written."""

    status: int
    type: str
    size: int
    sha256: str
    headers: Mapping[str, str]

    def retry_after(self, now: int) -> float | None:
        """As of an `HttpResponse`."""
        return answer.retry_after(self.headers, now)


def receive(response: requests.Response, host: str, file: BinaryIO, cap: int) -> Download:
    """The answer's body into the file. The connection goes back to its pool only when all was read."""
    raw = response.raw
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    done = False
    try:
        if not 200 <= response.status_code < 300:
            return Download(response.status_code, kind, 0, "", response.headers)
        if _declared(response) > cap:
            raise _too_large(host, cap)
        size, digest = 0, hashlib.sha256()
        while block := raw.read(
            _BLOCK, decode_content=True
        ):  # raises when the declared length was not reached
            size += len(block)
            if size > cap:
                raise _too_large(host, cap)
            digest.update(block)
            _keep(file, block, host)
        done = True
        return Download(response.status_code, kind, size, digest.hexdigest(), response.headers)
    finally:
        if done:
            raw.release_conn()
        else:
            raw.close()


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
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isascii() and length.isdecimal() else 0


def _keep(file: BinaryIO, block: bytes, host: str) -> None:
    try:
        file.write(block)
    except OSError as error:
        raise RemoteError(
            f"The file from {host} cannot be kept on this machine ({error.strerror}). Make room on its disk."
        ) from None


def _too_large(host: str, cap: int) -> RemoteError:
    return RemoteError(
        f"The file at {host} is larger than the {cap / 1_048_576:,.0f} MB that are taken. "
        "Make a smaller one, or raise the limit.",
        "record",
    )
