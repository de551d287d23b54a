"""The only way out: what may be called, how long and how much, and what is said when it fails."""

import gzip
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from email.utils import formatdate

import certifi
import pytest
from requests.structures import CaseInsensitiveDict

from relay.errors import RemoteError
from relay.http.client import Http, HttpResponse
from tests.loopback import Loopback, answer, loopback
from tests.samples import PATH
from tests.wire import free_port

NOW = 1_795_000_000_000
QUICK = (1.0, 0.3)


@pytest.fixture
def connect() -> Iterator[Callable[[Loopback], Http]]:
    """An Http that may call the given server of ours."""
    made: list[Http] = []

    def make(server: Loopback) -> Http:
        made.append(Http(allowed_hosts=[f"127.0.0.1:{server.port}"]))
        return made[-1]

    yield make
    for http in made:
        http.close()


@pytest.fixture
def http() -> Iterator[Http]:
    http = Http()
    yield http
    http.close()


def failure(http: Http, url: str, **kwargs: object) -> RemoteError:
    with pytest.raises(RemoteError) as caught:
        http.send("POST", url, body=b"{}", timeout=QUICK, **kwargs)  # type: ignore[arg-type]
    assert "s3cret" not in caught.value.message
    return caught.value


def test_an_answer_comes_back_whole(connect: Callable[[Loopback], Http]) -> None:
    with loopback(answer("201 Created", b'{"id": "\xc3\xa4"}', "X-Request-Id: 7")) as server:
        http = connect(server)
        got = http.send("POST", f"{server.url}/a?b=c", headers={"X-Key": "k"}, body=b"hello")
    assert (got.status, got.json(), got.headers["x-request-id"]) == (201, {"id": "ä"}, "7")
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /a?b=c HTTP/1.1\r\n")
    assert b"X-Key: k" in head
    assert b"Content-Length: 5" in head
    assert b"User-Agent: CreativeAI-Relay" in head
    assert body == b"hello"


def test_calls_share_one_connection(connect: Callable[[Loopback], Http]) -> None:
    with loopback(answer("200 OK", b"ok", "Set-Cookie: a=b")) as server:
        http = connect(server)
        for _ in range(3):
            http.send("POST", server.url, body=b"{}")
    assert server.connections == 1
    assert b"Cookie" not in b"".join(server.requests)


