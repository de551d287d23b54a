"""A Postgres database that no relay uses meanwhile, as a whole."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

from relay.errors import StoreBusyError
from relay.store.postgres.connections import Connection, connect
from relay.store.postgres.errors import translate_postgres_errors
from relay.store.postgres.migrations import migrate
from relay.store.postgres.tables import PostgresTables

_PATIENCE_SECONDS = 2.0  # for connections that were closed a moment ago

_OTHERS = """
select count(*) as number from pg_stat_activity
where datname = current_database() and application_name = current_setting('application_name')
    and pid <> pg_backend_pid()
"""


@contextmanager
def alone(url: str) -> Iterator[PostgresTables]:
    """With the schema of today. Raises StoreBusyError, also where a relay is connected."""
    with translate_postgres_errors(), closing(connect(url)) as connection:
        if not _becomes_alone(connection):
            raise StoreBusyError("The database is in use by a relay. Stop it everywhere, then try again.")
        migrate(connection)
        yield PostgresTables(connection)


def _becomes_alone(connection: Connection) -> bool:
    until = time.perf_counter() + _PATIENCE_SECONDS
    while True:
        (row,) = connection.execute(_OTHERS)
        if not row["number"]:
            return True
        if time.perf_counter() > until:
            return False
        time.sleep(0.1)
