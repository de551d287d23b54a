"""A CDN that misbehaves before, in and after the status line: what becomes of a file, in archive and Shopify.

One table for both, because both take a file by one component. `TAKEN`: the file is had. `LATER`: it is tried
again, and the message says so. `GIVEN_UP`: trying again would not help, and the message says what will.
"""

import gzip
import re
import socket
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from connectors.base import NotYet
from connectors.shopify.connector import Shopify, ShopifyOptions
from relay.archive.download import archive
from relay.archive.local_storage import LocalStorage
from relay.archive.storage import GivenUpError
from relay.delivery.output_files import OutputFiles
from relay.errors import RemoteError
from relay.files.source import FileSource
from relay.http.client import Download, Http
from relay.models.archive import ClaimedCopy
from relay.models.core import Output, Result, ResultStatus
from sandbox import Config, Sandbox, serve
from tests.connectors.contract import KEY, NOW, Kept
from tests.connectors.shopify.store import SHOP, SKU, TOKEN, UPLOADS, no_copy
from tests.files import samples
from tests.loopback import Behaviour, answer, loopback
from tests.wire import free_port

CDN = "https://cdn.creativeai.run"
MP4 = samples.MP4
PACKED = gzip.compress(MP4)
TAKEN, LATER, GIVEN_UP = "taken", "later", "given up"


@dataclass(frozen=True)
class Row:
    """`sends` is what the CDN sends to every request, then it closes; or what it does with the socket."""

    sends: bytes | Behaviour
    outcome: str
    words: str = ""
    retry_after: float | None = None


