"""The relay as a host runs it beside clients that stall, flood and race: webhooks are taken all the same."""

import contextlib
import resource
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.measure import pss_megabytes
from tests.wire import (
    Connection,
    RelayProcess,
    generation,
    new_generation_id,
    request,
    signed,
    wait_until,
)
from tests.wire.program import ROOT

MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RelayProcess]:
    environment = {"ADMIN_PASSWORD": "correct horse battery staple", "ALLOWED_HOSTS": "127.0.0.1"}
    with RelayProcess(tmp_path_factory.mktemp("relay") / "data", environment) as process:
        yield process


def in_time(relay: RelayProcess) -> None:
    """A webhook and a probe are each answered within a second."""
    with Connection(relay.port) as line:
        for raw, status in (
            (signed(generation(new_generation_id())), 202),
            (request(b"", (), "/healthz", "GET"), 200),
        ):
            began = time.monotonic()
            assert line.post(raw).status == status
            assert time.monotonic() - began < 1


def opened(relay: RelayProcess, count: int, first: bytes) -> list[socket.socket]:
    found = []
    for _ in range(count):
        each = socket.create_connection(("127.0.0.1", relay.port), 20)
        each.sendall(first)
        found.append(each)
    return found


@pytest.mark.parametrize(
    "first",
    [
        b"P",
        b"POST /webhooks/creativeai HTTP/1.1\r\nHost: x\r\nContent-Le",
        signed(generation("vgen_half"))[:-100],
        b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\npassword=",
    ],
    ids=["a byte", "half a head", "half a webhook", "half a form"],
)
def test_two_hundred_that_stall_hold_up_nobody(relay: RelayProcess, first: bytes) -> None:
    stalled = opened(relay, 200, first)
    in_time(relay)
    for each in stalled:
        each.close()


