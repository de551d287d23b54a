"""Where files come from: a host that asked to wait is left alone by all, and a slow file holds up nobody."""

import io
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from relay.archive.download import archive
from relay.archive.local_storage import LocalStorage
from relay.errors import FileComingError, FileError
from relay.files import source as module
from relay.files.source import FileSource
from relay.http.client import Download, Http
from relay.models.archive import ClaimedCopy
from tests.files import samples
from tests.files.sources import close
from tests.wire import Answer, Call, Receiver, wait_until

NOW = 1_800_000_000_000  # 2027-01-15 08:00:00 UTC
CDN, OTHER = "https://cdn.creativeai.run", "https://other.example"
VIDEO = Answer(body=samples.MP4, headers={"Content-Type": "video/mp4"})
BIG = 10_000_000


def silent_if_slow(call: Call) -> Answer:
    return Answer(after=600) if call.path.startswith("/slow") else VIDEO


def answers_once(asked: threading.Event) -> Callable[[Call], Answer]:
    """A slow file never comes, another one once this is set: never before somebody has looked for it."""

    def answer(call: Call) -> Answer:
        asked.wait(0 if call.path.startswith("/slow") else 30)
        return silent_if_slow(call)

    return answer


@pytest.fixture
def cdn() -> Iterator[Receiver]:
    with Receiver(lambda _: VIDEO) as made:
        yield made


class ImpatientHttp(Http):
    """As the real one, with a second and a half in the place of ten."""

    def download(self, *args: Any, **rest: Any) -> Download:
        return super().download(*args, **{"timeout": (1.5, 5.0)} | rest)


@pytest.fixture
def patient(cdn: Receiver) -> Iterator[FileSource]:
    yield from source_of(cdn, 30.0)


@pytest.fixture
def hasty(cdn: Receiver) -> Iterator[FileSource]:
    yield from source_of(cdn, 0.05)


def source_of(cdn: Receiver, wait: float) -> Iterator[FileSource]:
    source = FileSource(ImpatientHttp(origin_map=dict.fromkeys((CDN, OTHER), cdn.url(""))), wait=wait)
    yield source
    close(source)


def take(source: FileSource, name: str, now: int = NOW, origin: str = CDN) -> bytes:
    with source.open(f"{origin}/{name}", largest=BIG, now=now, name="The link") as (file, fetched):
        content = file.read()
        assert len(content) == fetched.size
        return content


@pytest.mark.parametrize(
    ("status", "asked", "held"), [(503, "90", 90), (429, "1800", 1800), (503, "7200", 3600), (500, "5", 5)]
)
def test_a_host_that_asks_to_wait_is_asked_by_nobody_until_then(  # noqa: PLR0917 - fixtures
    cdn: Receiver, patient: FileSource, tmp_path: Path, status: int, asked: str, held: int
) -> None:
    """What the archive was told, a delivery obeys for another file, and the archive too; an hour at most."""
    source = patient
    cdn.answer = lambda _: Answer(status, headers={"Retry-After": asked})
    claimed = ClaimedCopy("res_1", 1, 1, 0, f"{CDN}/a.mp4", "vgen_1", NOW)
    with pytest.raises(FileError, match=f"answered {status}") as first:
        archive(claimed, source, LocalStorage(tmp_path), used=0, now=NOW)
    assert first.value.retry_after == int(asked)
    cdn.answer = lambda _: VIDEO
    for now in (NOW + 1, NOW + held * 1000 - 1):
        with pytest.raises(
            FileError, match=r"cdn\.creativeai\.run asked to be left alone until 0.* UTC"
        ) as caught:
            take(source, "b.mp4", now)
        assert caught.value.whose == "transient"
        assert caught.value.retry_after == -(-(NOW + held * 1000 - now) // 1000)
        with pytest.raises(FileError, match="left alone"):
            source.fetch(f"{CDN}/c.mp4", io.BytesIO(), largest=BIG, now=now)
    assert len(cdn.calls) == 1
    assert take(source, "d.mp4", origin=OTHER) == samples.MP4, "another host has said nothing"
    assert take(source, "b.mp4", NOW + held * 1000) == samples.MP4


def test_a_redirect_to_a_host_that_asked_to_wait_ends_before_it(cdn: Receiver, patient: FileSource) -> None:
    source = patient
    cdn.answer = lambda _: Answer(503, headers={"Retry-After": "60"})
    with pytest.raises(FileError, match="answered 503"):
        take(source, "a.mp4")
    cdn.answer = lambda _: Answer(302, headers={"Location": f"{CDN}/b.mp4"})
    with pytest.raises(FileError, match=r"cdn\.creativeai\.run asked to be left alone"):
        take(source, "elsewhere.mp4", origin=OTHER)
    assert [call.path for call in cdn.calls] == ["/a.mp4", "/elsewhere.mp4"]


def test_who_wants_a_slow_file_waits_once_and_gets_it_when_it_is_there(
    cdn: Receiver, hasty: FileSource
) -> None:
    source = hasty
    cdn.answer = lambda call: Answer(after=0.5, body=samples.MP4) if call.path == "/slow.mp4" else VIDEO
    with pytest.raises(FileComingError) as caught:
        take(source, "slow.mp4")
    assert caught.value.retry_after == 1
    wait_until(lambda: all(each.end.done() for each in source._arrivals.values()))
    assert take(source, "slow.mp4") == samples.MP4
    assert len(cdn.calls) == 1, "fetched once"


def test_while_one_file_is_slow_nobody_else_waits_and_each_gets_its_own(
    cdn: Receiver, hasty: FileSource
) -> None:
    source, asked = hasty, threading.Event()
    cdn.answer = answers_once(asked)
    for name in ("slow-1.mp4", "slow-2.mp4", "quick.mp4"):
        with pytest.raises(FileComingError):
            take(source, name)
    asked.set()
    wait_until(source._arrivals[f"{CDN}/quick.mp4", BIG].end.done)
    assert take(source, "quick.mp4") == samples.MP4
    wait_until(lambda: all(each.end.done() for each in source._arrivals.values()))
    for name in ("slow-1.mp4", "slow-2.mp4"):
        with pytest.raises(FileError, match="gave no file"):
            take(source, name)
    assert not source._arrivals


def test_a_file_that_nobody_takes_makes_room_for_others_in_the_end(
    cdn: Receiver, hasty: FileSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_AT_A_TIME", 2)
    source, asked = hasty, threading.Event()
    cdn.answer = answers_once(asked)
    for name in ("slow.mp4", "untaken.mp4"):
        with pytest.raises(FileComingError):
            take(source, name)
    asked.set()
    untaken = source._arrivals[f"{CDN}/untaken.mp4", BIG]
    wait_until(untaken.end.done)
    with pytest.raises(FileComingError):
        take(source, "late.mp4")
    assert not untaken.file.closed, "its delivery comes back for it"
    monkeypatch.setattr(module, "_KEPT_SECONDS", 0)
    asked.clear()
    with pytest.raises(FileComingError):
        take(source, "late.mp4")
    assert untaken.file.closed
    assert [url for url, _ in source._arrivals] == [f"{CDN}/slow.mp4", f"{CDN}/late.mp4"]
    asked.set()


def test_a_host_is_asked_again_when_the_clock_was_set_back_meanwhile(
    cdn: Receiver, patient: FileSource
) -> None:
    cdn.answer = lambda _: Answer(429, headers={"Retry-After": "60"})
    with pytest.raises(FileError):
        take(patient, "a.mp4", NOW + 3_600_000)
    cdn.answer = lambda _: VIDEO
    assert take(patient, "b.mp4", NOW) == samples.MP4
