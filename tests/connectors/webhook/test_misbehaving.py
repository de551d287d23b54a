"""A receiver that misbehaves before, in and after the status line: what becomes of the delivery, and why.

The rule behind the table: until a whole status line is there, the result may have been taken, so the delivery
is tried again with the same key. From then on the status decides, whatever comes after it.
"""

import gzip
import re
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr

from connectors.base import Done, Memory
from connectors.webhook import connector as webhook
from connectors.webhook.connector import Webhook, WebhookOptions
from relay.delivery.retry_policy import Decision, decide
from relay.delivery.worker import DeliveryWorker
from relay.errors import RemoteError
from relay.http.client import Http
from relay.models.delivery import DeliveryStatus
from relay.store.sqlite.store import SqliteStore
from tests.connectors.contract import CONTEXT, KEY, NOW, VIDEO
from tests.connectors.files import NoFiles
from tests.delivery import destination
from tests.loopback import Behaviour, Loopback, answer, loopback
from tests.store.contract.make import NOW as ACCEPTED
from tests.store.contract.make import accept, result
from tests.store.template import new_database
from tests.wire import wait_until

PATIENCE = (2.0, 0.4)  # seconds, in place of the connector's
DELIVERED, RETRYING, FAILED = DeliveryStatus.DELIVERED, DeliveryStatus.RETRYING, DeliveryStatus.FAILED
PAUSED = DeliveryStatus.PENDING  # the connection is paused, and the delivery waits
OK = b"HTTP/1.1 200 OK\r\n"


@dataclass(frozen=True)
class Row:
    """`what` the receiver does with each request, `status` of the delivery, `why` that is right."""

    what: bytes | Behaviour
    status: DeliveryStatus
    why: str
    ambiguous: bool = False
    http_status: int | None = None


def sends(*parts: bytes) -> Behaviour:
    """These bytes, then a proper end of the connection."""
    return lambda peer: peer.sendall(b"".join(parts))


def then_resets(*parts: bytes) -> Behaviour:
    """These bytes, then a reset."""

    def act(peer: socket.socket) -> None:
        peer.sendall(b"".join(parts))
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()

    return act


def then_hangs(*parts: bytes) -> Behaviour:
    """These bytes, then silence until the client goes."""

    def act(peer: socket.socket) -> None:
        peer.sendall(b"".join(parts))
        peer.recv(1)

    return act


def drips(start: bytes, drop: bytes) -> Behaviour:
    """Something small again and again, for as long as the client stays."""
    pause = threading.Event()

    def act(peer: socket.socket) -> None:
        peer.sendall(start)
        while not pause.wait(0.02):
            peer.sendall(drop)

    return act


def closes_early(peer: socket.socket) -> None:
    """The answer is there before the request was read, and the connection is reset."""
    peer.sendall(answer("413 Content Too Large", b"", "Connection: close"))
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def chunked(*chunks: bytes) -> bytes:
    return OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(chunks)


def interim(*statuses: str) -> bytes:
    return b"".join(f"HTTP/1.1 {each}\r\nLink: </a.css>\r\n\r\n".encode() for each in statuses)


LOST = "whether the result was taken is unknown, so it goes again with its key"
TAKEN = "2xx means taken"