def test_ten_thousand_that_say_nothing_hold_up_nobody(relay: RelayProcess) -> None:
    """Fewer where this process may not open as many files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    count = min(10_000, (hard if hard > 0 else 10_000) - 500)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count + 500), hard))
    idle = opened(relay, count, b"")
    in_time(relay)
    for each in idle:
        each.close()


def test_a_locked_database_holds_up_webhooks_alone_and_they_are_taken_after_it(relay: RelayProcess) -> None:
    """Another program holds the write lock; meanwhile webhooks wait, are told 503, and come again."""
    other = sqlite3.connect(relay.database_path, isolation_level=None)
    other.execute("begin immediate")
    name = new_generation_id()
    with Connection(relay.port) as waiting, Connection(relay.port) as line:
        waiting.send(signed(generation(name)))
        for path in ("/healthz", "/login", "/healthz"):
            began = time.monotonic()
            assert line.post(request(b"", (), path, "GET")).status == 200
            assert time.monotonic() - began < 1
        refused = waiting.receive()
        assert (refused.status, refused.headers["retry-after"]) == (503, "5")
        other.execute("rollback")
        other.close()
        assert waiting.post(signed(generation(name))).status == 202


FORM = b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\n"
URLENCODED = b"application/x-www-form-urlencoded"
LENGTH, CHUNKED = b"Content-Length: 200000000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n"
MULTIPART = b"multipart/form-data; boundary=b"
PART = b'--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'


@pytest.mark.parametrize(
    ("path", "kind", "start", "framing"),
    [
        (b"/login", URLENCODED, b"password=", LENGTH),
        (b"/login", MULTIPART, PART, LENGTH),
        (b"/login", MULTIPART, PART, CHUNKED),
        (b"/logout", URLENCODED, b"a=", CHUNKED),
        (b"/shared/price", MULTIPART, PART, LENGTH),
        (b"/create/voice", MULTIPART, PART, CHUNKED),
        (b"/api/jobs", MULTIPART, PART, LENGTH),
        (b"/webhooks/shopify/shop", URLENCODED, b"a=", CHUNKED),
    ],
    ids=lambda given: given.decode()[:12] if isinstance(given, bytes) else "",
)
def test_what_is_too_large_is_refused_and_neither_memory_nor_disk_grow(
    relay: RelayProcess, path: bytes, kind: bytes, start: bytes, framing: bytes
) -> None:
    """Four at once, each of which would send 200 MB."""
    statuses: list[int] = []

    def flood() -> None:
        with Connection(relay.port) as line:
            line.send(FORM % (path, kind) + framing)
            sent = 0
            with contextlib.suppress(ConnectionError):
                for piece in (start, *[b"x" * 100_000] * 2000):
                    line.send(b"%x\r\n%s\r\n" % (len(piece), piece) if b"chunked" in framing else piece)
                    sent += len(piece)
            assert sent < 80 * MEGABYTE, "what the kernel holds on both sides is not what the relay reads"
            statuses.append(line.receive().status)

    threads = [threading.Thread(target=flood) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(statuses) == 4
    assert set(statuses) <= {303, 401, 403, 404, 413}, "whatever it says, it has not read on"
    web = wait_until(relay.web_worker)
    assert pss_megabytes([web]) < 200


def test_forty_megabytes_of_a_signed_in_person_are_read_whole(tmp_path: Path) -> None:
    environment = {"ADMIN_PASSWORD": "correct horse battery staple"}
    with RelayProcess(tmp_path / "data", environment) as relay, Connection(relay.port) as line:
        form = b"password=correct+horse+battery+staple"
        site = [("Sec-Fetch-Site", "same-origin"), ("Content-Type", URLENCODED)]
        entered = line.post(request(form, [*site, ("Content-Length", str(len(form)))], "/login"))
        assert entered.status == 303
        body = PART.replace(b'"f";', b'"first_frame";') + b"x" * (40 * MEGABYTE) + b"\r\n--b--\r\n"
        headers = [
            ("Sec-Fetch-Site", "same-origin"),
            ("Content-Type", MULTIPART),
            ("Content-Length", str(len(body))),
            ("Cookie", entered.headers["set-cookie"].partition(";")[0]),
        ]
        reply = line.post(request(body, headers, "/create/text-to-video"))
        assert reply.status == 422, "it is read, and judged: the prompt is missing"
        assert line.post(request(b"", (), "/healthz", "GET")).status == 200, "the line is still in step"


def test_of_500_equal_webhooks_at_once_one_is_new(relay: RelayProcess) -> None:
    raw = signed(generation("vgen_equal"))
    lines = [Connection(relay.port) for _ in range(500)]
    for line in lines:
        line.send(raw)
    answers = [line.receive() for line in lines]
    assert Counter(answer.status for answer in answers) == {202: 1, 200: 499}
    assert len({answer.json["event"] for answer in answers}) == 1
    assert relay.number("select count(*) from event where delivery_id = 'vgen_equal'") == 1
    assert relay.number("select repeats from event where delivery_id = 'vgen_equal'") == 499
    for line in lines:
        line.close()


def test_of_many_different_ones_at_once_each_202_is_on_disk(relay: RelayProcess) -> None:
    names = [new_generation_id("many") for _ in range(400)]
    lines = [Connection(relay.port) for _ in names]
    for line, name in zip(lines, names, strict=True):
        line.send(signed(generation(name)))
    assert {line.receive().status for line in lines} == {202}
    assert relay.number("select count(*) from event where delivery_id like 'many_%'") == len(names)
    assert relay.number("select count(*) from result where generation_id like 'many_%'") == len(names)
    for line in lines:
        line.close()


def test_80_000_unknown_keys_get_a_short_answer(tmp_path: Path) -> None:
    with RelayProcess(tmp_path / "data") as relay:
        token = _token(relay)
        body = b'{"kind":"voice","input":{},%s}' % b",".join(b'"k%d":1' % n for n in range(80_000))
        headers = [
            ("Content-Type", "application/json"),
            ("Authorization", f"Bearer {token}"),
            ("Content-Length", str(len(body))),
        ]
        with Connection(relay.port) as line:
            reply = line.post(request(body, headers, "/api/jobs"))
        assert reply.status == 422
        assert len(reply.body) < 20_000
        assert "79980 more fields" in reply.json["detail"]


def _token(relay: RelayProcess) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "relay", "tokens", "add", "test"],
        cwd=ROOT,
        env=relay._environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return next(word for word in done.stdout.split() if word.startswith("cr_"))


def test_a_stop_under_load_answers_what_it_has_taken(tmp_path: Path) -> None:
    """Each 202 is in the database, also those that were answered while it stopped."""
    with RelayProcess(tmp_path / "data") as relay:
        taken: list[str] = []
        stop = threading.Event()

        def post() -> None:
            with contextlib.suppress(OSError):
                while not stop.is_set():
                    name = new_generation_id("load")
                    with Connection(relay.port) as line:
                        if line.post(signed(generation(name))).status == 202:
                            taken.append(name)

        threads = [threading.Thread(target=post) for _ in range(8)]
        for thread in threads:
            thread.start()
        wait_until(lambda: len(taken) > 50)
        assert relay.stop() == 0
        stop.set()
        for thread in threads:
            thread.join()
        with relay.database() as database:
            stored = {row[0] for row in database.execute("select delivery_id from event")}
        assert set(taken) <= stored
