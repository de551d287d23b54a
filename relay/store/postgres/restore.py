"""Puts a backup in the place of what the database has, in one transaction: a kill leaves the old or the new.

What it had is kept in a file, as the wrong backup is easily chosen.
"""

import shutil
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from relay.errors import RestoreError, StoreBusyError
from relay.private_folder import make_private_folder
from relay.store.postgres.connections import Connection
from relay.store.postgres.errors import translate_postgres_errors
from relay.store.postgres.store import PostgresStore
from relay.store.postgres.tables import PostgresTables
from relay.store.sql.tables import TABLES, Tables, copy_tables
from relay.store.sqlite import draft
from relay.store.sqlite.restore import copy_checked

_OTHERS = """
select count(*) as number from pg_stat_activity
where datname = current_database() and application_name = current_setting('application_name')
    and pid <> pg_backend_pid()
"""
_KEY = "secret_key"  # a setting: the generated one, which backups made elsewhere have not


def restore(backup: Path, url: str, kept: Path) -> Path | None:
    """`kept`, with what was there before; None: nothing was.

    Raises RestoreError, and then nothing has changed: when the database is in use or does not answer, or the
    backup is none, is damaged or is of a newer version.
    """
    try:
        with TemporaryDirectory(prefix="relay-restore-") as folder, closing(PostgresStore(url)) as store:
            copy = Path(folder) / "relay.db"
            copy_checked(backup, copy)
            store.migrate()
            with translate_postgres_errors(), closing(store.connect()) as connection:
                _refuse_in_use(connection)
                target = PostgresTables(connection)
                before = _keep(store, kept) if _has_rows(target) else None
                with target.transaction(), draft.opened(copy) as source:
                    key = connection.execute("select value from setting where name = $1", [_KEY]).fetchone()
                    copy_tables(source, target)
                    if key:
                        target.write("setting", ("name", "value"), [(_KEY, key["value"])])
                return before
    except StoreBusyError as error:
        raise RestoreError(f"Nothing was changed. {error}") from error


def _refuse_in_use(connection: Connection) -> None:
    (row,) = connection.execute(_OTHERS)
    if row["number"]:
        raise RestoreError(
            "Nothing was changed: the database is in use by a relay. Stop it everywhere, then try again."
        )


def _has_rows(target: Tables) -> bool:
    with target.transaction():
        kept = (table for table in TABLES if table not in ("connection_revision", "setting"))
        return any(True for table in kept for _ in target.read(table, target.columns(table)[:1]))


def _keep(store: PostgresStore, path: Path) -> Path:
    make_private_folder(path.parent)
    with store.copy() as copy, path.open("wb") as file:
        path.chmod(0o600)
        shutil.copyfileobj(copy, file)
    return path
