"""HTTP/1.1 as clients and routers speak it: framing, order, what is refused, and how the server stops."""

import threading
from collections.abc import Iterator

import pytest

from relay.front.limits import Limits
from tests.front.app import PIECE, PIECES, App, make_direct
from tests.front.test_slow_clients import get, post, readable
from tests.wire import Connection
from tests.wire.front import Front, front


@pytest.fixture
def app() -> App:
    return App()


@pytest.fixture
def served(app: App) -> Iterator[Front]:
    with front(app, make_direct, Limits(threads=4)) as running:
        yield running


@pytest.fixture
def line(served: Front) -> Iterator[Connection]:
    with Connection(served.port) as connection:
        yield connection


def raw(line: Connection, data: bytes) -> bytes:
    """Everything that comes back until the server closes."""
    line.send(data)
    return b"".join(iter(lambda: line._socket.recv(262_144), b""))


def test_answers_come_in_the_order_of_the_requests(app: App, line: Connection) -> None:
    line.send(get("/wait") + post("/direct", 2, b"{}") + get("/small?a=1") + get("/bug"))
    assert app.waiting.acquire(timeout=10)
    assert not readable(line, 0.1)
    app.let.set()
    assert line.receive().body == b"waited"
    assert line.receive().json["size"] == 2
    assert line.receive().body == b"GET a=1"
    assert line.receive().status == 500


def test_thousands_of_requests_in_one_go_are_each_answered(line: Connection) -> None:
    line.send(post("/direct", 0) * 3000)
    assert {line.receive().status for _ in range(3000)} == {202}


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET http://relay.test/small?a=1 HTTP/1.1\r\n", 200),
        (b"GET /small HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n", 200),
        (b"GET /small HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n", 200),
        (b"OPTIONS * HTTP/1.1\r\n", 500),
        (b"CONNECT relay.test:443 HTTP/1.1\r\n", 405),
        (b"GET /small HTTP/2.0\r\n", 505),
        (b"POST /direct\r\n", 400),
        (b"GET /small HTTP/1.1\r\nHost: relay.test\r\nHost: another.test\r\n", 400),
        (b"POST /direct HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n", 501),
        (b"POST /direct HTTP/1.0\r\nTransfer-Encoding: chunked\r\n", 501),
        (b"POST /direct HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n", 400),
        (b"POST /direct HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n", 400),
        (b"POST /direct HTTP/1.1\r\nContent-Length : 3\r\n", 400),
        (b"GET /small HTTP/1.1\r\nX-A: a\r\n b\r\n", 400),
        (b"GET /small HTTP/1.1\nX-A: a\n", 400),
        (b"POST /direct/bug HTTP/1.1\r\nContent-Length: 0\r\n", 500),
    ],
)
def test_what_is_understood_is_answered_and_what_is_doubtful_is_refused(
    line: Connection, head: bytes, status: int
) -> None:
    line.send(head + b"\r\n")
    assert line.receive().status == status


def test_http_1_0_is_answered_and_closed_unless_it_asks_to_keep(line: Connection, served: Front) -> None:
    kept = line.post(b"GET /small HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    assert (kept.status, kept.headers["connection"]) == (200, "keep-alive")
    last = line.post(b"GET /small HTTP/1.0\r\n\r\n")
    assert (last.status, last.last, line.closed()) == (200, True, True)
    with Connection(served.port) as other:
        streamed = raw(other, b"GET /stream HTTP/1.0\r\n\r\n").partition(b"\r\n\r\n")[2]
    assert len(streamed) == len(PIECE) * PIECES, "as it is, until the connection is closed"


def test_a_response_of_unknown_length_is_chunked(line: Connection) -> None:
    head, _, body = raw(line, b"GET /stream HTTP/1.1\r\nConnection: close\r\n\r\n").partition(b"\r\n\r\n")
    assert b"Transfer-Encoding: chunked" in head
    assert body.endswith(b"\r\n0\r\n\r\n")
    assert body.count(PIECE) == PIECES


@pytest.mark.parametrize("path", ["/small", "/large", "/stream", "/direct"])
def test_head_gets_no_body_and_the_line_stays_in_step(line: Connection, app: App, path: str) -> None:
    line.send(b"HEAD %s HTTP/1.1\r\nHost: x\r\n\r\n" % path.encode() + get("/nothing"))
    answers = raw(line, b"GET /small HTTP/1.1\r\nConnection: close\r\n\r\n")
    assert answers.count(b"HTTP/1.1 ") == 3
    assert answers.count(b"x" * 100) == 0


def test_100_continue_is_sent_when_the_body_is_wanted_and_only_then(served: Front) -> None:
    for path, length in (("/direct", 2), ("/body", 2), ("/body", 2_000_000)):
        with Connection(served.port) as line:
            line.send(post(path, length).replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n"))
            assert readable(line, 5)
            assert line._socket.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
            line.send(b"x" * length)
            assert line.receive().status in {200, 202}
    for path in ("/direct", "/refuse"):
        with Connection(served.port) as line:
            line.send(post(path, 2_000_000).replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n"))
            assert raw(line, b"").startswith(b"HTTP/1.1 413 ")


def test_headers_behind_the_last_chunk_are_not_the_requests(line: Connection) -> None:
    """A header that came there could pass for one that a proxy in front has checked."""
    head = b"POST /headers HTTP/1.1\r\nX-A: a\r\nX_B: b\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert line.post(head + b"1\r\nx\r\n0\r\nX-A: late\r\n\r\n").body == b"HTTP_X_A=a"
    assert line.post(get("/small")).status == 200


@pytest.mark.parametrize("size", [0, 1, 99_999, 1_000_000, 1_000_001, 5_000_000])
def test_bodies_of_every_size_reach_the_app_whole(line: Connection, size: int) -> None:
    assert line.post(post("/body", size, b"x" * size)).body == b"%d" % size
    part = min(size, 70_000)
    chunks = b"".join(b"%x\r\n%s\r\n" % (part, b"x" * part) for _ in range(size // part)) if part else b""
    line.send(b"POST /body HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n")
    assert line.receive().body == b"%d" % (part * (size // part) if part else 0)


def test_a_refused_body_is_not_read_and_the_answer_arrives_all_the_same(line: Connection) -> None:
    line.send(post("/refuse", 10**9, PIECE * 4))
    reply = line.receive()
    assert (reply.status, reply.last) == (413, True)
    assert line.closed()


def test_a_response_that_breaks_is_seen_to_be_broken(served: Front) -> None:
    for path in ("/late_bug", "/short"):
        with Connection(served.port) as line:
            try:
                whole = raw(line, get(path)).partition(b"\r\n\r\n")[2]
            except ConnectionError:
                continue
            assert not whole.endswith(b"0\r\n\r\n")
            assert len(whole) != 10


def test_a_stop_finishes_what_is_in_hand_and_closes_what_is_idle(served: Front, app: App) -> None:
    with Connection(served.port) as idle, Connection(served.port) as busy, Connection(served.port) as half:
        assert idle.post(get("/small")).status == 200
        busy.send(get("/wait"))
        half.send(post("/direct", 2, b"{"))
        assert app.waiting.acquire(timeout=10)
        stopping = threading.Thread(target=served.stop)
        stopping.start()
        assert idle.closed()
        half.send(b"}")
        assert (half.receive().status, half.closed()) == (202, True)
        app.let.set()
        reply = busy.receive()
        assert (reply.body, reply.last, busy.closed()) == (b"waited", True, True)
        stopping.join(10)
        assert not stopping.is_alive()
