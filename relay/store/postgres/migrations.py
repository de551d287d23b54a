"""Brings the schema up to date in one transaction under a lock, so that processes booting together agree."""

from pathlib import Path

from relay.errors import NewerSchemaError
from relay.store.postgres.connections import Connection

_STEPS = sorted(Path(__file__).with_name("schema").glob("postgres_*.sql"))
_LOCK = 7_252_002

_TABLE = """
create table if not exists schema_migration (
    name text collate "C" primary key,
    applied_at timestamptz not null default now()
)
"""


def pending(connection: Connection) -> list[str]:
    done = applied(connection)
    return [step.stem for step in _STEPS if step.stem not in done]


def applied(connection: Connection) -> set[str]:
    """The steps that this database has taken, also those of a newer version."""
    known = connection.execute("select to_regclass('schema_migration') as found").fetchone()
    if known is None or known["found"] is None:
        return set()
    return {row["name"] for row in connection.execute("select name from schema_migration")}


def migrate(connection: Connection) -> list[str]:
    """The names of the steps taken. Waits while another process migrates. Raises NewerSchemaError."""
    with connection.transaction():
        connection.execute(
            "set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0"
        )
        connection.execute("select pg_advisory_xact_lock($1)", [_LOCK])
        connection.execute(_TABLE)
        if newer := applied(connection) - {step.stem for step in _STEPS}:
            raise NewerSchemaError(newer)
        missing = pending(connection)
        for step in _STEPS:
            if step.stem in missing:
                connection.execute(step.read_bytes())  # without parameters it may be many statements
                connection.execute("insert into schema_migration (name) values ($1)", [step.stem])
        return missing
