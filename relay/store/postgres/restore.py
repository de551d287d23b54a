"""Puts a backup in the place of what the database has, in one transaction: a kill leaves the old or the new.

What it had is kept in a file, as the wrong backup is easily chosen.
"""

import shutil
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from relay.errors import RestoreError, StoreBusyError
from relay.private_folder import make_private_folder
from relay.store.postgres.alone import alone
from relay.store.postgres.store import PostgresStore
from relay.store.sql.tables import TABLES, Tables, copy_tables
from relay.store.sqlite import draft
from relay.store.sqlite.restore import copy_checked

_KEY = "secret_key"  # a setting: the generated one, which backups made elsewhere have not


def restore(backup: Path, url: str, kept: Path) -> Path | None:
    """`kept`, with what was there before; None: nothing was.

    Raises RestoreError, and then nothing has changed: when the database is in use or does not answer, or the
    backup is none, is damaged or is of a newer version.
    """
    try:
        with TemporaryDirectory(prefix="relay-restore-") as folder:
            copy = Path(folder) / "relay.db"
            copy_checked(backup, copy)
            with alone(url) as target:
                before = _keep(url, kept) if _has_rows(target) else None
                with target.transaction(), draft.opened(copy) as source:
                    generated = [row for row in _settings(target) if row[0] == _KEY]
                    copy_tables(source, target)
                    target.write("setting", ("name", "value"), generated)
                return before
    except StoreBusyError as error:
        raise RestoreError(f"Nothing was changed. {error}") from error


def _settings(target: Tables) -> list[tuple[object, ...]]:
    return [row for rows in target.read("setting", ("name", "value")) for row in rows]


def _has_rows(target: Tables) -> bool:
    with target.transaction():
        kept = (table for table in TABLES if table not in ("connection_revision", "setting"))
        return any(True for table in kept for _ in target.read(table, target.columns(table)[:1]))


def _keep(url: str, path: Path) -> Path:
    make_private_folder(path.parent)
    with closing(PostgresStore(url)) as store, store.copy() as copy, path.open("wb") as file:
        path.chmod(0o600)
        shutil.copyfileobj(copy, file)
    return path