def test_many_threads_use_one_http(connect: Callable[[Loopback], Http]) -> None:
    with loopback(answer("200 OK", b"ok")) as server:
        http = connect(server)
        threads = [
            threading.Thread(target=lambda: [http.send("POST", server.url, body=b"{}") for _ in range(20)])
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(server.requests) == 160


def test_the_environment_says_nothing_about_the_way(
    connect: Callable[[Loopback], Http], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with loopback(answer("200 OK")) as server:
        assert connect(server).send("GET", server.url).status == 200


def test_a_redirect_is_an_answer_and_is_not_followed(connect: Callable[[Loopback], Http]) -> None:
    with loopback(answer("302 Found", b"", "Location: /elsewhere")) as server:
        got = connect(server).send("POST", server.url, body=b"{}")
    assert (got.status, got.headers["Location"], len(server.requests)) == (302, "/elsewhere", 1)


def test_a_silent_server_is_given_up_and_it_may_have_acted(connect: Callable[[Loopback], Http]) -> None:
    with loopback(lambda peer: void(peer.recv(1))) as server:
        error = failure(connect(server), f"{server.url}/s3cret")
    assert (error.whose, error.ambiguous) == ("transient", True)
    assert "did not finish its response in time" in error.message


@pytest.mark.parametrize(
    "start", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"]
)
def test_a_dripping_answer_ends_by_the_deadline(connect: Callable[[Loopback], Http], start: bytes) -> None:
    def drip(peer: socket.socket) -> None:
        peer.sendall(start)
        for _ in range(100):
            time.sleep(0.05)
            peer.sendall(b"x")

    began = time.monotonic()
    with loopback(drip) as server:
        got = connect(server).send("POST", server.url, body=b"{}", timeout=QUICK)
        assert time.monotonic() - began < 2
    assert got.status == 200
    assert got.incomplete


def test_endless_interim_answers_end_by_the_deadline(connect: Callable[[Loopback], Http]) -> None:
    def interim(peer: socket.socket) -> None:
        for _ in range(100):
            peer.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            time.sleep(0.02)

    with loopback(interim) as server:
        assert failure(connect(server), server.url).ambiguous


def test_a_reset_is_ambiguous(connect: Callable[[Loopback], Http]) -> None:
    def reset(peer: socket.socket) -> None:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()

    with loopback(reset) as server:
        error = failure(connect(server), f"{server.url}/s3cret?token=s3cret")
    assert (error.whose, error.ambiguous) == ("transient", True)
    assert "closed the connection before" in error.message


@pytest.mark.parametrize("broken", [b"", b"hello\r\n\r\n"], ids=["nothing", "no HTTP"])
def test_without_a_status_line_it_may_have_acted(connect: Callable[[Loopback], Http], broken: bytes) -> None:
    with loopback(lambda peer: peer.sendall(broken)) as server:
        error = failure(connect(server), server.url)
    assert (error.whose, error.ambiguous) == ("transient", True)


@pytest.mark.parametrize("status", [200, 404, 503])
@pytest.mark.parametrize(
    ("broken", "arrived"),
    [
        (b"Content-Length: 100\r\n\r\nhalf", b"half"),
        (b"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n", b"half"),
        (b"Content-Length: 4\r\nContent-Encoding: gzip\r\n\r\nabcd", b""),
        (b"X: y\r\n" * 5000 + b"\r\n", b""),
        (b"X: " + b"y" * 70_000 + b"\r\n\r\n", b""),
        (b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", b""),
    ],
    ids=["half a body", "bad chunk", "bad gzip", "many headers", "long header", "two lengths"],
)
def test_the_status_of_a_broken_answer_is_there_and_only_its_json_is_in_doubt(
    connect: Callable[[Loopback], Http], broken: bytes, arrived: bytes, status: int
) -> None:
    with loopback(lambda peer: peer.sendall(b"HTTP/1.1 %d X\r\n" % status + broken)) as server:
        got = connect(server).send("POST", server.url, body=b"{}", timeout=QUICK)
    assert (got.status, got.body, got.incomplete) == (status, arrived, "broke off or is malformed")
    with pytest.raises(RemoteError, match="its response broke off") as caught:
        got.json()
    assert (caught.value.whose, caught.value.ambiguous, caught.value.status) == ("transient", True, status)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"id": "vgen_1"}', {"id": "vgen_1"}),
        (b"[1]", [1]),
        (b"12", None),  # the first digits of a number are a number
        (b"null", None),
        (b'{"id": "vgen_1"', None),
        (b"", None),
    ],
)
def test_json_that_is_closed_is_whole_even_if_the_answer_broke_off(
    connect: Callable[[Loopback], Http], body: bytes, value: object
) -> None:
    cut = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + body
    with loopback(lambda peer: peer.sendall(cut)) as server:
        got = connect(server).send("POST", server.url, body=b"{}", timeout=QUICK)
    if value is not None:
        assert got.json() == value
        return
    with pytest.raises(RemoteError) as caught:
        got.json()
    assert caught.value.ambiguous


def test_more_than_the_cap_is_not_read(connect: Callable[[Loopback], Http]) -> None:
    with loopback(answer("200 OK", b"x" * 1001)) as server:
        http = connect(server)
        assert http.send("GET", server.url, cap=1001).incomplete == ""
        got = http.send("GET", server.url, cap=1000)
    assert (got.status, got.body, got.incomplete) == (200, b"x" * 1000, "has more than 1,000 bytes")


def test_the_cap_counts_what_a_gzip_bomb_unfolds_to(connect: Callable[[Loopback], Http]) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    assert len(bomb) < 60_000
    with loopback(answer("200 OK", bomb, "Content-Encoding: gzip")) as server:
        got = connect(server).send("GET", server.url, cap=100_000)
    assert (len(got.body), got.incomplete) == (100_000, "has more than 100,000 bytes")


@pytest.mark.parametrize("status", ["100 Continue", "102 Processing", "103 Early Hints", "150 New"])
def test_interim_answers_are_skipped_however_many(connect: Callable[[Loopback], Http], status: str) -> None:
    interim = f"HTTP/1.1 {status}\r\nLink: </a.css>\r\n\r\n".encode()
    with loopback(interim * 3 + answer("201 Created", b"[1]")) as server:
        http = connect(server)
        assert [http.send("POST", server.url, body=b"{}").status for _ in range(2)] == [201, 201]
        assert http.send("GET", server.url).json() == [1]


def test_compressed_answers_are_unfolded(connect: Callable[[Loopback], Http]) -> None:
    with loopback(answer("200 OK", gzip.compress(b"[1]"), "Content-Encoding: gzip")) as server:
        assert connect(server).send("GET", server.url).json() == [1]


def test_a_name_that_does_not_exist_is_transient_and_certain(
    http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **kwargs: object) -> object:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    error = failure(http, "https://nowhere.example/s3cret?key=s3cret")
    assert (error.whose, error.ambiguous) == ("transient", False)
    assert error.message.startswith("nowhere.example could not be found.")


