"""A folder of this machine as storage: whole files only, and never the space that the database needs."""

import io
import os
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from relay.archive.keys import is_key
from relay.archive.storage import GivenUpError
from relay.errors import FileError, RemoteError
from relay.private_folder import make_private_folder

_RESERVE = 1_000_000_000  # bytes of the disk left to the database, or a tenth of a small disk
_DRAFTS = ".drafts"
_DRAFT_MS = 3600 * 1000  # an older draft is left from a crash: no download takes so long


class LocalStorage:
    """`limit`: how many bytes the copies may take; None: as many as leave the reserve free."""

    name = "local"

    def __init__(self, folder: Path, limit: int | None = None) -> None:
        self._folder = folder
        self._limit = limit
        self._lock = threading.Lock()
        self._used = 0  # as it was last told
        self._drafted = 0  # bytes in the drafts of this process
        self._synced: set[Path] = set()  # folders that are on disk by their names

    def find(self, key: str) -> Path | None:
        """The file of this key, if it is one and is there."""
        path = self._folder / key
        return path if is_key(key) and path.is_file() else None

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """In a folder beside the copies, so that it moves to its name in one step."""
        with _translate_errors():
            drafts = self._folder / _DRAFTS
            make_private_folder(drafts)
            path = drafts / secrets.token_hex(12)
            draft = _Draft(path, self._take)
        try:
            with draft:
                yield draft
        finally:
            path.unlink(missing_ok=True)
            with self._lock:
                self._drafted -= draft.written

    def free_bytes(self, used: int) -> int:
        """Beside what the drafts that are being written have taken."""
        free = self._free_on_disk()
        with self._lock:
            self._used, drafted = used, self._drafted
        if self._limit is None:
            return free
        if used >= self._limit:
            raise GivenUpError(
                f"The archive is full: its copies take {used / 1e9:.1f} GB. "
                "Raise ARCHIVE_MAX_GB, then run: relay archive retry."
            )
        if used + drafted >= self._limit:
            raise _taken_by_others()
        return min(free, self._limit - used - drafted)

    def _free_on_disk(self) -> int:
        with _translate_errors():
            make_private_folder(self._folder)
            disk = shutil.disk_usage(self._folder)
        free = disk.free - min(_RESERVE, disk.total // 10)
        if free <= 0:
            raise GivenUpError(
                f"The disk of {self._folder} has only {disk.free / 1e9:.1f} GB left, which the database "
                "needs. Make room or take a larger disk, then run: relay archive retry."
            )
        return free

    def _take(self, size: int) -> None:
        """For a draft: many are written at a time, and each began with the room that it saw then."""
        self._free_on_disk()
        with self._lock:
            if self._limit is not None and self._used + self._drafted + size > self._limit:
                raise _taken_by_others()
            self._drafted += size

    def put(self, key: str, draft: BinaryIO, media_type: str, size: int) -> None:  # noqa: ARG002 - for S3
        """On disk before it has its name, and its name on disk before this returns."""
        path = self._folder / key
        with _translate_errors():
            make_private_folder(path.parent)
            draft.flush()
            os.fsync(draft.fileno())
            os.replace(draft.name, path)  # noqa: PTH105 - a draft knows its name as text
            _sync(path.parent)
            if path.parent not in self._synced:
                _sync(path.parent.parent)
                _sync(self._folder)
                self._synced.add(path.parent)

    @contextmanager
    def read(self, key: str) -> Iterator[BinaryIO]:
        path = self.find(key)
        if path is None:
            raise FileError(
                f"The archived copy is not in {self._folder} any more.",
                "record",
                advice="Put the folder of the archive back, then resend the delivery.",
            )
        try:
            file = path.open("rb")
        except OSError as error:
            raise FileError(f"The archived copy cannot be read ({error.strerror}).") from error
        with file:
            yield file

    def sweep(self, now: int) -> None:
        for draft in (self._folder / _DRAFTS).glob("*"):
            with suppress(FileNotFoundError):
                if draft.stat().st_mtime * 1000 < now - _DRAFT_MS:
                    draft.unlink()


class _Draft(io.BufferedRandom):
    """Asks before it writes. `written`: how many bytes it was given."""

    def __init__(self, path: Path, take: Callable[[int], None]) -> None:
        super().__init__(io.FileIO(path, "x+", opener=_private))
        self._take = take
        self.written = 0

    def write(self, block: Any, /) -> int:
        size = memoryview(block).nbytes
        self._take(size)
        self.written += size
        return super().write(block)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _taken_by_others() -> FileError:
    return FileError("Other files that are being copied take the room that is left in the archive.")


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _translate_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RemoteError(
            f"The archive's folder cannot be written ({error.strerror}). Check ARCHIVE_DIR, its owner and "
            "its disk."
        ) from error
