"""The whole way over real sockets: webhook in, the vendor's file, our copy, the link that a receiver gets."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.commands import Run
from tests.files import samples as files
from tests.wire import (
    Answer,
    Call,
    Connection,
    Receiver,
    RelayProcess,
    generation,
    request,
    signed,
    wait_until,
)

CDN = "https://cdn.creativeai.run"
VIDEO = Answer(body=files.MP4, headers={"Content-Type": "video/mp4"})
ARCHIVED = "select count(*) from archive_copy where status = 'archived'"


@pytest.fixture
def destination() -> Iterator[Receiver]:
    with Receiver() as made:
        yield made


def relay_with(tmp_path: Path, vendor: Receiver, destination: Receiver, **more: str) -> RelayProcess:
    made = RelayProcess(tmp_path / "data", {"ARCHIVE": "local"})
    given = {
        "PUBLIC_URL": f"http://127.0.0.1:{made.port}",
        "WEBHOOK_URL": destination.url(),
        "ALLOWED_HOSTS": destination.host,
        "ORIGIN_MAP": f"{CDN}=http://{vendor.host}",
    }
    made._environment.update(given | more)
    return made


def post(relay: RelayProcess, generation_id: str = "vgen_1") -> None:
    with Connection(relay.port) as connection:
        assert connection.post(signed(generation(generation_id))).status == 202


def get(url: str, *headers: tuple[str, str]) -> tuple[int, bytes]:
    parts = urlsplit(url)
    assert parts.port
    with Connection(parts.port) as connection:
        reply = connection.post(request(b"", headers, parts.path, "GET"))
    return reply.status, reply.body


def the_call(destination: Receiver) -> Call:
    return wait_until(lambda: destination.calls[0] if destination.calls else None)


def handed_on(call: Call) -> str:
    """The link that the receiver is meant to use."""
    (found,) = call.json["data"]["outputs"]
    return str(found.get("archived_url") or found["url"])


def copies(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "data" / "archive").rglob("*") if path.is_file()]


def test_a_receiver_gets_a_link_that_opens_when_the_vendors_is_dead(
    tmp_path: Path, vendor: Receiver, destination: Receiver
) -> None:
    vendor.answer = lambda _: VIDEO
    with relay_with(tmp_path, vendor, destination) as relay:
        post(relay)
        url = handed_on(the_call(destination))
        vendor.answer = lambda _: Answer(404)
        assert get(url) == (200, files.MP4)
        assert get(url, ("Range", "bytes=4-7")) == (206, b"ftyp")
        assert get(url[:-1] + "x")[0] == 404
        assert relay.stop() == 0
    assert [path.read_bytes() for path in copies(tmp_path)] == [files.MP4]


def test_a_dead_link_is_delivered_as_it_is_and_at_once(
    tmp_path: Path, vendor: Receiver, destination: Receiver
) -> None:
    vendor.answer = lambda _: Answer(404)
    with relay_with(tmp_path, vendor, destination) as relay:
        post(relay)
        assert handed_on(the_call(destination)) == f"{CDN}/output/vgen_1.mp4"
        assert relay.number("select count(*) from archive_copy where status = 'failed'") == 1
    assert copies(tmp_path) == []


def test_without_an_address_of_ours_the_file_is_kept_and_nobody_waits(
    tmp_path: Path, vendor: Receiver, destination: Receiver
) -> None:
    vendor.answer = lambda _: Answer(after=2, body=files.MP4)
    with relay_with(tmp_path, vendor, destination, PUBLIC_URL="") as relay:
        post(relay)
        the_call(destination)
        assert relay.number(ARCHIVED) == 0
        wait_until(lambda: relay.number(ARCHIVED) == 1)


@pytest.mark.slow
def test_a_delivery_waits_seconds_for_a_silent_server_and_a_resend_carries_the_late_copy(
    tmp_path: Path, vendor: Receiver, destination: Receiver, run: Run
) -> None:
    """Each call to the CDN is silent until it is given up; the archive goes on, in its own time."""
    vendor.answer = lambda _: Answer(after=600)
    with relay_with(tmp_path, vendor, destination) as relay:
        posted = time.perf_counter_ns()
        post(relay)
        first = the_call(destination)
        assert 3.5 < (first.at - posted) / 1e9 < 6
        assert handed_on(first) == f"{CDN}/output/vgen_1.mp4"
        assert relay.number(ARCHIVED) == 0
        vendor.answer = lambda _: VIDEO
        wait_until(lambda: relay.number(ARCHIVED) == 1, seconds=60)
        assert run("replay", "--connection", "webhook", "--yes").exit_code == 0
        again = wait_until(lambda: destination.calls[1] if len(destination.calls) > 1 else None)
        (output,) = again.json["data"]["outputs"]
        assert get(output["url"]) == (200, files.MP4)
        assert (output["type"], output["size"]) == ("video/mp4", len(files.MP4))
        assert again.key == first.key


@pytest.mark.slow
def test_kill_9_in_mid_file_leaves_no_half_file_and_it_is_fetched_again(
    tmp_path: Path, vendor: Receiver, destination: Receiver
) -> None:
    """The whole file is announced and half of it sent, so that the first process dies while it writes."""
    half = files.MP4[: len(files.MP4) // 2]
    whole = {"Content-Type": "video/mp4"}
    stalled = _Stalled(half, len(files.MP4))
    vendor.answer = lambda _: stalled
    with relay_with(tmp_path, vendor, destination) as relay:
        post(relay)
        drafts = tmp_path / "data" / "archive" / ".drafts"
        wait_until(lambda: vendor.calls and list(drafts.glob("*")))
        vendor.answer = lambda _: Answer(body=files.MP4, headers=whole)
        dead = relay.delivery_worker()
        assert dead
        os.kill(dead, signal.SIGKILL)
        assert [path for path in copies(tmp_path) if ".drafts" not in path.parts] == []
        wait_until(lambda: relay.number(ARCHIVED) == 1, seconds=60)
        assert relay.number("select tries from archive_copy") == 1
    (found,) = [path for path in copies(tmp_path) if ".drafts" not in path.parts]
    assert found.read_bytes() == files.MP4


class _Stalled(Answer):
    """Promises more than it sends, and keeps the connection open."""

    def __init__(self, part: bytes, promised: int) -> None:
        super().__init__(body=part)
        object.__setattr__(self, "promised", promised)

    def bytes(self) -> bytes:
        return f"HTTP/1.1 200 X\r\nContent-Length: {self.promised}\r\n\r\n".encode() + self.body  # type: ignore[attr-defined]
