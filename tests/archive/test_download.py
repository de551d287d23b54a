"""From the vendor's link to the shelf, or a sentence that says why not and whether a later try may do."""

import hashlib
from pathlib import Path

import pytest

from relay.archive.download import archive
from relay.archive.local_storage import LocalStorage
from relay.archive.storage import GivenUpError
from relay.errors import RemoteError
from relay.files.source import FileSource
from relay.http.client import Http
from relay.models.archive import ClaimedCopy
from tests.files import samples as files
from tests.wire import Answer, Receiver

THEN = 1_772_000_000_000  # 2026-02-25 06:13:20 UTC


def claimed(vendor: Receiver, path: str = "/output/vgen_1.mp4", number: int = 1) -> ClaimedCopy:
    return ClaimedCopy("res_1", number, 1, 0, vendor.url(path), "vgen_1", THEN)


def serve(vendor: Receiver, body: bytes, status: int = 200, kind: str = "video/mp4") -> None:
    vendor.answer = lambda _: Answer(status, body=body, headers={"Content-Type": kind})


def copies(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_the_file_is_kept_under_its_key_with_its_size_and_hash(
    vendor: Receiver, http: Http, storage: LocalStorage, folder: Path
) -> None:
    serve(vendor, files.MP4)
    kept = archive(claimed(vendor), FileSource(http), storage, used=0, now=THEN)
    assert (kept.key, kept.type, kept.size) == ("2026/02/vgen_1-1.mp4", "video/mp4", len(files.MP4))
    assert kept.sha256 == hashlib.sha256(files.MP4).hexdigest()
    assert (folder / kept.key).read_bytes() == files.MP4


def test_the_name_tells_what_came_not_what_the_link_says(
    vendor: Receiver, http: Http, storage: LocalStorage
) -> None:
    serve(vendor, files.PNG, kind="application/octet-stream")
    kept = archive(
        claimed(vendor, "/evil.html/..%2f..%2fvgen.exe", 3), FileSource(http), storage, used=0, now=THEN
    )
    assert (kept.key, kept.type) == ("2026/02/vgen_1-3.png", "image/png")


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_dead_link_is_given_up_at_once_with_a_next_step(
    vendor: Receiver, http: Http, storage: LocalStorage, folder: Path, status: int
) -> None:
    serve(vendor, files.MP4, status)
    with pytest.raises(GivenUpError, match=rf"answer {status}.*7 days\. Create the file again"):
        archive(claimed(vendor), FileSource(http), storage, used=0, now=THEN)
    assert copies(folder) == []


@pytest.mark.parametrize("status", [301, 400, 401, 451])
def test_an_answer_that_leads_to_no_file_is_given_up(
    vendor: Receiver, http: Http, storage: LocalStorage, status: int
) -> None:
    serve(vendor, b"", status)
    with pytest.raises(GivenUpError, match=f"answered {status}"):
        archive(claimed(vendor), FileSource(http), storage, used=0, now=THEN)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503])
def test_a_vendor_in_trouble_is_asked_again(
    vendor: Receiver, http: Http, storage: LocalStorage, folder: Path, status: int
) -> None:
    serve(vendor, files.MP4, status)
    with pytest.raises(RemoteError) as caught:
        archive(claimed(vendor), FileSource(http), storage, used=0, now=THEN)
    assert caught.value.whose == "transient"
    assert copies(folder) == []


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("90", 90),
        ("Wed, 25 Feb 2026 06:14:50 GMT", 90),  # of THEN and a minute and a half
        ("99999999", 86_400),
        ("soon", None),
        ("", None),
    ],
)
def test_a_vendor_that_says_when_is_asked_again_then_within_a_day(
    vendor: Receiver, http: Http, storage: LocalStorage, said: str, seconds: float | None
) -> None:
    vendor.answer = lambda _: Answer(503, headers={"Retry-After": said} if said else {})
    with pytest.raises(RemoteError) as caught:
        archive(claimed(vendor), FileSource(http), storage, used=0, now=THEN)
    assert caught.value.retry_after == seconds


@pytest.mark.parametrize(
    ("body", "kind"), [(files.PAGE, "text/html"), (files.JSON, "application/json"), (files.PAGE, "video/mp4")]
)
def test_a_page_where_a_video_should_be_is_refused(
    vendor: Receiver, http: Http, folder: Path, body: bytes, kind: str
) -> None:
    serve(vendor, body, kind=kind)
    with pytest.raises(GivenUpError, match=f"not an image, video or sound.*{kind}"):
        archive(claimed(vendor), FileSource(http), LocalStorage(folder), used=0, now=THEN)
    assert copies(folder) == []


def test_an_empty_file_is_asked_for_again(vendor: Receiver, http: Http, storage: LocalStorage) -> None:
    serve(vendor, b"")
    with pytest.raises(RemoteError, match="empty"):
        archive(claimed(vendor), FileSource(http), storage, used=0, now=THEN)


def test_a_file_that_breaks_off_leaves_nothing(
    vendor: Receiver, http: Http, storage: LocalStorage, folder: Path
) -> None:
    vendor.answer = lambda _: Answer(cut=True)
    with pytest.raises(RemoteError) as caught:
        archive(claimed(vendor), FileSource(http), storage, used=0, now=THEN)
    assert caught.value.whose == "transient"
    assert copies(folder) == []


def test_a_file_that_does_not_fit_any_more_is_given_up_with_the_next_step(
    vendor: Receiver, http: Http, folder: Path
) -> None:
    serve(vendor, files.MP4)
    with pytest.raises(GivenUpError, match=r"are free in the archive.*ARCHIVE_MAX_GB.*relay archive retry"):
        archive(
            claimed(vendor),
            FileSource(http),
            LocalStorage(folder, limit=1000),
            used=1000 - len(files.MP4) + 1,
            now=THEN,
        )
    assert copies(folder) == []
    kept = archive(
        claimed(vendor),
        FileSource(http),
        LocalStorage(folder, limit=1000),
        used=1000 - len(files.MP4),
        now=THEN,
    )
    assert kept.size == len(files.MP4)


def test_a_full_archive_asks_the_vendor_for_nothing(vendor: Receiver, http: Http, folder: Path) -> None:
    with pytest.raises(GivenUpError, match="The archive is full"):
        archive(claimed(vendor), FileSource(http), LocalStorage(folder, limit=1000), used=1000, now=THEN)
    assert vendor.calls == []


def test_a_link_into_a_private_network_is_not_followed(vendor: Receiver, storage: LocalStorage) -> None:
    with pytest.raises(GivenUpError, match="private or reserved network"):
        archive(claimed(vendor), FileSource(Http()), storage, used=0, now=THEN)
    assert vendor.calls == []
