"""Postgres as the repositories see it: statements by name on the engine's connections, and wake-ups."""

import contextlib
from collections.abc import Iterable, Iterator
from zlib import crc32

from relay.errors import StoreBusyError
from relay.store.postgres import migrations
from relay.store.postgres.connections import Connection
from relay.store.postgres.engine import PostgresEngine
from relay.store.postgres.statements import ALL_STATEMENTS
from relay.store.postgres.wake import CHANNEL, Waiter, Wake
from relay.store.sql.database import Params, Row

_LOCKS_OF_A_KIND = 128
_NONE: Params = {}


class PostgresSession:
    """The statements of one `with`, on one connection."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def fetch_one(self, name: str, params: Params = _NONE, /) -> Row | None:
        statement = ALL_STATEMENTS[name]
        return self._connection.execute(statement.text, statement.values(params)).fetchone()

    def fetch_all(self, name: str, params: Params = _NONE, /) -> list[Row]:
        statement = ALL_STATEMENTS[name]
        return [*self._connection.execute(statement.text, statement.values(params))]

    def fetch_row(self, name: str, params: Params = _NONE, /) -> Row:
        row = self.fetch_one(name, params)
        if row is None:
            raise LookupError(f"The statement {name} gave no row.")
        return row

    def execute(self, name: str, params: Params = _NONE, /) -> int:
        statement = ALL_STATEMENTS[name]
        return self._connection.execute(statement.text, statement.values(params)).rowcount

    def execute_many(self, name: str, rows: Iterable[Params], /) -> int:
        statement = ALL_STATEMENTS[name]
        values = [statement.values(row) for row in rows]
        if not values:
            return 0
        cursor = self._connection.cursor()
        cursor.executemany(statement.text, values)
        return cursor.rowcount

    def lock(self, *names: str) -> None:
        """In one order for everybody, and in one message."""
        keys = sorted({_key(name) for name in names})
        if keys:
            calls = ", ".join(f"pg_advisory_xact_lock({kind}, {number})" for kind, number in keys)
            self._connection.execute(f"select {calls}", prepare=False)


def _key(name: str) -> tuple[int, int]:
    """By the first word of the name, and one of a few for the rest: the server has room for some thousands in
    all, and one transaction may accept as many generations. Two names that share one wait without need."""
    kind, _, rest = name.encode("utf-8", "replace").partition(b" ")
    return crc32(kind) % 2**31, crc32(rest) % _LOCKS_OF_A_KIND


class PostgresDatabase:
    def __init__(self, engine: PostgresEngine) -> None:
        self._engine = engine
        self._wake = Wake(engine.connect)

    @contextlib.contextmanager
    def read(self) -> Iterator[PostgresSession]:
        with self._engine.read() as connection:
            yield PostgresSession(connection)

    @contextlib.contextmanager
    def write(
        self,
        *,
        patience: float | None = None,
        durable: bool = True,  # noqa: ARG002
        alongside: bool = False,
    ) -> Iterator[PostgresSession]:
        """Always durable: a worker outlives a crash of the server. A lease that was lost in it would be given
        to another one under the same token, and the delivery made twice."""
        with self._engine.write(patience=patience, alongside=alongside) as connection:
            yield PostgresSession(connection)

    def pending_migrations(self) -> list[str]:
        with self._engine.read() as connection:
            return migrations.pending(connection)

    def free_bytes(self) -> None:
        """A server does not say how much its disk has."""

    def notify(self, *topics: str) -> None:
        with contextlib.suppress(StoreBusyError), self._engine.read() as connection:
            connection.execute("select pg_notify($1, $2)", [CHANNEL, ",".join(topics)])

    def listen(self, topic: str = "") -> Waiter:
        return self._wake.listen(topic)

    def close(self) -> None:
        self._wake.close()
        self._engine.close()