def test_a_refused_connection_is_transient_and_certain() -> None:
    http = Http(allowed_hosts=["127.0.0.1"])
    error = failure(http, f"http://127.0.0.1:{free_port()}/s3cret")
    assert (error.whose, error.ambiguous) == ("transient", False)
    http.close()


def test_a_server_without_tls_is_transient_and_certain(connect: Callable[[Loopback], Http]) -> None:
    with loopback(answer("400 Bad Request")) as server:
        error = failure(connect(server), f"https://127.0.0.1:{server.port}/")
    assert (error.whose, error.ambiguous) == ("transient", False)
    assert "encryption" in error.message


CERTIFICATE = PATH / "tls/self-signed.pem"


@pytest.fixture
def tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


def test_a_trusted_certificate_is_taken_for_its_own_name_only(
    connect: Callable[[Loopback], Http], tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certifi, "where", lambda: str(CERTIFICATE))
    with loopback(answer("200 OK"), tls) as server:
        url = f"https://127.0.0.1:{server.port}/"
        http = connect(server)
        assert [http.send("GET", url).status for _ in range(2)] == [200, 200]
        assert server.connections == 1
        other = Http(allowed_hosts=["localhost"])
        error = failure(other, f"https://localhost:{server.port}/")
        other.close()
    assert error.whose == "connection"
    assert "Hostname mismatch" in error.message


def test_a_certificate_nobody_vouches_for_stops_the_connection(
    connect: Callable[[Loopback], Http], tls: ssl.SSLContext
) -> None:
    with loopback(answer("200 OK"), tls) as server:
        error = failure(connect(server), f"https://127.0.0.1:{server.port}/s3cret")
        assert server.requests == []
    assert (error.whose, error.ambiguous) == ("connection", False)
    assert "certificate that cannot be trusted (self-signed certificate)" in error.message


@pytest.mark.parametrize("value", ["s3cret\r\nX-Injected: 1", "s3cret\u2028"])
def test_a_header_that_would_be_two_is_never_sent(connect: Callable[[Loopback], Http], value: str) -> None:
    with loopback(answer("200 OK")) as server:
        http = connect(server)
        with pytest.raises(RemoteError) as caught:
            http.send("POST", server.url, headers={"Authorization": value}, body=b"{}")
    assert caught.value.whose == "connection"
    assert "s3cret" not in caught.value.message
    assert server.requests == []


def made(body: bytes = b"", **headers: str) -> HttpResponse:
    given: Mapping[str, str] = CaseInsensitiveDict(
        {name.replace("_", "-"): value for name, value in headers.items()}
    )
    return HttpResponse(200, given, body, "api.example")


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"[" * 100_000, b"9" * 5000 + b"x"])
def test_what_is_not_json_is_the_other_side_s_passing_fault(body: bytes) -> None:
    with pytest.raises(RemoteError) as caught:
        made(body).json()
    assert (caught.value.whose, caught.value.ambiguous, caught.value.status) == ("transient", True, 200)


def test_retry_after_is_read_as_seconds_or_as_a_date() -> None:
    assert made(Retry_After="30").retry_after(NOW) == 30
    assert made(retry_after=" 1.5 ").retry_after(NOW) == 1.5
    assert made(Retry_After=formatdate(NOW / 1000 + 90, usegmt=True)).retry_after(NOW) == 90
    assert made(Retry_After=formatdate(NOW / 1000 - 90, usegmt=True)).retry_after(NOW) == 0
    assert made().retry_after(NOW) is None


@pytest.mark.parametrize(
    "value",
    [
        *("-5", "٣٠", "soon", "1e400", "nan", "\xff", "9" * 5000, "Mon", "0x10", "1, 2"),
        *("Mon, 99 Foo 2026 99:99:99 GMT", "Fri, 31 Dec 9999 23:59:59 -2359"),
        *("Mon, 01 Jan 0001 00:00:00 +2359", "Mon, 1 1 1 1:1:1 +99999999999"),
    ],
)
def test_a_strange_retry_after_never_breaks_anything(value: str) -> None:
    seconds = made(Retry_After=value).retry_after(NOW)
    assert seconds is None or 0 <= seconds <= 7 * 86400


def test_a_huge_retry_after_is_at_most_a_week() -> None:
    assert made(Retry_After="999999999999").retry_after(NOW) == 7 * 86400


def test_the_excerpt_is_short_and_shows_no_secret() -> None:
    text = json.dumps({"echo": "whsec_abc", "more": "x" * 5000}).encode()
    excerpt = made(text).excerpt(["whsec_abc", ""])
    assert len(excerpt) == 2048
    assert excerpt.startswith('{"echo": "********"')


def void(_: object) -> None:
    """Gives a lambda that only acts the type of a behaviour."""
