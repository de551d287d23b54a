"""A database in a file of its own, to be filled from elsewhere or read as a whole."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from relay.errors import StoreBusyError
from relay.store.sqlite import migrations
from relay.store.sqlite.engine import connect, translate_sqlite_errors
from relay.store.sqlite.tables import SqliteTables

_PATIENCE_SECONDS = 1.0


@contextmanager
def draft(path: Path) -> Iterator[SqliteTables]:
    """All of it is in that file afterwards, nothing beside it. Raises StoreBusyError, also without room."""
    with translate_sqlite_errors(), closing(connect(path)) as connection:
        connection.execute("pragma synchronous = off")  # a file that is not finished is of no use
        connection.execute("pragma foreign_keys = off")
        tables = SqliteTables(connection)
        with tables.transaction():
            migrations.apply(connection)
            yield tables
        connection.execute("pragma journal_mode = delete").fetchall()


@contextmanager
def alone(path: Path) -> Iterator[SqliteTables]:
    """One that nobody else uses meanwhile, made where it is missing; with the schema of today.

    Raises StoreBusyError, also where somebody uses it.
    """
    with translate_sqlite_errors():
        connect(path).close()
    with closing(sqlite3.connect(path, timeout=_PATIENCE_SECONDS, isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        try:
            connection.execute("pragma locking_mode = exclusive")
            connection.execute("begin exclusive")
            connection.execute("commit")
        except sqlite3.OperationalError as error:
            raise StoreBusyError(f"{path} is in use ({error}). Stop the relay, then try again.") from error
        with translate_sqlite_errors():
            tables = SqliteTables(connection)
            with tables.transaction():
                migrations.apply(connection)
            yield tables


@contextmanager
def opened(path: Path) -> Iterator[SqliteTables]:
    """One that is there, of this version or an earlier one; with the schema of today, in one transaction."""
    with translate_sqlite_errors(), closing(connect(path)) as connection:
        tables = SqliteTables(connection)
        with tables.transaction():
            migrations.apply(connection)
            yield tables
