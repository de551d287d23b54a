"""A folder as a shelf: whole files or none, room for the database, drafts that go away."""

import os
import shutil
import stat
from collections import namedtuple
from pathlib import Path

import pytest

from relay.archive.local_storage import LocalStorage
from relay.archive.storage import GivenUpError
from relay.errors import RemoteError

KEY = "2026/02/vgen_1-1.mp4"
GB = 1_000_000_000
Usage = namedtuple("Usage", "total used free")


def put(storage: LocalStorage, content: bytes, key: str = KEY) -> None:
    with storage.open() as draft:
        draft.write(content)
        storage.put(key, draft, "video/mp4", len(content))


def all_files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_what_is_put_is_found_whole_and_leaves_no_draft(storage: LocalStorage, folder: Path) -> None:
    put(storage, b"one")
    found = storage.find(KEY)
    assert found
    assert found.read_bytes() == b"one"
    assert all_files(folder) == [KEY]


def test_nobody_but_the_owner_reads_a_copy(storage: LocalStorage, folder: Path) -> None:
    put(storage, b"one")
    assert stat.S_IMODE((folder / KEY).stat().st_mode) == 0o600
    made = [folder, *(each for each in folder.rglob("*") if each.is_dir())]
    assert len(made) > 2
    assert {stat.S_IMODE(each.stat().st_mode) for each in made} == {0o700}


def test_putting_it_again_replaces_it(storage: LocalStorage, folder: Path) -> None:
    put(storage, b"one")
    put(storage, b"another")
    assert (folder / KEY).read_bytes() == b"another"
    assert all_files(folder) == [KEY]


def test_a_draft_that_breaks_leaves_nothing(storage: LocalStorage, folder: Path) -> None:
    def break_off() -> None:
        with storage.open() as draft:
            draft.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    assert all_files(folder) == []
    assert storage.find(KEY) is None


def test_the_bytes_are_on_disk_before_the_name(
    storage: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    sync, replace = os.fsync, os.replace

    def fsync(descriptor: int) -> None:
        done.append("folder synced" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file synced")
        sync(descriptor)

    def rename(old: str, new: Path) -> None:
        done.append("named")
        replace(old, new)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", rename)
    put(storage, b"one")
    assert done[:2] == ["file synced", "named"]
    assert done[2:]


def test_nothing_but_copies_is_found(storage: LocalStorage, folder: Path) -> None:
    put(storage, b"one")
    (folder / "secret").write_text("x")
    (folder.parent / "relay.db").write_text("x")
    for key in ("secret", "../relay.db", "2026/02", "2026/02/../../secret", str(folder / KEY), ""):
        assert storage.find(key) is None


def test_only_old_drafts_are_swept(storage: LocalStorage, folder: Path) -> None:
    drafts = folder / ".drafts"
    drafts.mkdir(parents=True)
    (drafts / "dead").write_bytes(b"half")
    os.utime(drafts / "dead", (1_000_000, 1_000_000))
    with storage.open() as living:
        now = round(Path(living.name).stat().st_mtime * 1000)
        storage.sweep(now)
        assert [path.name for path in drafts.iterdir()] == [Path(living.name).name]


def test_a_folder_that_is_not_there_yet_is_nothing_to_sweep(storage: LocalStorage) -> None:
    storage.sweep(0)


@pytest.mark.parametrize(
    ("disk", "room"),
    [
        (Usage(500 * GB, 400 * GB, 100 * GB), 99 * GB),  # a gigabyte stays free
        (Usage(2 * GB, GB, GB), GB - 200_000_000),  # of a small disk a tenth
    ],
)
def test_room_is_left_for_the_database(
    storage: LocalStorage, monkeypatch: pytest.MonkeyPatch, disk: Usage, room: int
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: disk)
    assert storage.free_bytes(used=0) == room


def test_a_disk_that_is_almost_full_is_said_so_with_the_next_step(
    storage: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(500 * GB, 499.5 * GB, GB // 2))
    with pytest.raises(GivenUpError, match=r"only 0\.5 GB left, .* Make room .* relay archive retry\.$"):
        storage.free_bytes(used=0)


def test_the_limit_is_kept_and_named(folder: Path) -> None:
    limited = LocalStorage(folder, limit=1000)
    assert limited.free_bytes(used=400) == 600
    with pytest.raises(GivenUpError, match=r"The archive is full.*ARCHIVE_MAX_GB"):
        limited.free_bytes(used=1000)


def test_files_that_are_copied_at_the_same_time_keep_the_limit_together(folder: Path) -> None:
    """Each began with the room that was there then; the one for which it ends is tried again."""
    limited = LocalStorage(folder, limit=1000)
    assert limited.free_bytes(used=400) == 600
    with limited.open() as one, limited.open() as two:
        one.write(b"x" * 350)
        assert limited.free_bytes(used=400) == 250
        two.write(b"x" * 200)
        with pytest.raises(RemoteError, match=r"take the room .* retries automatically\.$") as caught:
            two.write(b"x" * 51)
        assert caught.value.whose == "transient"
        two.write(b"x" * 50)
        with pytest.raises(RemoteError, match="take the room"):
            limited.free_bytes(used=400)
    assert limited.free_bytes(used=400) == 600


def test_files_that_are_copied_at_the_same_time_leave_the_database_its_room(
    storage: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with storage.open() as draft:
        draft.write(b"x")
        monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(500 * GB, 499.5 * GB, GB // 2))
        with pytest.raises(GivenUpError, match="which the database needs"):
            draft.write(b"x")


def test_a_folder_that_cannot_be_written_is_a_fault_that_may_pass(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    blocked = LocalStorage(tmp_path / "file" / "archive")
    with pytest.raises(RemoteError, match="ARCHIVE_DIR") as caught:
        blocked.free_bytes(used=0)
    assert caught.value.whose == "transient"
    with pytest.raises(RemoteError, match="ARCHIVE_DIR"), blocked.open():
        pass