def head(status: str, *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode()


def refused(status: str, *headers: str) -> bytes:
    return answer(status, b"", *headers)


def silent_after(sent: bytes) -> Behaviour:
    """Sends so much, and then nothing until the other side goes."""

    def act(peer: socket.socket) -> None:
        peer.sendall(sent)
        while peer.recv(65536):
            pass

    return act


def drip(peer: socket.socket) -> None:
    """One byte each tenth of a second: it never falls silent, and never ends."""
    peer.sendall(head("200 OK", "Content-Length: 50000"))
    while True:
        peer.sendall(b"x")
        peer.settimeout(0.1)
        try:
            if not peer.recv(1):
                return
        except TimeoutError:
            continue


def chunked(*chunks: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    body = b"".join(b"%x\r\n%b\r\n" % (len(each), each) for each in chunks)
    return head("200 OK", "Transfer-Encoding: chunked") + body + end


LENGTH = f"Content-Length: {len(MP4)}"
MOVED = "HTTP/1.1 {} Moved\r\nContent-Length: 0\r\nLocation: {}\r\n\r\n"


def moved(place: str, status: int = 302) -> Behaviour:
    """Any path but /moved leads to `place`; /moved is the file."""

    def act(peer: socket.socket) -> None:
        peer.sendall(MOVED.format(status, place).encode())

    return act


ROWS: dict[str, Row] = {
    # before the status line
    "closes without a word": Row(lambda _: None, LATER, "gave no file"),
    "says nothing": Row(silent_after(b""), LATER, "gave no file.*in time"),
    "breaks off in the status line": Row(b"HTTP/1.", LATER, "gave no file"),
    "speaks another protocol": Row(b"SSH-2.0-OpenSSH_9.6\r\n", LATER, "gave no file"),
    "a blank line first": Row(b"\r\n" + answer("200 OK", MP4), LATER),
    # in the status line
    "no number": Row(b"HTTP/1.1 OK\r\n\r\n", LATER),
    "200 without a reason": Row(head("200", LENGTH) + MP4, TAKEN),
    "201": Row(answer("201 Created", MP4), TAKEN),
    "HTTP/1.0": Row(b"HTTP/1.0 200 OK\r\n\r\n" + MP4, TAKEN),
    "204": Row(head("204 No Content"), LATER, "empty file"),
    "206, a part": Row(
        answer("206 Partial Content", MP4, f"Content-Range: bytes 0-{len(MP4) - 1}/9000"),
        LATER,
        "only a part",
    ),
    "206, all of it": Row(
        answer("206 Partial Content", MP4, f"Content-Range: bytes 0-{len(MP4) - 1}/{len(MP4)}"), TAKEN
    ),
    **{f"{status} to the file": Row(moved("/moved", status), TAKEN) for status in (301, 302, 303, 307, 308)},
    "to the whole address": Row(moved(f"{CDN}/moved"), TAKEN),
    "to itself": Row(moved("/again"), LATER, "again and again"),
    "into a private network": Row(
        moved("http://10.0.0.9/a.mp4"), GIVEN_UP, "private or reserved network.*ALLOWED_HOSTS"
    ),
    "to this machine": Row(moved("http://localhost/a.mp4"), GIVEN_UP, "private or reserved network"),
    "to the cloud's metadata": Row(moved("http://169.254.169.254/x"), GIVEN_UP, "private"),
    "to no web address": Row(moved("file:///etc/passwd"), GIVEN_UP, "cannot be read.*Open the link"),
    "302 without a place": Row(refused("302 Found"), GIVEN_UP, "answered 302 instead of a file"),
    "304": Row(head("304 Not Modified"), GIVEN_UP, "answered 304 instead of a file"),
    **{
        f"{status}": Row(
            refused(f"{status} X"), GIVEN_UP, f"answered {status} instead of a file.*Open the link"
        )
        for status in (400, 401, 402, 405, 451)
    },
    **{
        f"{status}": Row(refused(f"{status} X"), GIVEN_UP, f"expired .answer {status}.*costs credits")
        for status in (403, 404, 410)
    },
    **{
        f"{status}": Row(refused(f"{status} X"), LATER, f"answered {status}.*retries automatically")
        for status in (408, 425, 429, 500, 502, 503, 504, 520, 599)
    },
    "429, seconds": Row(refused("429 X", "Retry-After: 90"), LATER, "answered 429", 90),
    "503, seconds": Row(refused("503 X", "Retry-After: 3600"), LATER, "answered 503", 3600),
    "503, longer than a day": Row(refused("503 X", "Retry-After: 999999999"), LATER, "503", 86_400),
    "503, 5,000 digits": Row(refused("503 X", f"Retry-After: {'9' * 5000}"), LATER, "503", 86_400),
    "503, no number": Row(refused("503 X", "Retry-After: soon"), LATER, "503", None),
    "503 with a film": Row(answer("503 X", MP4, "Content-Type: video/mp4"), LATER, "answered 503"),
    "404 with a film": Row(answer("404 X", MP4, "Content-Type: video/mp4"), GIVEN_UP, "expired"),
    # after the status line: headers
    "no type": Row(answer("200 OK", MP4), TAKEN),
    "text/plain": Row(answer("200 OK", MP4, "Content-Type: text/plain"), TAKEN),
    "text/html": Row(answer("200 OK", MP4, "Content-Type: text/html; charset=utf-8"), TAKEN),
    "application/json": Row(answer("200 OK", MP4, "Content-Type: application/json"), TAKEN),
    "image/png": Row(answer("200 OK", MP4, "Content-Type: image/png"), TAKEN),
    "a type of nonsense": Row(answer("200 OK", MP4, "Content-Type: ;;;\xff"), TAKEN),
    "a length of nonsense": Row(head("200 OK", "Content-Length: many") + MP4, TAKEN),
    "a length of 5,000 digits": Row(head("200 OK", f"Content-Length: {'9' * 5000}") + MP4, TAKEN),
    "a header without an end": Row(b"HTTP/1.1 200 OK\r\nContent-Type: vid", LATER),
    "silent in the headers": Row(silent_after(b"HTTP/1.1 200 OK\r\nContent-Ty"), LATER, "stopped sending"),
    "early hints first": Row(head("103 Early Hints") + answer("200 OK", MP4), TAKEN),
    "a longer length": Row(head("200 OK", "Content-Length: 9999") + MP4, LATER, "before it was complete"),
    "packed though nobody asked": Row(answer("200 OK", PACKED, "Content-Encoding: gzip"), TAKEN),
    "too large, as declared": Row(head("200 OK", "Content-Length: 2000000000"), GIVEN_UP, "larger than"),
    # after the status line: the body
    "empty": Row(answer("200 OK"), LATER, "empty file.*retries automatically"),
    "empty without a length": Row(head("200 OK"), LATER, "empty file"),
    "in chunks": Row(chunked(MP4[:100], MP4[100:]), TAKEN),
    "chunks that break off": Row(chunked(MP4, end=b""), LATER, "before it was complete"),
    "a chunk of nonsense": Row(chunked(MP4, end=b"zz\r\n"), LATER, "before it was complete"),
    "packed and broken": Row(
        answer("200 OK", PACKED[:40] + b"\xff" * 40, "Content-Encoding: gzip"), LATER, "broke off or garbled"
    ),
    "silent in the file": Row(silent_after(head("200 OK", LENGTH) + MP4[:50]), LATER, "stopped sending"),
    "silent before the file": Row(silent_after(head("200 OK", LENGTH)), LATER, "stopped sending"),
    "dripping": Row(drip, LATER, "stopped sending"),
    "a page": Row(answer("200 OK", samples.PAGE, "Content-Type: text/html"), GIVEN_UP, "text/html.*Open the"),
    "a page that says film": Row(
        answer("200 OK", samples.PAGE, "Content-Type: video/mp4"), GIVEN_UP, "not an"
    ),
    "JSON": Row(answer("200 OK", samples.JSON, "Content-Type: application/json"), GIVEN_UP, "not an image"),
    "a drawing with a script": Row(answer("200 OK", samples.SVG), GIVEN_UP, "not an image, video or sound"),
    "one byte": Row(answer("200 OK", b"\0"), GIVEN_UP, "not an image, video or sound"),
}


class ImpatientHttp(Http):
    """As the real one, with a second in the place of ten."""

    def download(self, *args: Any, **rest: Any) -> Download:
        return super().download(*args, **{"timeout": (1.0, 5.0)} | rest)


@pytest.fixture
def shop() -> Iterator[Sandbox]:
    sandbox = serve(config=Config(clock=lambda: NOW / 1000, paced=False))
    yield sandbox
    sandbox.stop()


def act(row: Row, served: list[bytes]) -> bytes | Behaviour:
    def answer_and_end(peer: socket.socket) -> None:
        if b" /moved " in served[-1].split(b"\r\n")[0]:
            peer.sendall(answer("200 OK", MP4))
        elif isinstance(row.sends, bytes):
            peer.sendall(row.sends)
        else:
            row.sends(peer)

    return answer_and_end


def outcome(call: Callable[[Http], object], row: Row, http_for: Callable[[str], Http]) -> tuple[str, Any]:
    """What became of the file, and the error if there was one."""
    requests: list[bytes] = []
    with loopback(act(row, requests)) as server:
        server.requests = requests
        http = http_for(server.url)
        try:
            call(http)
        except GivenUpError as error:
            return GIVEN_UP, error
        except RemoteError as error:
            return {"transient": LATER, "record": GIVEN_UP}.get(error.whose, error.whose), error
        finally:
            http.close()
    return TAKEN, None


def assert_as_told(row: Row, found: str, error: Any) -> None:
    assert found == row.outcome, error
    if error is not None:
        assert re.search(row.words, str(error), re.DOTALL)
        assert str(error).endswith(".")
        assert "/output/" not in str(error), "a link may be a secret"
        assert getattr(error, "retry_after", None) == row.retry_after


@pytest.mark.heavy
@pytest.mark.parametrize("name", ROWS)
def test_the_archive(name: str, tmp_path: Path) -> None:
    row, storage = ROWS[name], LocalStorage(tmp_path)
    claimed = ClaimedCopy("res_1", 1, 1, 0, f"{CDN}/output/v.mp4", "vgen_1", NOW)
    found, error = outcome(
        lambda http: archive(claimed, FileSource(http), storage, used=0, now=NOW),
        row,
        lambda url: ImpatientHttp(origin_map={CDN: url}),
    )
    assert_as_told(row, found, error)
    kept = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert kept == ([MP4] if row.outcome == TAKEN else [])


@pytest.mark.heavy
@pytest.mark.parametrize("name", ROWS)
def test_shopify(name: str, shop: Sandbox) -> None:
    row, memory = ROWS[name], Kept()
    generation_id = f"vgen_{zlib.crc32(name.encode()):08x}"
    result = Result(
        generation_id, ResultStatus.COMPLETED, "video", (Output(f"{CDN}/output/v.mp4", "video/mp4"),)
    )

    def deliver(http: Http) -> None:
        options = ShopifyOptions.model_validate({"shop": SHOP, "access_token": TOKEN})
        source = FileSource(http, wait=30)
        files = OutputFiles(result, (), NOW, read_copy=no_copy, source=source, public_url="")
        ended = Shopify(options, http).deliver(result, SKU, KEY, memory, files, NOW)
        assert isinstance(ended, NotYet)  # attached, and processed from now on

    origins = {f"https://{SHOP}": shop.url, UPLOADS: shop.url}
    found, error = outcome(deliver, row, lambda url: ImpatientHttp(origin_map={**origins, CDN: url}))
    assert_as_told(row, found, error)
    assert ("media" in memory) is (row.outcome == TAKEN)


def test_a_cdn_that_is_not_there(tmp_path: Path) -> None:
    http = Http(origin_map={CDN: f"http://127.0.0.1:{free_port()}"})
    claimed = ClaimedCopy("res_1", 1, 1, 0, f"{CDN}/output/v.mp4", "vgen_1", NOW)
    with pytest.raises(RemoteError, match=r"does not accept connections.*retries automatically\.") as caught:
        archive(claimed, FileSource(http), LocalStorage(tmp_path), used=0, now=NOW)
    assert caught.value.whose == "transient"
