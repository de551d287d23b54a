"""A SQLite database as a whole, to be copied from or into."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from relay.store.sql.job_rows import WORD_COLUMNS, words_of
from relay.store.sql.tables import Rows

_AT_ONCE = 500


class SqliteTables:
    """On a connection of the caller's."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self._connection.execute("begin immediate")
        try:
            yield
            self._connection.execute("commit")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("rollback")
            raise

    def columns(self, table: str) -> list[str]:
        return [row["name"] for row in self._connection.execute(f"pragma table_info({table})")]

    def read(self, table: str, columns: Sequence[str]) -> Iterator[Rows]:
        keys = [
            row["name"] for row in self._connection.execute(f"pragma table_info({table})") if row["pk"] > 0
        ]
        order = f" order by {', '.join(keys)}" if keys else ""
        cursor = self._connection.execute(f"select {', '.join(columns)} from {table}{order}")  # noqa: S608
        while rows := cursor.fetchmany(_AT_ONCE):
            yield [tuple(row) for row in rows]

    def write(self, table: str, columns: Sequence[str], rows: Rows) -> None:
        values = ", ".join("?" * len(columns))
        text = f"insert into {table} ({', '.join(columns)}) values ({values}) on conflict do nothing"  # noqa: S608
        self._connection.executemany(text, rows)

    def clear(self, table: str) -> None:
        self._connection.execute(f"delete from {table}")  # noqa: S608

    def remove_setting(self, name: str) -> None:
        self._connection.execute("delete from setting where name = ?", (name,))

    def complete(self) -> None:
        self._connection.execute("delete from job_search")
        for jobs in self.read("job", WORD_COLUMNS):
            rows = [(job[0], words_of(*job)) for job in jobs]  # type: ignore[arg-type]
            self._connection.executemany("insert into job_search (job_id, words) values (?, ?)", rows)
