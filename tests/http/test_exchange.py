"""Where a response ends, what its headers are, and whether the connection can be used again, byte by byte."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from urllib3.exceptions import HTTPError, ProtocolError, ReadTimeoutError

from relay.http.exchange import Incoming, Response, head, send

NEXT = b"HTTP/1.1 200 of the next\r\nContent-Length: 0\r\n\r\n"


@contextmanager
def incoming(raw: bytes, *, ends: bool = True, seconds: float = 5.0) -> Iterator[Incoming]:
    """What arrives when a server sends these bytes. `ends`: and closes the connection."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(raw)
        if ends:
            theirs.shutdown(socket.SHUT_WR)
        yield Incoming(ours, seconds)


def body_of(response: Response) -> bytes:
    return b"".join(iter(lambda: response.read(7), b""))


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKS = OK + b"Transfer-Encoding: chunked\r\n\r\n"
NO_CHUNKS = b"HTTP/1.1 503 X\r\nTransfer-Encoding: chunked\r\n\r\n"

# raw bytes -> body, whether another response can follow on the connection
FRAMES: dict[str, tuple[bytes, bytes, bool]] = {
    "a length": (OK + b"Content-Length: 9\r\n\r\n123456789", b"123456789", True),
    "one length, said twice": (OK + b"Content-Length: 2, 2\r\n\r\nok", b"ok", True),
    "bare line feeds": (b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", b"ok", True),
    "no reason": (b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", b"ok", True),
    "no body by its status": (b"HTTP/1.1 204 X\r\nContent-Length: 5\r\n\r\n", b"", True),
    "chunks": (CHUNKS + b"3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n", b"abc0123456789", True),
    "chunks, trailers": (CHUNKS + b"1\r\na\r\n0\r\nX: y\r\n\r\n", b"a", True),
    "chunks before a length": (
        OK + b"Content-Length: 99\r\nTransfer-Encoding: Chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", b"ok", True),
    "until it closes": (OK + b"\r\nall of it", b"all of it", False),
    "a length that is no number": (OK + b"Content-Length: -2\r\n\r\nok", b"ok", False),
    "a length of 5,000 digits": (OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\nok", b"ok", False),
    "it says that it closes": (OK + b"Connection: Close\r\nContent-Length: 2\r\n\r\nok", b"ok", False),
    "HTTP/1.0": (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", b"ok", False),
    "HTTP/1.0 kept alive": (
        b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok", b"ok", True),
    "an unknown version": (b"HTTP/3 200 OK\r\nContent-Length: 2\r\n\r\nok", b"ok", False),
    "interim responses": (
        b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 100 C\r\n\r\n" + OK + b"Content-Length: 2\r\n\r\nok",
        b"ok", True),
    "more than one response": (OK + b"Content-Length: 2\r\n\r\nok" + NEXT, b"ok", False),
}  # fmt: skip


@pytest.mark.parametrize("name", FRAMES)
def test_a_response_ends_where_it_says_and_leaves_the_connection_usable_only_then(name: str) -> None:
    raw, body, reusable = FRAMES[name]
    with incoming(raw) as bytes_:
        response = Response(bytes_, method="POST")
        assert response.status in (200, 204)
        assert body_of(response) == body
        assert response.is_reusable == reusable
        assert "link" not in response.headers


# raw bytes -> the status that stands all the same; None: it is no response
FAULTS: dict[str, tuple[bytes, int | None]] = {
    "nothing": (b"", None),
    "no status line": (b"220 smtp.example.com ready\r\n", None),
    "half a status": (b"HTTP/1.1 20", None),
    "a status of four digits": (b"HTTP/1.1 2000 OK\r\n\r\n", None),
    "a status below all": (b"HTTP/1.1 099 X\r\n\r\n", None),
    "an endless status line": (b"HTTP/1.1 200 " + b"x" * 70_000, None),
    "an endless header": (b"HTTP/1.1 503 X\r\nX: " + b"x" * 70_000, 503),
    "101 headers": (b"HTTP/1.1 503 X\r\n" + b"X: y\r\n" * 101 + b"\r\n", 503),
    "contradicting lengths": (
        b"HTTP/1.1 503 X\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 503),
    "a body cut off": (b"HTTP/1.1 503 X\r\nContent-Length: 5\r\n\r\nab", 503),
    "a chunk cut off": (NO_CHUNKS + b"5\r\nab", 503),
    "a chunk without a size": (NO_CHUNKS + b"ab\r\n", 503),
    "a negative chunk": (NO_CHUNKS + b"-5\r\nab\r\n", 503),
    "a chunk with too much": (NO_CHUNKS + b"1\r\nabc\r\n0\r\n\r\n", 503),
    "no last chunk": (NO_CHUNKS + b"1\r\na\r\n", 503),
    "endless trailers": (
        NO_CHUNKS + b"0\r\n" + b"X: y\r\n" * 102 + b"\r\n", 503),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_what_breaks_is_an_error_and_a_status_that_was_read_stands(name: str) -> None:
    raw, status = FAULTS[name]
    with incoming(raw) as bytes_:
        if status is None:
            with pytest.raises(ProtocolError):
                Response(bytes_, method="POST")
            return
        response = Response(bytes_, method="POST")
        assert response.status == status
        with pytest.raises(HTTPError):
            body_of(response)
        assert not response.is_reusable


def test_headers_are_read_as_they_are_meant_and_what_is_none_is_passed_over() -> None:
    raw = (
        OK + b"Retry-After:  7 \r\nnonsense\r\nX-Long: one\r\n  two\r\nRetry-After: 9\r\n"
        b"Bad Name: x\r\n folded\r\nX-Latin: \xe4\r\nContent-Length: 0\r\n\r\n"
    )
    with incoming(raw) as bytes_:
        headers = Response(bytes_, method="GET").headers
    assert headers["retry-after"] == "7, 9"
    assert (headers["X-Long"], headers["X-Latin"]) == ("one two", "ä")
    assert "nonsense" not in headers
    assert "Bad Name" not in headers


@pytest.mark.parametrize("raw", [b"", b"HTTP/1.1 200 O", OK + b"Content-Length: 5\r\n\r\nab"])
def test_a_response_that_does_not_end_is_left_at_the_deadline(raw: bytes) -> None:
    with incoming(raw, ends=False, seconds=0.05) as bytes_, pytest.raises(ReadTimeoutError):
        body_of(Response(bytes_, method="GET"))


def test_a_response_to_head_has_no_body() -> None:
    with incoming(OK + b"Content-Length: 500\r\n\r\n") as bytes_:
        response = Response(bytes_, method="HEAD")
        assert (body_of(response), response.is_reusable) == (b"", True)


def test_a_request_is_one_write_with_every_header() -> None:
    start = head("POST", "/a?b=c", "example.com:81", [("X-Key", "ä"), ("Content-Length", "2")])
    ours, theirs = socket.socketpair()
    with ours, theirs:
        send(ours, start, b"ok")
        raw = theirs.recv(4096)
    assert raw == (
        b"POST /a?b=c HTTP/1.1\r\nHost: example.com:81\r\nX-Key: \xe4\r\nContent-Length: 2\r\n\r\nok"
    )


@pytest.mark.parametrize(
    "header",
    [
        ("X", "a\r\nY: b"),
        ("X", "a\nb"),
        ("X", "a\0"),
        ("X", "€"),
        ("X: y\r\nZ", "a"),
        ("", "a"),
        ("a b", "c"),
    ],
)
def test_a_header_that_would_be_two_is_refused_before_anything_is_sent(header: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match=r"cannot be sent|latin-1"):
        head("GET", "/", "example.com", [header])


def test_a_server_that_answers_early_and_closes_is_heard() -> None:
    ours, theirs = socket.socketpair()
    with ours:
        theirs.sendall(b"HTTP/1.1 413 Too large\r\nContent-Length: 0\r\n\r\n")
        theirs.close()
        send(ours, head("POST", "/", "example.com", []), b"x" * 1_000_000)
        assert Response(Incoming(ours, 5.0), method="POST").status == 413


def test_what_was_read_of_a_head_that_breaks_counts() -> None:
    with incoming(b"HTTP/1.1 503 X\r\nRetry-After: 7\r\nContent-Length: 1, 2\r\n\r\nab") as bytes_:
        response = Response(bytes_, method="POST")
    assert (response.status, response.headers["Retry-After"]) == (503, "7")
