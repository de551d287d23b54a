"""Puts a backup in the place of the database, in one step: a kill leaves the old one or the new.

The old one is kept beside it, as the wrong backup is easily chosen.
"""

import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from relay.errors import RestoreError
from relay.private_folder import make_private_folder
from relay.store.sqlite import migrations

_DAMAGED = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)


def restore(backup: Path, database: Path) -> Path | None:
    """Where the database of before is now; None: there was none. Raises RestoreError, and then nothing has
    changed: when the database is in use, or the backup is none, is damaged or is of a newer version."""
    make_private_folder(database.parent)
    if backup.exists() and database.exists() and backup.samefile(database):
        raise RestoreError(f"{backup} is the database itself. Nothing was changed.")
    try:
        with _nobody_else_uses(database), _draft_of(backup, database) as draft:
            before = _keep(database)
            draft.replace(database)
            _sync(database.parent)
            return before
    except OSError as error:
        raise RestoreError(f"Nothing was changed: {error.strerror}: {error.filename}.") from error


@contextlib.contextmanager
def _nobody_else_uses(database: Path) -> Iterator[None]:
    """Holds it alone, and with all of it in its own file: a log of the old one would spoil the new one."""
    if not database.exists():
        _set_aside_logs(database)
        yield
        return
    with closing(sqlite3.connect(database, timeout=1, isolation_level=None)) as alone:
        try:
            alone.execute("pragma locking_mode = exclusive")
            alone.execute("begin exclusive")
            alone.execute("commit")
            alone.execute("pragma wal_checkpoint(truncate)").fetchall()
            alone.execute("pragma journal_mode = delete").fetchall()
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _DAMAGED:
                raise RestoreError(
                    f"Nothing was changed: {database} is in use ({error}). Stop the relay, then try again."
                ) from error
            _set_aside_logs(database)
        yield


@contextlib.contextmanager
def _draft_of(backup: Path, database: Path) -> Iterator[Path]:
    """The backup, copied beside the database and checked there: what was checked is what is used."""
    stem = f".{database.name}.restore-"
    for left in database.parent.glob(f"{stem}*"):
        left.unlink()  # of a restore that a kill cut short
    with contextlib.ExitStack() as cleaning:
        number, name = tempfile.mkstemp(dir=database.parent, prefix=stem)
        os.close(number)
        draft = Path(name)
        cleaning.callback(draft.unlink, missing_ok=True)
        copy_checked(backup, draft)
        _sync(draft)
        yield draft


def copy_checked(backup: Path, draft: Path) -> None:
    """Raises RestoreError when it is none, is damaged or is of a newer version."""
    try:
        _copy(backup, draft)
    except sqlite3.Error as error:
        raise RestoreError(f"Nothing was changed: {backup} cannot be read as a backup ({error}).") from error


def _copy(backup: Path, draft: Path) -> None:
    source_uri = f"file:{quote(str(backup.absolute()))}?mode=ro"
    with (
        closing(sqlite3.connect(source_uri, uri=True, timeout=1)) as source,
        closing(sqlite3.connect(draft, isolation_level=None)) as copy,
    ):
        source.backup(copy)
        copy.execute("pragma journal_mode = delete").fetchall()
        (state,) = copy.execute("pragma quick_check(1)").fetchone()
        if state != "ok":
            raise RestoreError(f"Nothing was changed: {backup} is damaged ({state}).")
        steps = migrations.applied(copy)
        if not steps:
            raise RestoreError(f"Nothing was changed: {backup} is no backup of a relay.")
        if newer := steps - migrations.known():
            raise RestoreError(
                f"Nothing was changed: {backup} is of a newer version of the relay ({min(newer)}). Update "
                "the relay, then restore again."
            )


def _keep(database: Path) -> Path | None:
    if not database.exists():
        return None
    before = _before(database)
    before.unlink(missing_ok=True)
    try:
        before.hardlink_to(database)
    except OSError:  # a file system without links
        shutil.copy2(database, before)
    return before


def _before(path: Path) -> Path:
    return path.with_name(f"{path.name}.before-restore")


def _set_aside_logs(database: Path) -> None:
    """Of a database that is gone or damaged, where SQLite cannot merge them."""
    for end in ("-wal", "-journal"):
        log = database.with_name(database.name + end)
        if log.exists():
            log.replace(_before(log))
    database.with_name(f"{database.name}-shm").unlink(missing_ok=True)


def _sync(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
