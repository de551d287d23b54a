"""A server on loopback that does exactly what a test says with the raw socket, once per connection."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Behaviour = Callable[[socket.socket], None]


@dataclass
class Loopback:
    """Where it listens, and the requests that arrived (head and body as bytes)."""

    port: int
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def read_request(peer: socket.socket) -> bytes:
    """One request with its Content-Length; empty when the peer is gone."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = peer.recv(65536)
        if not part:
            return b""
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    missing = (int(lengths[0].split(b":")[1]) if lengths else 0) - len(body)
    while missing > 0:
        part = peer.recv(65536)
        body += part
        missing -= len(part)
    return head + b"\r\n\r\n" + body


def answer(status: str, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


@contextmanager
def loopback(reply: bytes | Behaviour, tls: ssl.SSLContext | None = None) -> Iterator[Loopback]:
    """Bytes are sent for every request on a kept-alive connection; a function gets the socket afterwards."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = Loopback(listener.getsockname()[1])
    peers: list[socket.socket] = []

    def serve(raw: socket.socket) -> None:
        with tls.wrap_socket(raw, server_side=True) if tls else raw as peer:
            peers.append(peer)  # the raw one is empty once it was wrapped
            while request := read_request(peer):
                server.requests.append(request)
                if callable(reply):
                    reply(peer)
                    return
                peer.sendall(reply)

    def accept() -> None:
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            server.connections += 1
            peers.append(peer)  # from now on, a handshake may hang
            threads.append(threading.Thread(target=quietly, args=(peer,), daemon=True))
            threads[-1].start()

    def quietly(peer: socket.socket) -> None:
        with suppress(OSError):  # the client went away, as the test wanted
            serve(peer)

    threads = [threading.Thread(target=accept, daemon=True)]
    threads[0].start()
    try:
        yield server
    finally:
        for each in (listener, *peers):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in threads:
            thread.join(5)
