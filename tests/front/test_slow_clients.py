"""Who is slow, half gone or greedy costs himself: what becomes of him, and that the others notice nothing."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from relay.front.limits import Limits
from tests.front.app import PIECE, PIECES, App, make_direct
from tests.wire import Connection, CutError, wait_until
from tests.wire.front import Front, front

LIMITS = Limits(
    request_seconds=0.6,
    idle_seconds=0.8,
    least_pace=50_000,
    body_bytes=100_000,
    memory_bytes=400_000,
    connections=64,
    threads=2,
    uploads=2,
)


@pytest.fixture(scope="module")
def app() -> App:
    return App()


@pytest.fixture(scope="module")
def served(app: App) -> Iterator[Front]:
    with front(app, make_direct, LIMITS) as running:
        yield running


def post(path: str, length: int, body: bytes = b"") -> bytes:
    return b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (path.encode(), length, body)


def get(path: str) -> bytes:
    return b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path.encode()


@dataclass(frozen=True)
class Client:
    """Sends `first`, then `drop` again and again; `ends` says that no more comes. What it gets: a status, or
    None where the connection is closed without an answer."""

    does: str
    first: bytes
    gets: int | None
    drop: bytes = b""
    ends: bool = False


CHUNKED = b"POST %s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
CLIENTS = [
    Client("says nothing", b"", None),
    Client("one byte", b"P", 408),
    Client("half a head", b"POST /direct HTTP/1.1\r\nHost: x\r\nX-Half: ", 408),
    Client("a head that drips", b"GET /small HTTP/1.1\r\n", 408, drop=b"X-A: b\r\n"),
    Client("a header that drips", b"GET /small HTTP/1.1\r\nX-A: ", 408, drop=b"b"),
    Client("half the body of what is answered on the loop", post("/direct", 100, b"half"), 408),
    Client("half a body for the app", post("/body", 100, b"half"), 408),
    Client("a body that drips", post("/direct", 90_000), 408, drop=b"x"),
    Client("a chunk that drips", CHUNKED % b"/direct" + b"fff\r\n", 408, drop=b"x"),
    Client("chunks that drip", CHUNKED % b"/body", 408, drop=b"1\r\nx\r\n"),
    Client("a long body of which half comes", post("/body", 10**7, PIECE), 500),
    Client("a long body that drips", post("/body", 10**7), 500, drop=b"x"),
    Client("an upload that drips", post("/upload", 10**7), 500, drop=b"x"),
    Client("a second request that stalls", get("/small") + b"GET /sm", 408),
    Client("nothing after its answer", get("/small"), None),
    Client("half a head, and is gone", b"POST /dir", 400, ends=True),
    Client("half a body, and is gone", post("/direct", 100, b"half"), 400, ends=True),
    Client("half a long body, and is gone", post("/body", 10**7, PIECE), 500, ends=True),
    Client("all, and listens on", get("/small"), 200, ends=True),
    Client("what is no HTTP", b"\x16\x03\x01\x02\x00\r\n\r\n", 400),
    Client("a head without end", b"GET /small HTTP/1.1\r\nX-A: ", 431, drop=b"x" * 20_000),
    Client("a trailer without end", CHUNKED % b"/direct" + b"0\r\nX-A: ", 431, drop=b"x" * 20_000),
    Client("too many headers", b"GET /small HTTP/1.1\r\n" + b"X-A: b\r\n" * 101 + b"\r\n", 431),
    Client("a length beyond the limit", post("/direct", 10**12), 413),
    Client("chunks beyond the limit", CHUNKED % b"/direct" + b"fffff\r\n", 413, drop=PIECE),
]


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.does)
def test_a_slow_or_broken_client_is_told_and_closed_in_time(served: Front, client: Client) -> None:
    began = time.monotonic()
    with Connection(served.port, timeout=10) as line:
        line.send(client.first)
        if client.ends:
            line.finish()
        if b"GET /small HTTP/1.1\r\nHost: x\r\n\r\n" in client.first and client.gets != 200:
            assert line.receive().status == 200
        with contextlib.suppress(ConnectionError):
            while client.drop and not readable(line, 0.05):
                line.send(client.drop)
        if client.gets is None:
            assert line.closed()
        else:
            reply = line.receive()
            assert reply.status == client.gets
            assert reply.last or client.ends, "it may have been answered before its end was seen"
            assert line.closed()
    assert time.monotonic() - began < 8


def readable(line: Connection, seconds: float) -> bool:
    line._socket.settimeout(seconds)
    try:
        return bool(line._socket.recv(1, socket.MSG_PEEK)) or True
    except TimeoutError:
        return False
    finally:
        line._socket.settimeout(10)


def test_an_upload_that_keeps_the_pace_may_take_longer_than_other_requests(served: Front) -> None:
    piece, count = b"x" * 20_000, 12
    began = time.monotonic()
    with Connection(served.port) as line:
        line.send(post("/upload", len(piece) * count))
        for _ in range(count):
            assert not readable(line, 0.1)
            line.send(piece)
        assert line.receive().body == b"%d" % (len(piece) * count)
    assert time.monotonic() - began > LIMITS.request_seconds


def test_readers_that_do_not_read_hold_no_thread_and_lose_their_place(served: Front, app: App) -> None:
    app.ended.clear()
    readers = [Connection(served.port) for _ in range(4 * LIMITS.threads)]
    for reader in readers:
        reader.send(get("/large"))
    with Connection(served.port) as line:
        assert line.post(get("/small")).status == 200
    wait_until(lambda: app.ended.count("response closed") == len(readers))
    for reader in readers:
        with pytest.raises((CutError, ConnectionError)):
            reader.receive()
        reader.close()


def test_a_reader_who_keeps_the_pace_gets_all_of_it(served: Front) -> None:
    """Slower than the server is, for some windows; so slow that the kernel's buffers alone would not do."""
    got, began, resting = 0, time.monotonic(), threading.Event()
    with Connection(served.port) as line:
        line._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        line.send(get("/large"))
        while time.monotonic() - began < 3 * LIMITS.request_seconds and readable(line, 5):
            got += len(line._socket.recv(20_000))
            resting.wait(0.1)
        while more := line._socket.recv(1_000_000):
            got += len(more)
            if got > len(PIECE) * PIECES:
                break
    assert got > len(PIECE) * PIECES


