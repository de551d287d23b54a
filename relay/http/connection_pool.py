"""Kept-alive connections, only to checked addresses.

urllib3 resolves a name and connects in one step; a check before that step may see a different answer of
the name server (DNS rebinding). So the step itself is replaced; TLS, which names the host, stays as it is.
"""

import socket
import ssl
import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from ipaddress import ip_address
from typing import Any

import certifi
from urllib3 import Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.connection import create_connection, is_connection_dropped
from urllib3.util.ssl_ import create_urllib3_context

from relay.errors import RemoteError
from relay.http import exchange, url_policy
from relay.http.url_policy import is_metadata, is_public, refused

_MOST_ADDRESSES = 4
_MOST_ORIGINS = 64  # whose connections are kept


class CallTimeout(Timeout):
    """urllib3's, and how many seconds what follows the status line of a 2xx may take (`rest`; None: all)."""

    def __init__(self, connect: float, read: float, *, rest: float | None) -> None:
        super().__init__(connect=connect, read=read)
        self.rest = rest


class Pools:
    """One pool per origin, the ones used last. Safe for any thread.

    size  how many connections of an origin are kept while nobody uses them
    own   they may reach private addresses, others only the open internet. They are two families because a
          kept-alive connection of one must never serve a call of the other
    """

    def __init__(self, size: int, *, own: bool) -> None:
        self._size, self._own = size, own
        self._lock = threading.Lock()
        self._pools: OrderedDict[str, Pool] = OrderedDict()

    def of(self, url: str) -> "Pool":
        """`url`: as url_policy spells it."""
        origin = "/".join(url.split("/", 3)[:3])
        with self._lock:
            pool = self._pools.pop(origin, None) or Pool(url_policy.parse(origin), self._size, own=self._own)
            self._pools[origin] = pool
            oldest = self._pools.popitem(last=False)[1] if len(self._pools) > _MOST_ORIGINS else None
        if oldest is not None:
            oldest.close()
        return pool

    def close(self) -> None:
        with self._lock:
            pools = list(self._pools.values())
            self._pools.clear()
        for pool in pools:
            pool.close()


class Pool:
    """Kept-alive connections to one origin, as requests' adapter calls it. Safe for any thread."""

    def __init__(self, origin: url_policy.Url, size: int, *, own: bool) -> None:
        self._origin, self._size = origin, size
        self._class = _CLASSES[origin.scheme, own]
        self._idle: list[_Plain | _Secure] = []  # the last one given back is used first
        self._closed = False
        weakref.finalize(self, _close, self._idle)

    def urlopen(
        self,
        method: str,
        url: str,
        body: bytes | exchange.Readable | None,
        headers: Mapping[str, str],
        *,
        timeout: Timeout,
        **_: Any,
    ) -> "PooledResponse":
        """Named and called as urllib3's. `url` is the path with the query.

        Raises RemoteError and ValueError while nothing was sent; what urllib3 raises may have taken effect.
        """
        start = exchange.head(method, url, self._origin.authority, headers.items())
        connect, read = _seconds(timeout.connect_timeout), _seconds(timeout.read_timeout)
        connection = self._connected(connect)
        try:
            connection.sock.settimeout(connect)
            exchange.send(connection.sock, start, body)
            rest = timeout.rest if isinstance(timeout, CallTimeout) else None
            response = exchange.Response(exchange.Incoming(connection.sock, read), method=method, rest=rest)
        except BaseException:
            connection.close()
            raise
        return PooledResponse(response, connection, self)

    def keep(self, connection: "_Plain | _Secure") -> None:
        if self._closed or len(self._idle) >= self._size:
            connection.close()
        else:
            self._idle.append(connection)

    def close(self) -> None:
        self._closed = True
        _close(self._idle)

    def _connected(self, seconds: float) -> "_Plain | _Secure":
        while self._idle:
            with suppress(IndexError):  # another thread took it
                kept = self._idle.pop()
                if not is_connection_dropped(kept):
                    return kept
                kept.close()
        new: _Plain | _Secure = self._class(self._origin.host, self._origin.port, timeout=seconds)
        try:
            new.connect()
        except BaseException:
            new.close()
            raise
        return new


class PooledResponse:
    """A response whose connection goes back to its pool once it is released, if it can be used again."""

    def __init__(self, response: exchange.Response, connection: "_Plain | _Secure", pool: Pool) -> None:
        self._response, self._connection, self._pool = response, connection, pool
        self.status, self.headers, self.reason = response.status, response.headers, response.reason

    def read(self, most: int, decode_content: bool = False) -> bytes:  # noqa: ARG002 - as urllib3's
        return self._response.read(most)

    def read1(self, most: int, decode_content: bool = True) -> bytes:  # noqa: ARG002 - as urllib3's
        return self._response.read_decoded(most)

    def allow_seconds(self, seconds: float) -> None:
        self._response.allow_seconds(seconds)

    def release_conn(self) -> None:
        if self._response.is_reusable:
            self._pool.keep(self._connection)
        else:
            self._connection.close()

    def close(self) -> None:
        self._connection.close()


class _Plain(HTTPConnection):
    own = False

    def _new_conn(self) -> socket.socket:
        return _connect(self, self.own)


class _Own(_Plain):
    own = True


class _Secure(HTTPSConnection):
    own = False

    def _new_conn(self) -> socket.socket:
        return _connect(self, self.own)

    def connect(self) -> None:
        self.cert_reqs, self.ssl_context = "CERT_REQUIRED", _trusted(certifi.where())
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


class _OwnSecure(_Secure):
    own = True


_CLASSES = {
    ("http", False): _Plain,
    ("http", True): _Own,
    ("https", False): _Secure,
    ("https", True): _OwnSecure,
}


def allow_seconds(response: object, seconds: float) -> None:
    """What is read of this response from here on must be there within so many seconds."""
    if isinstance(response, PooledResponse):
        response.allow_seconds(seconds)


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


def _seconds(timeout: object) -> float:
    """urllib3 has a default for none at all; here each call has one."""
    if not isinstance(timeout, (int, float)):
        raise TypeError("a call without a time-out")
    return timeout


def _close(connections: list[_Plain | _Secure]) -> None:
    while connections:
        connections.pop().close()


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
