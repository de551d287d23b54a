"""A Postgres database as a whole, to be copied from or into."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from psycopg.rows import tuple_row

from relay.store.postgres.connections import Connection
from relay.store.sql.job_rows import WORD_COLUMNS, words_of
from relay.store.sql.search_tokens import tokens
from relay.store.sql.tables import Rows

_AT_ONCE = 500

_NEXT_ID = """
select setval(
    pg_get_serial_sequence('vendor_call', 'id'), (select coalesce(max(id), 0) + 1 from vendor_call), false
)
"""
_UNHURRIED = """
set transaction isolation level repeatable read;
set local statement_timeout = 0;
set local idle_in_transaction_session_timeout = 0
"""

_COLUMNS = """
select attname as name from pg_attribute
where attrelid = to_regclass($1) and attnum > 0 and not attisdropped order by attnum
"""
_KEY = """
select a.attname as name from pg_index i
join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
where i.indrelid = to_regclass($1) and i.indisprimary order by array_position(i.indkey, a.attnum)
"""


class PostgresTables:
    """On a connection of the caller's."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self._connection.transaction():
            self._connection.execute(_UNHURRIED)
            yield

    def columns(self, table: str) -> list[str]:
        return [row["name"] for row in self._connection.execute(_COLUMNS, [table])]

    def read(self, table: str, columns: Sequence[str]) -> Iterator[Rows]:
        """Through a cursor of the server's, so that no table has to fit into memory."""
        keys = [row["name"] for row in self._connection.execute(_KEY, [table])]
        order = f" order by {', '.join(keys)}" if keys else ""
        text = f"select {', '.join(columns)} from {table}{order}"  # noqa: S608
        with self._connection.cursor(row_factory=tuple_row) as cursor:
            cursor.execute(f"declare reading_{table} no scroll cursor for {text}")
            while rows := cursor.execute(f"fetch {_AT_ONCE} from reading_{table}").fetchall():
                yield rows
            cursor.execute(f"close reading_{table}")

    def write(self, table: str, columns: Sequence[str], rows: Rows) -> None:
        values = ", ".join(f"${number}" for number in range(1, len(columns) + 1))
        text = f"insert into {table} ({', '.join(columns)}) values ({values}) on conflict do nothing"  # noqa: S608
        with self._connection.cursor() as cursor:
            cursor.executemany(text, rows)

    def clear(self, table: str) -> None:
        self._connection.execute(f"delete from {table}")  # noqa: S608

    def remove_setting(self, name: str) -> None:
        self._connection.execute("delete from setting where name = $1", [name])

    def complete(self) -> None:
        self._connection.execute("delete from job_search")
        text = (
            "insert into job_search (job_id, words) values ($1, array_to_tsvector(string_to_array($2, ' ')))"
        )
        with self._connection.cursor() as cursor:
            for jobs in self.read("job", WORD_COLUMNS):
                rows = [(job[0], " ".join(tokens(words_of(*job)))) for job in jobs]  # type: ignore[arg-type]
                cursor.executemany(text, rows)
        self._connection.execute(_NEXT_ID)
