"""What the settings make of the archive, and what is said about it."""

import importlib.util
from pathlib import Path

import pytest

from relay.archive.worker import ArchiveWorker
from relay.bootstrap import archive
from relay.config import settings
from relay.config.settings import Settings
from relay.files.source import FileSource
from relay.http.client import Http
from relay.models.archive import Copy
from relay.store.sqlite.store import SqliteStore

ADDRESS = {"PUBLIC_URL": "https://relay.example.com"}
S3 = {"ARCHIVE": "s3", "ARCHIVE_S3_BUCKET": "media"}
KEY = "2026/02/vgen_1-1.mp4"


def read(**environ: str) -> Settings:
    found, faults = settings.read(environ)
    assert faults == []
    return found.model_copy(update={"secret_key": settings.SecretStr("a key for tests")})


def faults(**environ: str) -> list[str]:
    return settings.read(environ)[1]


def test_files_are_archived_beside_the_database_unless_told_otherwise(tmp_path: Path) -> None:
    assert read(DATA_DIR=str(tmp_path)).archive_path == tmp_path / "archive"
    assert read(ARCHIVE_DIR=str(tmp_path / "media")).archive_path == tmp_path / "media"
    assert read().archive == "local"


def test_where_the_disk_is_wiped_nothing_is_archived_unless_asked_for() -> None:
    assert read(DYNO="web.1").archive == "off"
    assert read(DYNO="web.1", **S3).archive == "s3"


@pytest.mark.parametrize(
    ("environ", "fault"),
    [
        ({"ARCHIVE": "dropbox"}, "ARCHIVE: Input should be 'local', 's3' or 'off'"),
        ({"ARCHIVE": "s3"}, "ARCHIVE_S3_BUCKET: is needed with ARCHIVE=s3"),
        ({"ARCHIVE_MAX_GB": "0"}, "ARCHIVE_MAX_GB: Input should be greater than 0"),
        (
            {**S3, "ARCHIVE_S3_ENDPOINT": "media"},
            "ARCHIVE_S3_ENDPOINT: must look like https://files.example.com",
        ),
    ],
)
def test_faults_are_told_by_name(environ: dict[str, str], fault: str) -> None:
    assert faults(**environ) == [fault]


def test_without_boto3_the_command_that_installs_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        "relay.config.archive.find_spec", lambda name: None if name == "boto3" else find(name)
    )
    (told,) = [fault for fault in faults(**S3) if fault.startswith("ARCHIVE:")]
    assert "python -m pip install boto3" in told


def test_the_secret_of_the_bucket_is_masked() -> None:
    assert "the secret" in read(ARCHIVE_S3_SECRET_ACCESS_KEY="the secret").secret_values()


@pytest.mark.parametrize(
    ("environ", "wait"),
    [
        (ADDRESS, 4_000),
        ({}, 0),  # a link of ours could not be opened: nothing to wait for
        ({**ADDRESS, "ARCHIVE": "off"}, None),
        (S3, 4_000),
    ],
)
def test_deliveries_wait_only_for_links_that_there_will_be(environ: dict[str, str], wait: int | None) -> None:
    assert archive.archive_wait(read(**environ)) == wait


@pytest.mark.parametrize(
    ("environ", "lasts", "ok", "words"),
    [
        (ADDRESS, True, True, "archived in data/archive."),
        ({}, True, None, "Set PUBLIC_URL"),
        (
            {"ARCHIVE": "off"},
            True,
            None,
            "not archived: delivered links are CreativeAI's, which expire after 7 days.",
        ),
        ({"DYNO": "web.1"}, False, None, "because the disk does not keep them"),
        (
            {"DYNO": "web.1"},
            False,
            None,
            "set ARCHIVE_S3_BUCKET, ARCHIVE_S3_ENDPOINT (unless it is Amazon's),",
        ),
        ({"DYNO": "web.1"}, False, None, "ARCHIVE_S3_ACCESS_KEY_ID and ARCHIVE_S3_SECRET_ACCESS_KEY."),
        ({"ARCHIVE": "local", **ADDRESS}, False, False, "this host wipes"),
        (S3, True, True, "bucket media. Without ARCHIVE_S3_PUBLIC_URL its links expire after 7 days."),
        ({**S3, "ARCHIVE_S3_PUBLIC_URL": "https://m.example.com"}, False, True, "in the bucket media."),
    ],
)
def test_check_says_what_becomes_of_finished_files(
    environ: dict[str, str], lasts: bool, ok: bool | None, words: str
) -> None:
    found, sentence = archive.status(read(**environ), files_last=lasts)
    assert found is ok
    assert words in sentence
    assert sentence.endswith(".")


def test_switched_off_nothing_runs_but_what_was_archived_keeps_its_links(
    store: SqliteStore, http: Http
) -> None:
    off = read(ARCHIVE="off", **ADDRESS)
    assert archive.make_archiver(off, store, FileSource(http)) is None
    link = archive.make_link(off)(Copy(1, "local", KEY), 0)
    assert link == (archive.make_links(read(**ADDRESS)).link(KEY), None)


def test_the_limit_of_the_folder_is_in_gigabytes(tmp_path: Path) -> None:
    local = archive.make_local(read(ARCHIVE_DIR=str(tmp_path), ARCHIVE_MAX_GB="0.5"))
    assert local.free_bytes(used=499_999_000) == 1000


def test_the_bucket_gets_its_settings(store: SqliteStore, http: Http) -> None:
    told = read(
        **S3,
        ARCHIVE_S3_PREFIX="shop",
        ARCHIVE_S3_PUBLIC_URL="https://m.example.com/",
        ARCHIVE_S3_REGION="auto",
    )
    made = archive.make_archiver(told, store, FileSource(http))
    assert isinstance(made, ArchiveWorker)
    made._waiter.close()
    assert archive.make_link(told)(Copy(1, "s3", KEY), 0) == (f"https://m.example.com/shop/{KEY}", None)