def test_healthy_requests_are_answered_at_once_beside_many_that_stall(served: Front) -> None:
    stalled = [Connection(served.port) for _ in range(50)]
    for number, line in enumerate(stalled):
        line.send((b"P", post("/direct", 50, b"half"), post("/body", 50, b"half"), b"GET /")[number % 4])
    with Connection(served.port) as line:
        began = time.monotonic()
        assert line.post(post("/direct", 2, b"{}")).json["size"] == 2
        assert line.post(get("/small")).status == 200
        assert time.monotonic() - began < 1
    for line in stalled:
        line.close()


def test_beyond_the_limit_of_connections_the_longest_idle_makes_room(served: Front) -> None:
    idle = [Connection(served.port) for _ in range(LIMITS.connections + 10)]
    with Connection(served.port) as line:
        assert line.post(get("/small")).status == 200
    assert idle[0].closed()
    for line in idle:
        line.close()


def test_half_bodies_share_their_memory_and_the_slowest_makes_room(served: Front) -> None:
    half = post("/direct", 99_000, b"x" * 90_000)
    stalled = [Connection(served.port) for _ in range(6)]
    for line in stalled:
        line.send(half)
    with Connection(served.port) as line:
        assert line.post(post("/direct", 90_000, b"x" * 90_000)).status == 202
    assert stalled[0].receive().status == 503
    for line in stalled:
        line.close()


def test_more_uploads_than_there_are_places_for_are_told_to_come_again(served: Front) -> None:
    uploading = [Connection(served.port) for _ in range(LIMITS.uploads)]
    for line in uploading:
        line.send(post("/upload", 10**7, PIECE * 2))
    with Connection(served.port) as line:
        wait_until(lambda: served.server._uploads == LIMITS.uploads)
        reply = line.post(post("/upload", 10**7, b"x"))
        assert (reply.status, reply.headers["retry-after"]) == (503, "2")
        for each in uploading:
            each.close()
    wait_until(lambda: served.server._uploads == 0)


def test_a_client_that_leaves_ends_the_response_that_was_made_for_it(served: Front, app: App) -> None:
    app.ended.clear()
    with Connection(served.port) as line:
        line.send(get("/stream"))
        assert readable(line, 5)
    wait_until(lambda: "response closed" in app.ended)
