"""The bytes of an output: our copy first, as it is stored, then each link; one failure for all ways."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connectors.base import Files
from relay.archive.local_storage import LocalStorage
from relay.bootstrap import archive
from relay.config import settings
from relay.config.settings import Settings
from relay.delivery.links import linked
from relay.errors import FileError
from relay.files.source import FileSource
from relay.http.client import Http
from relay.models.archive import Copy
from relay.models.core import Output, Result, ResultStatus
from relay.models.delivery import ClaimedDelivery
from tests.files import samples
from tests.wire import Answer, Receiver

NOW = 1_800_000_000_000
KEY = "2027/01/vgen_1-1.mp4"
MANY = 10_000_000
COPY = Copy(1, "local", KEY, "video/mp4", len(samples.MP4))
SERVED = Answer(body=samples.WEBM, headers={"Content-Type": "video/webm"})

FilesWith = Callable[..., tuple[Files, Output]]


@pytest.fixture
def vendor() -> Iterator[Receiver]:
    with Receiver(lambda _: SERVED) as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "archive"


def read(folder: Path, **environ: str) -> Settings:
    found, faults = settings.read({"ARCHIVE": "local", "ARCHIVE_DIR": str(folder), **environ})
    assert faults == []
    return found.model_copy(update={"secret_key": settings.SecretStr("a key for tests")})


def put(folder: Path, content: bytes = samples.MP4) -> None:
    with LocalStorage(folder).open() as draft:
        draft.write(content)
        LocalStorage(folder).put(KEY, draft, "video/mp4", len(content))


@pytest.fixture
def files_with(folder: Path, vendor: Receiver, http: Http) -> FilesWith:
    """The files of a result as the worker hands them to a connector, and its output."""

    def make(*copies: Copy, **environ: str) -> tuple[Files, Output]:
        configured = read(folder, **environ)
        result = Result(
            "vgen_1", ResultStatus.COMPLETED, "video", (Output(vendor.url("/v.mp4"), "video/mp4"),)
        )
        claimed = ClaimedDelivery("dlv_1", "shop", 1, 0, result, {}, received_at=NOW, copies=copies)
        seen = linked(claimed, archive.make_link(configured), NOW, configured.public_url)
        return archive.make_files(configured, FileSource(http, wait=30))(seen, copies, NOW), seen.outputs[0]

    return make


def opened(files: Files, output: Output, largest: int = MANY) -> tuple[bytes, str, int]:
    with files.open(output, largest=largest) as file:
        return file.stream.read(), file.type, file.size


OF_THE_COPY = (samples.MP4, "video/mp4", len(samples.MP4))
OF_THE_LINK = (samples.WEBM, "video/webm", len(samples.WEBM))


@pytest.mark.parametrize("status", [200, 404, 503])
@pytest.mark.parametrize("public_url", ["", "http://10.0.0.9:8000", "https://relay.example.com"])
def test_our_copy_is_read_from_disk_and_nobody_is_called(
    files_with: FilesWith, folder: Path, vendor: Receiver, status: int, public_url: str
) -> None:
    vendor.answer = lambda _: Answer(status)
    put(folder)
    assert opened(*files_with(COPY, PUBLIC_URL=public_url)) == OF_THE_COPY
    assert vendor.calls == []


def test_without_a_copy_the_link_is_fetched_and_its_bytes_say_what_it_is(files_with: FilesWith) -> None:
    assert opened(*files_with()) == OF_THE_LINK


@pytest.mark.parametrize("there", ["nothing", "half of it", "a folder"])
@pytest.mark.parametrize("public_url", ["", "http://10.0.0.9:8000"])
def test_a_copy_that_is_gone_or_damaged_is_no_failure_while_the_link_works(
    files_with: FilesWith, folder: Path, there: str, public_url: str
) -> None:
    """Our own address is not asked for it either: it would have the same file, or not be reachable."""
    if there == "half of it":
        put(folder, samples.MP4[:50])
    elif there == "a folder":
        (folder / KEY).mkdir(parents=True)
    assert opened(*files_with(COPY, PUBLIC_URL=public_url)) == OF_THE_LINK


@pytest.mark.parametrize(
    ("answer", "ends", "words"),
    [
        (
            Answer(503, headers={"Retry-After": "90"}),
            ("transient", 90),
            "not in .* any more. CreativeAI's link answered 503. The relay retries automatically.",
        ),
        (
            Answer(404),
            ("record", None),
            "not in .* any more. CreativeAI's link has expired .answer 404.*which costs credits.",
        ),
        (
            Answer(body=samples.PAGE),
            ("record", None),
            "not in .* any more. CreativeAI's link returned something that is not an image.*Open the link",
        ),
    ],
)
def test_only_all_ways_failing_is_a_failure_that_names_each_and_what_to_do(
    files_with: FilesWith, vendor: Receiver, answer: Answer, ends: tuple[str, int | None], words: str
) -> None:
    vendor.answer = lambda _: answer
    with pytest.raises(FileError, match=words) as caught:
        opened(*files_with(COPY))
    assert (caught.value.whose, caught.value.retry_after) == ends


def test_a_copy_in_a_bucket_that_is_not_configured_any_more_is_said_so(
    files_with: FilesWith, vendor: Receiver
) -> None:
    vendor.answer = lambda _: Answer(410)
    with pytest.raises(FileError, match="bucket that is no longer configured"):
        opened(*files_with(Copy(1, "s3", KEY, "video/mp4", 9)))


@pytest.mark.parametrize("copies", [(COPY,), ()])
def test_a_file_that_is_larger_than_the_caller_takes_is_not_read(
    files_with: FilesWith, folder: Path, copies: tuple[Copy, ...]
) -> None:
    put(folder)
    with pytest.raises(FileError, match="larger than") as caught:
        opened(*files_with(*copies), largest=100)
    assert caught.value.too_large
    assert caught.value.whose == "record"


def test_what_fails_while_the_file_is_used_is_not_taken_for_a_way_that_failed(
    files_with: FilesWith, folder: Path, vendor: Receiver
) -> None:
    put(folder)
    files, output = files_with(COPY)
    with pytest.raises(FileError, match="of the connector"), files.open(output, largest=MANY):
        raise FileError("A failure of the connector.")
    assert vendor.calls == []


def test_a_second_output_has_its_own_copy(folder: Path, http: Http) -> None:
    outputs = tuple(Output(f"http://10.0.0.9/{number}.mp4", "video/mp4") for number in (1, 2))
    result = Result("vgen_1", ResultStatus.COMPLETED, "video", outputs)
    put(folder)
    copies = (Copy(2, "local", KEY, "video/mp4", len(samples.MP4)),)
    files = archive.make_files(read(folder), FileSource(http, wait=30))(result, copies, NOW)
    assert opened(files, outputs[1]) == OF_THE_COPY
    with pytest.raises(FileError, match="private or reserved network"):
        opened(files, outputs[0])
