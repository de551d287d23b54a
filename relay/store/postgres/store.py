"""The store in a Postgres database."""

from contextlib import closing

from relay.store.postgres import migrations
from relay.store.postgres.backup import PostgresBackup
from relay.store.postgres.connections import Connection
from relay.store.postgres.database import PostgresDatabase
from relay.store.postgres.engine import BUSY_SECONDS, PostgresEngine
from relay.store.postgres.errors import translate_postgres_errors
from relay.store.postgres.job_search import PostgresJobSearch
from relay.store.sql.store import SqlStore


class PostgresStore(SqlStore, PostgresJobSearch, PostgresBackup):
    """Open it after a fork, one per process; any thread may use it."""

    _database: PostgresDatabase

    def __init__(self, url: str, busy_seconds: float = BUSY_SECONDS) -> None:
        self._engine = PostgresEngine(url, busy_seconds)
        super().__init__(PostgresDatabase(self._engine))

    def migrate(self) -> list[str]:
        with translate_postgres_errors(), closing(self._engine.connect()) as connection:
            return migrations.migrate(connection)

    def connect(self) -> Connection:
        """A connection for the caller alone. Raises psycopg.Error."""
        return self._engine.connect()

    def release_space(self) -> bool:
        """The server does that itself."""
        return False

    def checkpoint(self) -> None:
        """What is committed is on the server."""

    def close(self) -> None:
        self._database.close()
