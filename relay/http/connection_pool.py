"""Connections only to checked addresses, and responses that end by a deadline.

urllib3 resolves a name and connects in one step; a check before that step may see a different answer of
the name server (DNS rebinding). So the step itself is replaced; TLS, which names the host, stays as it is.
"""

import io
import socket
import ssl
import time
from functools import lru_cache
from http.client import SWITCHING_PROTOCOLS, HTTPException, HTTPMessage, HTTPResponse, parse_headers
from ipaddress import ip_address
from typing import Any

import certifi
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.connection import create_connection
from urllib3.util.ssl_ import create_urllib3_context

from relay.errors import RemoteError
from relay.http.url_policy import is_metadata, is_public, refused

_MOST_ADDRESSES = 4
_REST_SECONDS = 1.0  # for what follows the status line of a 2xx, where nothing depends on it


def pool_classes(*, own: bool, reads_all: bool) -> dict[str, type[HTTPConnectionPool]]:
    """Pools by scheme. `own` ones may reach private addresses, the others only the open internet. Unless it
    `reads_all`, what follows the status line of a 2xx is waited for no longer than a second.

    They are families of their own because a kept-alive connection of one must never serve a call of another.
    """
    answers = _TimedResponse if reads_all else _DecidedResponse

    class Plain(HTTPConnection):
        response_class = answers

        def _new_conn(self) -> socket.socket:
            return _connect(self, own)

    class Secure(HTTPSConnection):
        response_class = answers

        def _new_conn(self) -> socket.socket:
            return _connect(self, own)

        def connect(self) -> None:
            self.ssl_context, self.ca_certs = _trusted(certifi.where()), None
            try:
                super().connect()
            except ssl.SSLCertVerificationError as error:
                why = error.verify_message.rstrip(".")
                raise RemoteError(
                    f"{self.host} showed a certificate that cannot be trusted ({why}). "
                    "Check the address, or have the certificate renewed there.",
                    "connection",
                ) from None
            except OSError:
                raise RemoteError(
                    f"{self.host} accepted the connection but could not agree on encryption. "
                    "Check that the address starts with the right https:// or http://."
                ) from None

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


def allow_seconds(response: object, seconds: float) -> None:
    """What is read of this urllib3 response from here on must be there within so many seconds."""
    ours = getattr(response, "_fp", None)
    if isinstance(ours, _TimedResponse):
        ours.allow_seconds(seconds)


@lru_cache(2)
def _trusted(path: str) -> ssl.SSLContext:
    """The trusted certificates, read once: urllib3 reads it for each connection, which costs 17 ms of CPU."""
    context = create_urllib3_context()
    context.load_verify_locations(path)
    return context


def _connect(connection: HTTPConnection, own: bool) -> socket.socket:
    """A socket to one of the host's addresses, all of them checked. Nothing was sent when this raises."""
    host, port = connection.host, connection.port
    found = [ip_address(address) for address in _resolve(host, port)]
    if any(is_metadata(address) or not (own or is_public(address)) for address in found):
        raise refused(host)
    deadline = time.monotonic() + (connection.timeout or 0)
    for left in range(min(len(found), _MOST_ADDRESSES), 0, -1):
        share = max(0.1, (deadline - time.monotonic()) / left)
        try:
            return create_connection(
                (str(found[-left]), port), share, socket_options=connection.socket_options
            )
        except OSError:
            continue
    raise RemoteError(
        f"{host} does not accept connections at the moment. If this lasts, check the address and "
        "whether the server is running."
    )


def _resolve(host: str, port: int) -> list[str]:
    """Every address of the host, in the order to try them."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise RemoteError(
            f"{host} could not be found. Check the spelling of the address; if it is right, the name server "
            "does not answer at the moment."
        ) from None
    return list(dict.fromkeys(str(address[4][0]).partition("%")[0] for address in found))


class _TimedResponse(HTTPResponse):
    """An answer whose head and body must be there within the time-out, however slowly they drip.

    Once its status line is there, it is an answer: what is wrong with its headers is found when its body is
    read.
    """

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        raw = self.fp.detach()  # a BufferedReader over the socket, see socket.makefile
        self._timed = _TimedRaw(raw, sock, time.monotonic() + (sock.gettimeout() or 0))
        self.fp = io.BufferedReader(self._timed)

    def allow_seconds(self, seconds: float) -> None:
        self._timed.deadline = time.monotonic() + seconds

    def begin(self) -> None:
        try:
            super().begin()
        except (OSError, HTTPException) as error:
            if not isinstance(self.status, int):
                raise
            self.headers = self.msg = HTTPMessage()
            self._give_up_body(error)
        lengths = ",".join(self.msg.get_all("Content-Length", []))
        if len({length.strip() for length in lengths.split(",")}) > 1:
            del self.msg["Content-Length"]  # which of them is true cannot be known
            self._give_up_body(HTTPException("contradicting lengths"))

    def _give_up_body(self, error: Exception) -> None:
        self.chunked, self.length, self.will_close = False, None, True
        self.fp.close()
        self.fp = io.BufferedReader(_Broken(error))

    def _read_status(self) -> tuple[str, int, str]:
        """Skips every interim answer (RFC 9110, 15.2), where http.client skips only 100.

        101 is none: it switches to a protocol that nobody here asked for.
        """
        while True:
            version, status, reason = super()._read_status()  # type: ignore[misc]  # typeshed omits it
            if status >= 200 or status == SWITCHING_PROTOCOLS:
                self._status_is_there(status)
                return version if version.startswith("HTTP/1.") else "HTTP/1.0", status, reason
            parse_headers(self.fp)

    def _status_is_there(self, status: int) -> None:
        """What follows is a reading only."""


class _DecidedResponse(_TimedResponse):
    """An answer whose caller knows all by the status line of a 2xx: what hangs behind it is given up soon."""

    def _status_is_there(self, status: int) -> None:
        if 200 <= status < 300:
            self._timed.deadline = min(self._timed.deadline, time.monotonic() + _REST_SECONDS)


class _TimedRaw(io.RawIOBase):
    """The socket's bytes; each read may last as long as the deadline leaves."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, deadline: float) -> None:
        super().__init__()
        self._raw, self._sock, self.deadline = raw, sock, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Broken(io.RawIOBase):
    """In place of a body that can no longer be found."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:  # noqa: ARG002 - as the protocol has it
        raise self._error
