"""Files in and out: what is written, what is sent, and that neither is held in memory or trusted."""

import hashlib
import io
import socket
import threading
import time
import tracemalloc
from email import message_from_bytes
from pathlib import Path

import pytest

from relay.errors import RemoteError
from relay.http.client import Http, HttpResponse
from tests.loopback import Loopback, answer, loopback

MEGABYTE = 1_048_576
FIELDS = [("key", "c/o/v/1.mp4"), ("policy", "eyJ9="), ('x-odd"name\r\n', "two\r\nlines")]


def http_for(server: Loopback) -> Http:
    return Http(allowed_hosts=[f"127.0.0.1:{server.port}"])


def refused(server: Loopback, cap: int = 100) -> tuple[RemoteError, bytes]:
    file = io.BytesIO()
    with pytest.raises(RemoteError) as caught:
        http_for(server).download(f"{server.url}/s3cret", file, cap=cap, timeout=(1.0, 0.3))
    assert "s3cret" not in caught.value.message
    assert caught.value.message.endswith(".")
    return caught.value, file.getvalue()


def upload(server: Loopback, content: bytes, **rest: object) -> HttpResponse:
    asked = {"filename": "a.mp4", "content_type": "video/mp4", "size": len(content), **rest}
    return http_for(server).upload(f"{server.url}/up", FIELDS, io.BytesIO(content), **asked)  # type: ignore[arg-type]


