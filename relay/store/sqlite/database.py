"""SQLite as the repositories see it: statements by name on the engine's connections, and wake-ups."""

import contextlib
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from relay.store.sql.database import Params, Row
from relay.store.sql.statements import FILES, load
from relay.store.sqlite import migrations
from relay.store.sqlite.engine import SqliteEngine
from relay.store.sqlite.wake import SocketWaiter, Wake

# The portable ones, and those for which every engine has words of its own.
ALL_STATEMENTS = load(*FILES, Path(__file__).with_name("job_search.sql"))


class SqliteSession:
    """The statements of one `with`, on one connection."""

    __slots__ = ("_connection",)

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def fetch_one(self, name: str, params: Params | None = None, /) -> Row | None:
        row: sqlite3.Row | None = self._connection.execute(ALL_STATEMENTS[name], params or {}).fetchone()
        return row

    def fetch_all(self, name: str, params: Params | None = None, /) -> list[Row]:
        return self._connection.execute(ALL_STATEMENTS[name], params or {}).fetchall()

    def fetch_row(self, name: str, params: Params | None = None, /) -> Row:
        row = self.fetch_one(name, params)
        if row is None:
            raise LookupError(f"The statement {name} gave no row.")
        return row

    def execute(self, name: str, params: Params | None = None, /) -> int:
        return self._connection.execute(ALL_STATEMENTS[name], params or {}).rowcount

    def execute_many(self, name: str, rows: Iterable[Params], /) -> int:
        return self._connection.executemany(ALL_STATEMENTS[name], rows).rowcount

    def lock(self, *names: str) -> None:
        """There is one writer."""


class SqliteDatabase:
    def __init__(self, engine: SqliteEngine) -> None:
        self._engine = engine
        self._wake = Wake(engine.path)

    @contextlib.contextmanager
    def read(self) -> Iterator[SqliteSession]:
        with self._engine.read() as connection:
            yield SqliteSession(connection)

    @contextlib.contextmanager
    def write(
        self,
        *,
        patience: float | None = None,
        durable: bool = True,
        alongside: bool = False,  # noqa: ARG002 - there is one writer
    ) -> Iterator[SqliteSession]:
        with self._engine.write(patience=patience, durable=durable) as connection:
            yield SqliteSession(connection)

    def pending_migrations(self) -> list[str]:
        with self._engine.read() as connection:
            return migrations.pending(connection)

    def free_bytes(self) -> int:
        with contextlib.suppress(OSError):
            return shutil.disk_usage(self._engine.path.parent).free
        return 0

    def notify(self, *topics: str) -> None:
        self._wake.notify(*topics)

    def listen(self, topic: str = "") -> SocketWaiter:
        return self._wake.listen(topic)

    def close(self) -> None:
        self._engine.close()
        self._wake.close()
