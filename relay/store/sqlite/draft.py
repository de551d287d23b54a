"""A database in a file of its own, to be filled from elsewhere or read as a whole."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from relay.store.sqlite import migrations
from relay.store.sqlite.engine import connect, translate_sqlite_errors
from relay.store.sqlite.tables import SqliteTables


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
def opened(path: Path) -> Iterator[SqliteTables]:
    """One that is there, of this version or an earlier one; with the schema of today, in one transaction."""
    with translate_sqlite_errors(), closing(connect(path)) as connection:
        tables = SqliteTables(connection)
        with tables.transaction():
            migrations.apply(connection)
            yield tables
