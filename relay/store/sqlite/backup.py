"""A consistent copy of the database, made beside it while reads and writes continue."""

import contextlib
import shutil
import tempfile
import threading
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

from relay.errors import StoreBusyError
from relay.store.sqlite.engine import SqliteEngine, connect, translate_sqlite_errors

_LEFT_FREE = 100_000_000  # bytes: webhooks are to be taken meanwhile
_OF_A_CRASH_SECONDS = 3600  # since its last byte: no copy stands still for so long
_one_at_a_time = threading.Lock()


class SqliteBackup:
    _engine: SqliteEngine

    def copy(self) -> BinaryIO:
        path = self._engine.path
        if not _one_at_a_time.acquire(blocking=False):
            raise StoreBusyError("A backup is being made already. Try again in a moment.")
        try:
            with translate_sqlite_errors(), closing(connect(path)) as database:
                database.execute("pragma wal_checkpoint(passive)").fetchall()  # without waiting for anybody
                if shutil.disk_usage(path.parent).free < path.stat().st_size + _LEFT_FREE:
                    raise StoreBusyError("There is no room on the disk for a copy of the database beside it.")
                with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.backup-") as beside:
                    _sweep(Path(beside.name))
                    database.execute("vacuum into ?", (beside.name,))
                    return Path(beside.name).open("rb")
        finally:
            _one_at_a_time.release()


def _sweep(beside: Path) -> None:
    """Remove what a crash has left; the copy that another process makes meanwhile is younger."""
    stem, now = beside.name.rpartition("-")[0], beside.stat().st_mtime
    for each in beside.parent.glob(f"{stem}-*"):
        with contextlib.suppress(FileNotFoundError):
            if each.stat().st_mtime < now - _OF_A_CRASH_SECONDS:
                each.unlink()
