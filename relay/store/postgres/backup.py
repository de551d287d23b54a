"""A consistent copy of the database, made while reads and writes continue: a SQLite file, as of that engine.

So a backup needs no program of the server's, can be opened with any tool, and is restored on either engine.
"""

import threading
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from relay.errors import StoreBusyError
from relay.store.postgres.engine import PostgresEngine
from relay.store.postgres.errors import translate_postgres_errors
from relay.store.postgres.tables import PostgresTables
from relay.store.sql.tables import copy_tables
from relay.store.sqlite.draft import draft

_one_at_a_time = threading.Lock()


class PostgresBackup:
    _engine: PostgresEngine

    def copy(self) -> BinaryIO:
        if not _one_at_a_time.acquire(blocking=False):
            raise StoreBusyError("A backup is being made already. Try again in a moment.")
        try:
            with TemporaryDirectory(prefix="relay-backup-") as folder:
                path = Path(folder) / "relay.db"
                with translate_postgres_errors(), closing(self._engine.connect()) as connection:
                    source = PostgresTables(connection)
                    with source.transaction(), draft(path) as copy:
                        copy_tables(source, copy)
                return path.open("rb")
        finally:
            _one_at_a_time.release()