BEFORE = {
    "closed without a byte": Row(sends(), RETRYING, LOST, ambiguous=True),
    "reset without a byte": Row(then_resets(), RETRYING, LOST, ambiguous=True),
    "silence": Row(then_hangs(), RETRYING, LOST, ambiguous=True),
    "100 and silence": Row(then_hangs(interim("100 Continue")), RETRYING, LOST, ambiguous=True),
    "103 and the end": Row(sends(interim("103 Early Hints")), RETRYING, LOST, ambiguous=True),
    "interim answers without end": Row(drips(b"", interim("102 Processing")), RETRYING, LOST, ambiguous=True),
    "an interim answer that is cut": Row(sends(b"HTTP/1.1 103 Early"), RETRYING, LOST, ambiguous=True),
    "100": Row(sends(interim("100 Continue"), answer("200 OK")), DELIVERED, TAKEN, http_status=200),
    "102": Row(sends(interim("102 Processing"), answer("200 OK")), DELIVERED, TAKEN, http_status=200),
    "103": Row(sends(interim("103 Early Hints"), answer("200 OK")), DELIVERED, TAKEN, http_status=200),
    "199": Row(sends(interim("199 Whatever"), answer("200 OK")), DELIVERED, TAKEN, http_status=200),
    "several interim answers": Row(
        sends(
            interim("100 Continue", "103 Early Hints", "102 Processing", "103 Early Hints"),
            answer("204 No Content"),
        ),
        DELIVERED,
        TAKEN,
        http_status=204,
    ),
    "103, then a refusal": Row(
        sends(interim("103 Early Hints"), answer("422 No")), FAILED, "the last status counts", http_status=422
    ),
    "101": Row(
        then_hangs(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"),
        PAUSED,
        "no webhook listens there: every result would end the same",
        http_status=101,
    ),
    "answered before it was read": Row(
        closes_early, FAILED, "the refusal arrived, although the connection broke", http_status=413
    ),
}

IN = {
    "no HTTP": Row(sends(b"hello\r\n\r\n"), RETRYING, LOST, ambiguous=True),
    "TLS where HTTP is spoken": Row(sends(b"\x15\x03\x03\x00\x02\x02\x28"), RETRYING, LOST, ambiguous=True),
    "another protocol": Row(sends(b"SSH-2.0-OpenSSH_9.9\r\n"), RETRYING, LOST, ambiguous=True),
    "cut in the version": Row(sends(b"HTTP/1."), RETRYING, LOST, ambiguous=True),
    "cut in the number": Row(sends(b"HTTP/1.1 20"), RETRYING, LOST, ambiguous=True),
    "reset in the number": Row(then_resets(b"HTTP/1.1 20"), RETRYING, LOST, ambiguous=True),
    "hangs in the number": Row(then_hangs(b"HTTP/1.1 20"), RETRYING, LOST, ambiguous=True),
    "hangs before the line's end": Row(
        then_hangs(b"HTTP/1.1 200 O"), RETRYING, "no line, no status", ambiguous=True
    ),
    "no number": Row(sends(b"HTTP/1.1 OK\r\n\r\n"), RETRYING, LOST, ambiguous=True),
    "a number of four digits": Row(sends(b"HTTP/1.1 2000 OK\r\n\r\n"), RETRYING, LOST, ambiguous=True),
    "a status line without end": Row(drips(b"HTTP/1.1 200 ", b"x" * 9000), RETRYING, LOST, ambiguous=True),
    "no reason": Row(sends(b"HTTP/1.1 200\r\n\r\n"), DELIVERED, TAKEN, http_status=200),
    "an odd reason": Row(sends(b"HTTP/1.1 200 \xff\xfe\r\n\r\n"), DELIVERED, TAKEN, http_status=200),
    "line feeds alone": Row(sends(b"HTTP/1.1 200 OK\n\nok"), DELIVERED, TAKEN, http_status=200),
    "HTTP/1.0": Row(sends(b"HTTP/1.0 200 OK\r\n\r\nok"), DELIVERED, TAKEN, http_status=200),
    "HTTP/2 in words": Row(sends(b"HTTP/2 200 OK\r\n\r\nok"), DELIVERED, TAKEN, http_status=200),
    "a 2xx that no list has": Row(sends(answer("299 Odd")), DELIVERED, TAKEN, http_status=299),
    "a status above 599": Row(
        sends(answer("999 Denied")), RETRYING, "a server's fault, and it may have acted", True, 999
    ),
}

AFTER = {
    "a long body": Row(answer("200 OK", b"x" * 300_000), DELIVERED, TAKEN, http_status=200),
    "a body without end": Row(drips(OK + b"\r\n", b"x" * 50_000), DELIVERED, TAKEN, http_status=200),
    "a cut body": Row(
        sends(OK + b"Content-Length: 500\r\n\r\nhello there"), DELIVERED, TAKEN, http_status=200
    ),
    "a reset in the body": Row(
        then_resets(OK + b"Content-Length: 500\r\n\r\nhello"), DELIVERED, TAKEN, http_status=200
    ),
    "a hang in the body": Row(
        then_hangs(OK + b"Content-Length: 500\r\n\r\nhello"), DELIVERED, TAKEN, http_status=200
    ),
    "a dripping body": Row(
        drips(OK + b"Content-Length: 99999\r\n\r\n", b"x"), DELIVERED, TAKEN, http_status=200
    ),
    "no length and a hang": Row(then_hangs(OK + b"\r\n"), DELIVERED, TAKEN, http_status=200),
    "more than its length": Row(
        sends(OK + b"Content-Length: 2\r\n\r\nok and more"), DELIVERED, TAKEN, http_status=200
    ),
    "a second answer": Row(
        sends(answer("200 OK", b"ok"), answer("500 No")), DELIVERED, "one request has one answer", False, 200
    ),
    "a chunk that is none": Row(sends(chunked(b"zz\r\nhello\r\n")), DELIVERED, TAKEN, http_status=200),
    "a cut chunk": Row(sends(chunked(b"5\r\nhello\r\n", b"ff\r\nhe")), DELIVERED, TAKEN, http_status=200),
    "no last chunk": Row(sends(chunked(b"5\r\nhello\r\n")), DELIVERED, TAKEN, http_status=200),
    "a chunk of a negative size": Row(sends(chunked(b"-5\r\nhello\r\n")), DELIVERED, TAKEN, http_status=200),
    "a gzip that is none": Row(
        answer("200 OK", b"hello", "Content-Encoding: gzip"), DELIVERED, TAKEN, http_status=200
    ),
    "a gzip that is cut": Row(
        answer("200 OK", gzip.compress(b"hello" * 99)[:30], "Content-Encoding: gzip"),
        DELIVERED,
        TAKEN,
        http_status=200,
    ),
    "a gzip bomb": Row(
        answer("200 OK", gzip.compress(b"\0" * 9_000_000), "Content-Encoding: gzip"),
        DELIVERED,
        TAKEN,
        False,
        200,
    ),
    "a compression that nobody knows": Row(
        answer("200 OK", b"hello", "Content-Encoding: tomorrow"), DELIVERED, TAKEN, http_status=200
    ),
    "a length that is no number": Row(
        sends(OK + b"Content-Length: many\r\n\r\nhello"), DELIVERED, TAKEN, http_status=200
    ),
    "a negative length": Row(
        sends(OK + b"Content-Length: -5\r\n\r\nhello"), DELIVERED, TAKEN, http_status=200
    ),
    "two lengths": Row(
        sends(OK + b"Content-Length: 5\r\nContent-Length: 7\r\n\r\nhello"), DELIVERED, TAKEN, http_status=200
    ),
    "two lengths in one": Row(
        sends(OK + b"Content-Length: 5, 7\r\n\r\nhello"), DELIVERED, TAKEN, http_status=200
    ),
    "a length and chunks": Row(
        sends(OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
        DELIVERED,
        TAKEN,
        http_status=200,
    ),
    "closed in the headers": Row(sends(OK + b"X-A: b\r\nX-"), DELIVERED, TAKEN, http_status=200),
    "reset in the headers": Row(then_resets(OK + b"X-A: b\r\nX-"), DELIVERED, TAKEN, http_status=200),
    "a hang in the headers": Row(then_hangs(OK + b"X-A: b\r\nX-"), DELIVERED, TAKEN, http_status=200),
    "dripping headers": Row(drips(OK + b"X-A: ", b"b"), DELIVERED, TAKEN, http_status=200),
    "very many headers": Row(sends(OK + b"X: y\r\n" * 5000 + b"\r\n"), DELIVERED, TAKEN, http_status=200),
    "a very long header": Row(
        sends(OK + b"X: " + b"y" * 70_000 + b"\r\n\r\n"), DELIVERED, TAKEN, http_status=200
    ),
    "a header that is none": Row(sends(OK + b"what is this\r\n\r\nok"), DELIVERED, TAKEN, http_status=200),
    "a 204 with a body": Row(
        sends(b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello"), DELIVERED, TAKEN, http_status=204
    ),
    "a body that is no text": Row(answer("200 OK", b"\x00\xff\xfe"), DELIVERED, TAKEN, http_status=200),
    "an error in a 200": Row(
        answer("200 OK", b'{"error": "no"}'), DELIVERED, "the status decides, not the words", http_status=200
    ),
    "a refusal with a cut body": Row(
        sends(b"HTTP/1.1 404 Not Found\r\nContent-Length: 500\r\n\r\nnobody"),
        PAUSED,
        "404 counts",
        False,
        404,
    ),
    "a record's fault with a long body": Row(
        answer("422 No", b"x" * 300_000), FAILED, "422 counts", http_status=422
    ),
    "busy, with a reset in the body": Row(
        then_resets(b"HTTP/1.1 503 Busy\r\nRetry-After: 60\r\nContent-Length: 500\r\n\r\nbusy"),
        RETRYING,
        "503 counts, and so does its Retry-After",
        True,
        503,
    ),
    "busy, with a reset in the headers": Row(
        then_resets(b"HTTP/1.1 429 Slow down\r\nRetry-"), RETRYING, "429 counts", False, 429
    ),
    "gone, with a hang in the body": Row(
        then_hangs(b"HTTP/1.1 410 Gone\r\nContent-Length: 9\r\n\r\n"), PAUSED, "410 counts", False, 410
    ),
    "a redirect with a broken body": Row(
        sends(b"HTTP/1.1 302 Found\r\nLocation: /a\r\nContent-Length: 9\r\n\r\n"),
        PAUSED,
        "302 counts",
        False,
        302,
    ),
}


@contextmanager
def connected(what: bytes | Behaviour) -> Iterator[tuple[Loopback, Webhook]]:
    with loopback(what) as server:
        http = Http(allowed_hosts=[f"127.0.0.1:{server.port}"])
        yield server, Webhook(WebhookOptions(url=SecretStr(f"{server.url}/hook")), http)
        http.close()


def deliver(connection: Webhook) -> Done | RemoteError:
    try:
        return connection.deliver(VIDEO, CONTEXT, KEY, Memory(), NoFiles(), NOW)
    except RemoteError as error:
        return error


def decided(ended: Done | RemoteError) -> Decision:
    return decide(ended, tries=0, now=NOW, jitter=0.5)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "_TIMEOUT", PATIENCE)


@pytest.mark.parametrize("name", [*BEFORE, *IN, *AFTER])
def test_what_becomes_of_a_delivery_to_a_receiver_that_misbehaves(name: str) -> None:
    row = (BEFORE | IN | AFTER)[name]
    with connected(row.what) as (server, connection):
        ended = deliver(connection)
        assert len(server.requests) == 1, "nothing is posted twice within an attempt"
    decision = decided(ended)
    assert decision.status is row.status, row.why
    assert (ended.status, isinstance(ended, RemoteError) and ended.ambiguous) == (
        row.http_status,
        row.ambiguous,
    )
    assert (decision.pause is not None) == (row.status is PAUSED)
    assert not isinstance(ended, RemoteError) or ended.message.startswith("127.0.0.1 ")


def test_whatever_hangs_behind_a_2xx_holds_no_slot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each address takes one call at a time; its second delivery arrives while the first body still hangs."""
    monkeypatch.setattr(webhook, "_TIMEOUT", (10.0, 600.0))
    hangs = re.compile("hang|drip")  # others close a connection just when the second delivery takes it
    taken = {name: row.what for name, row in AFTER.items() if row.status is DELIVERED and hangs.search(name)}
    assert len(taken) >= 5
    new_database(tmp_path / "relay.db")
    store = SqliteStore(tmp_path / "relay.db")
    with ExitStack() as stack:
        servers = {name: stack.enter_context(loopback(what)) for name, what in taken.items()}
        http = Http(allowed_hosts=["127.0.0.1"])
        hooks = {
            name: destination.webhook(http, f"{server.url}/hook", name=name, concurrency=1)
            for name, server in servers.items()
        }
        worker = DeliveryWorker(store, lambda: hooks, lambda: ACCEPTED + 1000, files=destination.no_files)
        thread = threading.Thread(target=worker.run)
        thread.start()
        stack.callback(thread.join, 30)
        stack.callback(worker.stop)
        for number in range(2):
            accept(store, result(f"vgen_{number}"), to=[each.connection for each in hooks.values()])
        delivered = 2 * len(hooks)
        wait_until(lambda: len(store.deliveries(limit=1000, status=DELIVERED)) == delivered, 120, 0.1)
        assert {name for name, server in servers.items() if len(server.requests) != 2} == set()
    store.close()


@pytest.mark.parametrize(
    ("what", "kept"),
    [
        (sends(OK + b"Content-Length: 500\r\n\r\nhello there"), "hello there"),
        (then_hangs(OK + b"Content-Length: 500\r\n\r\nhello"), "hello"),
        (sends(chunked(b"5\r\nhello\r\n", b"zz\r\n")), "hello"),
        (sends(chunked(b"5\r\nhello\r\n", b"ff\r\nthere")), "hellothere"),
        (answer("200 OK", b"x" * 300_000), "x" * 2048),
        (then_resets(OK + b"\r\n"), ""),
    ],
    ids=["cut", "hang", "bad chunk", "cut chunk", "long", "empty"],
)
def test_the_answer_is_kept_as_far_as_it_came(what: bytes | Behaviour, kept: str) -> None:
    with connected(what) as (_, connection):
        ended = deliver(connection)
    assert isinstance(ended, Done)
    assert ended.answer == kept


def test_a_retry_after_counts_although_the_body_breaks() -> None:
    busy = then_hangs(b"HTTP/1.1 503 Busy\r\nRetry-After: 60\r\nContent-Length: 500\r\n\r\nbusy")
    with connected(busy) as (_, connection):
        ended = deliver(connection)
    assert isinstance(ended, RemoteError)
    assert ended.retry_after == 60


@pytest.mark.parametrize(
    "first",
    [
        answer("200 OK", b"x" * 300_000),
        OK + b"Content-Length: 2\r\n\r\nok and more",
        answer("200 OK", b"ok") + answer("500 No"),
        answer("200 OK", b"hello", "Content-Encoding: gzip"),
        OK + b"Content-Length: 5\r\nContent-Length: 7\r\n\r\nhello",
    ],
    ids=["long", "more than its length", "second answer", "bad gzip", "two lengths"],
)
def test_what_is_left_of_one_answer_is_never_taken_for_the_next(first: bytes) -> None:
    """On a connection that the receiver keeps open."""
    with connected(first) as (server, connection):
        assert [decided(deliver(connection)).status for _ in range(3)] == [DELIVERED] * 3
        assert len(server.requests) == 3