@pytest.fixture
def big(tmp_path: Path) -> Path:
    path = tmp_path / "big.mp4"
    path.write_bytes(b"0123456789abcdef" * (16 * MEGABYTE // 16))
    return path


def test_a_file_arrives_whole_counted_and_hashed() -> None:
    content = bytes(range(256)) * 1000
    with loopback(answer("200 OK", content, "Content-Type: Video/MP4; codecs=x")) as server:
        file = io.BytesIO()
        got = http_for(server).download(f"{server.url}/a.mp4", file, cap=len(content))
    assert file.getvalue() == content
    assert (got.status, got.type, got.size) == (200, "video/mp4", len(content))
    assert got.sha256 == hashlib.sha256(content).hexdigest()
    assert b"Accept-Encoding: identity" in server.requests[0]


@pytest.mark.parametrize("status", ["304 Not Modified", "403 Forbidden", "404 Not Found", "500 Oops"])
def test_what_is_no_file_is_not_written(status: str) -> None:
    with loopback(answer(status, b"<html>")) as server:
        file = io.BytesIO()
        got = http_for(server).download(server.url, file, cap=100)
    assert (got.status, got.size, file.getvalue()) == (int(status[:3]), 0, b"")
    assert len(server.requests) == 1


def test_a_file_over_the_cap_is_the_record_s_fault_and_not_begun_when_declared() -> None:
    with loopback(answer("200 OK", b"x" * 101)) as server:
        error, written = refused(server)
    assert (error.whose, written) == ("record", b"")


def test_a_file_that_hides_its_length_stops_at_the_cap() -> None:
    def endless(peer: socket.socket) -> None:
        peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 200_000)

    with loopback(endless) as server:
        error, written = refused(server, cap=100_000)
    assert error.whose == "record"
    assert len(written) <= 100_000


def test_a_file_that_ends_early_is_tried_again() -> None:
    def cut(peer: socket.socket) -> None:
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n" + b"x" * 20)

    with loopback(cut) as server:
        error, _ = refused(server)
    assert (error.whose, error.ambiguous) == ("transient", False)


def test_a_dripping_file_ends_by_the_deadline() -> None:
    def drip(peer: socket.socket) -> None:
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n")
        for _ in range(90):
            threading.Event().wait(0.05)
            peer.sendall(b"x")

    began = time.monotonic()
    with loopback(drip) as server:
        error, _ = refused(server)
        assert time.monotonic() - began < 2
    assert (error.whose, error.ambiguous) == ("transient", False)
    assert "stopped sending" in error.message


def test_a_server_that_says_nothing_is_left_after_the_first_of_the_time_outs() -> None:
    began = time.monotonic()
    with loopback(wait_for_the_end_of) as server, pytest.raises(RemoteError) as caught:
        http_for(server).download(server.url, io.BytesIO(), cap=100, timeout=(0.3, 60.0))
    assert time.monotonic() - began < 5
    assert (caught.value.whose, caught.value.ambiguous) == ("transient", False)


def test_a_server_that_falls_silent_in_the_file_is_left_too_however_long_the_file_may_take() -> None:
    def silent(peer: socket.socket) -> None:
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n" + b"x" * 20)
        wait_for_the_end_of(peer)

    began = time.monotonic()
    with loopback(silent) as server, pytest.raises(RemoteError, match="stopped sending"):
        http_for(server).download(server.url, io.BytesIO(), cap=100, timeout=(0.3, 60.0))
    assert time.monotonic() - began < 5


def test_a_large_file_may_take_longer_than_one_step() -> None:
    """Each block is in time, all of them together take three times as long as one may."""

    def steady(peer: socket.socket) -> None:
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 655360\r\n\r\n")
        for _ in range(10):
            threading.Event().wait(0.15)
            peer.sendall(b"x" * 65536)

    with loopback(steady) as server:
        got = http_for(server).download(server.url, io.BytesIO(), cap=MEGABYTE, timeout=(0.5, 60.0))
    assert got.size == 655_360


def wait_for_the_end_of(peer: socket.socket) -> None:
    while peer.recv(1):
        pass


REDIRECTS = {
    "a path": ("302 Found", "/b.mp4"),
    "for good": ("301 Moved Permanently", "/b.mp4"),
    "see other": ("303 See Other", "/b.mp4"),
    "temporary": ("307 Temporary Redirect", "/b.mp4"),
    "permanent": ("308 Permanent Redirect", "/b.mp4"),
    "beside it": ("302 Found", "b.mp4"),
    "the query alone": ("302 Found", "?to=b.mp4"),
    "the same host without a scheme": ("302 Found", "//{host}/b.mp4"),
    "the whole address": ("302 Found", "http://{host}/b.mp4#part"),
    "with blanks": ("302 Found", "  /b c.mp4  "),
    "beyond ASCII": ("302 Found", "/m\u00fcg/b.mp4"),
}


@pytest.mark.parametrize("which", REDIRECTS)
def test_a_redirect_is_followed(which: str) -> None:
    status, place = REDIRECTS[which]

    def lead(peer: socket.socket) -> None:
        if b"b.mp4" in server.requests[-1] or b"b%20c" in server.requests[-1]:
            peer.sendall(answer("200 OK", b"the file"))
        else:
            location = place.format(host=f"127.0.0.1:{server.port}").encode()
            peer.sendall(
                f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nLocation: ".encode() + location + b"\r\n\r\n"
            )

    with loopback(lead) as server:
        file = io.BytesIO()
        got = http_for(server).download(f"{server.url}/a.mp4", file, cap=100)
    assert (got.status, file.getvalue(), len(server.requests)) == (200, b"the file", 2)


@pytest.mark.parametrize(
    ("place", "whose", "words"),
    [
        ("/again", "transient", "again and again"),
        ("http://10.0.0.1/a.mp4", "connection", "private"),
        ("http://169.254.169.254/latest/meta-data", "connection", "private"),
        ("http://localhost:1/a.mp4", "connection", "private"),
        ("http://127.0.0.1:1/a.mp4", "connection", "private"),  # allowed is only the port of the server
        ("file:///etc/passwd", "connection", "cannot be read"),
        ("ftp://cdn.example.com/a.mp4", "connection", "cannot be read"),
        ("http://user:word@cdn.example.com/a.mp4", "connection", "cannot be read"),
        ("http://[::1", "connection", "cannot be read"),
        ("http://2130706433/a.mp4", "connection", "cannot be read"),
    ],
)
def test_a_redirect_leads_only_where_calls_may_go_and_not_for_ever(
    place: str, whose: str, words: str
) -> None:
    with loopback(answer("302 Found", b"", f"Location: {place}")) as server:
        error, written = refused(server)
    assert (error.whose, written) == (whose, b"")
    assert words in error.message
    assert len(server.requests) <= 6


def test_a_redirect_across_origins_is_mapped_as_a_call_is() -> None:
    """So that a rehearsal on one machine may redirect as CreativeAI's CDN does."""
    with loopback(answer("200 OK", b"the file")) as files:
        lead = answer("302 Found", b"", "Location: https://files.example.com/b.mp4")
        with loopback(lead) as cdn:
            origins = {"https://cdn.example.com": cdn.url, "https://files.example.com": files.url}
            got = Http(origin_map=origins).download("https://cdn.example.com/a.mp4", io.BytesIO(), cap=100)
    assert (got.status, got.host) == (200, "files.example.com")


@pytest.mark.parametrize(
    ("said", "whole"), [("bytes 0-7/8", True), ("bytes 0-7/90", False), ("bytes 0-7/*", False), ("", False)]
)
def test_a_part_that_nobody_asked_for_is_a_file_only_when_it_is_all_of_it(said: str, whole: bool) -> None:
    with loopback(answer("206 Partial Content", b"the file", f"Content-Range: {said}")) as server:
        if whole:
            assert http_for(server).download(server.url, io.BytesIO(), cap=100).size == 8
        else:
            error, _ = refused(server)
            assert (error.whose, "only a part" in error.message) == ("transient", True)


def test_a_private_address_is_not_downloaded_from_nor_uploaded_to() -> None:
    with loopback(answer("200 OK", b"secret")) as server:
        with pytest.raises(RemoteError, match="private"):
            Http().download(server.url, io.BytesIO(), cap=100)
        with pytest.raises(RemoteError, match="private"):
            Http().upload(server.url, [], io.BytesIO(b"x"), filename="x", content_type="video/mp4", size=1)
    assert server.requests == []


def test_a_full_disk_is_not_blamed_on_the_server() -> None:
    class Full(io.BytesIO):
        def write(self, _: object) -> int:
            raise OSError(28, "No space left on device")

    with loopback(answer("200 OK", b"x" * 50)) as server, pytest.raises(RemoteError) as caught:
        http_for(server).download(server.url, Full(), cap=100)
    assert caught.value.whose == "transient"
    assert "No space left on device" in caught.value.message


def test_a_form_has_its_fields_in_order_and_the_file_last() -> None:
    content = b"\r\n--not the boundary--\r\n" + bytes(range(256)) * 600
    with loopback(answer("204 No Content")) as server:
        assert upload(server, content, filename='a"b.mp4').status == 204
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /up HTTP/1.1\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert b"Transfer-Encoding" not in head
    kind = next(line for line in head.split(b"\r\n") if line.startswith(b"Content-Type"))
    parts = message_from_bytes(kind + b"\r\n\r\n" + body).get_payload()
    found = [
        (part.get_param("name", header="content-disposition"), part.get_payload(decode=True))
        for part in parts  # type: ignore[union-attr]
    ]
    assert [name for name, _ in found] == ["key", "policy", "x-odd%22name%0D%0A", "file"]
    assert found[3][1] == content
    assert parts[3].get_filename() == "a%22b.mp4"  # type: ignore[union-attr, index]
    assert parts[3].get_content_type() == "video/mp4"  # type: ignore[union-attr, index]


def test_only_as_much_of_the_file_is_sent_as_was_said() -> None:
    with loopback(answer("204 No Content")) as server:
        upload(server, b"0123456789", size=4)
    assert b"\r\n\r\n0123\r\n--" in server.requests[0]


def test_a_file_that_became_shorter_is_not_sent_as_if_it_were_whole() -> None:
    with loopback(answer("204 No Content")) as server, pytest.raises(RemoteError, match="shorter") as caught:
        upload(server, b"0123", size=10)
    assert not caught.value.ambiguous


def test_a_server_that_takes_nothing_is_given_up() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    listener.listen(1)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    content = io.BytesIO(b"x" * 32 * MEGABYTE)
    began = time.monotonic()
    with listener, pytest.raises(RemoteError) as caught:
        Http(allowed_hosts=["127.0.0.1"]).upload(
            url,
            [],
            content,
            filename="a",
            content_type="video/mp4",
            size=32 * MEGABYTE,
            timeout=(0.3, 0.3),
        )
    assert time.monotonic() - began < 3
    assert caught.value.ambiguous


def test_a_server_that_takes_the_file_drop_by_drop_is_given_up() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def sip() -> None:
        peer, _ = listener.accept()
        peer.settimeout(1)
        while not stop.wait(0.02):
            peer.recv(16_384)
        peer.close()

    thread = threading.Thread(target=sip)
    thread.start()
    size = 32 * MEGABYTE
    with pytest.raises(RemoteError, match="did not take the file in time") as caught:
        Http(allowed_hosts=["127.0.0.1"]).upload(
            f"http://127.0.0.1:{listener.getsockname()[1]}",
            [],
            io.BytesIO(b"x" * size),
            filename="a",
            content_type="video/mp4",
            size=size,
            timeout=(5.0, 0.3),
        )
    stop.set()
    thread.join()
    listener.close()
    assert caught.value.ambiguous


def test_a_refusal_in_the_middle_of_the_file_is_an_answer() -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def refuse() -> None:
        peer, _ = listener.accept()
        peer.recv(1000)
        peer.sendall(answer("400 Bad Request", b"<Code>EntityTooLarge</Code>", "Connection: close"))
        while peer.recv(MEGABYTE):
            pass
        peer.close()

    thread = threading.Thread(target=refuse)
    thread.start()
    with listener:
        got = Http(allowed_hosts=["127.0.0.1"]).upload(
            f"http://127.0.0.1:{listener.getsockname()[1]}",
            [],
            io.BytesIO(b"x" * MEGABYTE),
            filename="a",
            content_type="video/mp4",
            size=MEGABYTE,
        )
    thread.join()
    assert (got.status, "EntityTooLarge" in got.text) == (400, True)


def test_neither_way_holds_the_file_in_memory(big: Path, tmp_path: Path) -> None:
    size = big.stat().st_size

    def swallow(peer: socket.socket) -> None:
        peer.sendall(answer("204 No Content"))

    def give(peer: socket.socket) -> None:
        peer.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode())
        with big.open("rb") as file:
            while block := file.read(65_536):
                peer.sendall(block)

    with loopback(give) as server, (tmp_path / "copy").open("wb") as file:
        tracemalloc.start()
        http_for(server).download(server.url, file, cap=size)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 4 * MEGABYTE
    assert (tmp_path / "copy").read_bytes() == big.read_bytes()

    listener = socket.create_server(("127.0.0.1", 0))

    def drain() -> None:
        peer, _ = listener.accept()
        left = size
        while left > 0:
            left -= len(peer.recv(65_536))
        swallow(peer)
        peer.close()

    thread = threading.Thread(target=drain)
    thread.start()
    with listener, big.open("rb") as source:
        tracemalloc.start()
        Http(allowed_hosts=["127.0.0.1"]).upload(
            f"http://127.0.0.1:{listener.getsockname()[1]}",
            [],
            source,
            filename="a",
            content_type="video/mp4",
            size=size,
        )
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    thread.join()
    assert peak < 4 * MEGABYTE
