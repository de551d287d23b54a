"""Brings the schema up to date, in one immediate transaction, so that processes booting together agree.

sqlite-utils keeps the list of what was applied. That alone is not safe with several processes at once:
each reads the list before the other has written it.
"""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from relay.errors import NewerSchemaError

if TYPE_CHECKING:
    from sqlite_utils import Database

_STEPS = sorted(Path(__file__).with_name("schema").glob("sqlite_*.sql"))


def pending(connection: sqlite3.Connection) -> list[str]:
    done = applied(connection)
    return [step.stem for step in _STEPS if step.stem not in done]


def applied(connection: sqlite3.Connection) -> set[str]:
    """The steps that this database has taken, also those of a newer version."""
    known = connection.execute("select 1 from sqlite_master where name = '_sqlite_migrations'").fetchone()
    if not known:
        return set()
    return {row[0] for row in connection.execute("select name from _sqlite_migrations")}


def known() -> set[str]:
    """The steps of this version."""
    return {step.stem for step in _STEPS}


def apply(connection: sqlite3.Connection) -> list[str]:
    """Run inside an immediate transaction. The names of the steps taken. Raises NewerSchemaError."""
    if newer := applied(connection) - known():
        raise NewerSchemaError(newer)
    missing = pending(connection)
    if missing:
        from sqlite_utils import Database
        from sqlite_utils.migrations import Migrations

        migrations = Migrations("relay")
        for step in _STEPS:
            migrations(name=step.stem)(_runner(step))
        migrations.apply(Database(connection, execute_plugins=False))
    return missing


def _runner(step: Path) -> Callable[["Database"], None]:
    def run(database: "Database") -> None:
        for statement in _statements(step.read_text(encoding="utf-8")):
            database.conn.execute(statement)

    return run


def _statements(script: str) -> Iterator[str]:
    """One by one: `executescript` would commit the transaction that we are in."""
    text = ""
    for line in script.splitlines(keepends=True):
        text += line
        if sqlite3.complete_statement(text):
            yield text
            text = ""
    if text.strip():
        yield text
