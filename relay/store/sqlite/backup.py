"""A consistent copy of the database, made beside it while reads and writes continue."""

import shutil
import threading
from contextlib import closing
from typing import BinaryIO

from relay.errors import StoreBusyError
from relay.store.sqlite.engine import SqliteEngine, connect, translate_sqlite_errors

_LEFT_FREE = 100_000_000  # bytes: webhooks are to be taken meanwhile
_one_at_a_time = threading.Lock()


class SqliteBackup:
    _engine: SqliteEngine

    def copy(self) -> BinaryIO:
        path = self._engine.path
        beside = path.with_name(f"{path.name}.backup")
        if shutil.disk_usage(path.parent).free < path.stat().st_size + _LEFT_FREE:
            raise StoreBusyError("There is no room on the disk for a copy of the database beside it.")
        if not _one_at_a_time.acquire(blocking=False):
            raise StoreBusyError("A backup is being made already. Try again in a moment.")
        try:
            with translate_sqlite_errors(), closing(connect(path)) as database:
                beside.unlink(missing_ok=True)  # of one that a crash cut short
                database.execute("vacuum into ?", (str(beside),))
                return beside.open("rb")
        finally:
            beside.unlink(missing_ok=True)
            _one_at_a_time.release()
