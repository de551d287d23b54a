"""A restore is whole or has not happened, and replaces nothing that is in use, newer or no backup."""

import multiprocessing
import os
import shutil
import signal
import sqlite3
import stat
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from relay.errors import RestoreError
from relay.store.sqlite.restore import restore
from relay.store.sqlite.store import SqliteStore
from tests.store.contract.make import accept, result
from tests.store.template import new_database

MOMENTS = ("open", "os.", "sqlite3.", "shutil.", "tempfile.")  # of an audit: what touches the disk


def filled(path: Path, name: str) -> Path:
    """A database that knows one webhook of this name."""
    new_database(path)
    with closing(SqliteStore(path)) as store:
        store.migrate()
        accept(store, result(name))
    return path


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return filled(tmp_path / "data" / "relay.db", "old")


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    made = tmp_path / "backup.db"
    with closing(SqliteStore(filled(tmp_path / "then" / "relay.db", "new"))) as store, store.copy() as copy:
        made.write_bytes(copy.read())
    return made


def names(path: Path) -> list[str]:
    with closing(SqliteStore(path)) as store:
        store.migrate()
        return [each.delivery_id for each in store.events(limit=9)]


def beside(database: Path) -> set[str]:
    return {each.name for each in database.parent.iterdir()} - {database.name}


def test_the_backup_is_the_database_and_the_one_of_before_is_kept(database: Path, backup: Path) -> None:
    before = restore(backup, database)
    assert before is not None
    assert beside(database) == {before.name}
    assert names(database) == ["new"]
    assert names(before) == ["old"]
    assert stat.S_IMODE(database.stat().st_mode) == 0o600
    assert names(backup) == ["new"], "and the backup is still one"


def test_what_was_only_in_the_log_of_the_old_one_is_kept_and_spoils_nothing(
    database: Path, backup: Path
) -> None:
    """As after a kill: the log beside it is full, and would be taken for the new one's."""
    with closing(SqliteStore(database)) as store:
        accept(store, result("in the log"))
        for end in ("", "-wal"):
            shutil.copy(f"{database}{end}", f"{database}{end}.killed")
    for end in ("", "-wal"):
        Path(f"{database}{end}.killed").replace(f"{database}{end}")
    before = restore(backup, database)
    assert names(database) == ["new"]
    assert before is not None
    assert sorted(names(before)) == ["in the log", "old"]


@pytest.mark.parametrize("left", ["", "-wal"])
def test_where_there_is_no_database_it_becomes_one(tmp_path: Path, backup: Path, left: str) -> None:
    database = tmp_path / "empty" / "relay.db"
    if left:
        database.parent.mkdir()
        database.with_name(database.name + left).write_bytes(b"of a database that is gone")
    assert restore(backup, database) is None
    assert names(database) == ["new"]


def test_a_damaged_database_is_replaced(database: Path, backup: Path) -> None:
    database.write_bytes(b"not a database" * 1000)
    before = restore(backup, database)
    assert names(database) == ["new"]
    assert before is not None
    assert before.read_bytes().startswith(b"not a database")


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute(
            "insert into _sqlite_migrations (migration_set, name, applied_at) values ('relay', ?, '')",
            ("sqlite_9999",),
        )
        database.commit()


def of_another_program(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as database:
        database.execute("create table notes (text)")


def torn(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


SPOILT: dict[str, tuple[Callable[[Path], object], str]] = {
    "newer": (newer, "is of a newer version of the relay .sqlite_9999.. Update the relay"),
    "another program's": (of_another_program, "is no backup of a relay"),
    "torn": (torn, "cannot be read as a backup|is damaged"),
    "no database": (lambda path: path.write_bytes(b"hello " * 1000), "cannot be read as a backup"),
    "empty": (lambda path: path.write_bytes(b""), "is no backup of a relay"),
    "gone": (lambda path: path.unlink(), "cannot be read as a backup"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_what_is_no_backup_for_this_relay_changes_nothing(database: Path, backup: Path, name: str) -> None:
    spoil, words = SPOILT[name]
    spoil(backup)
    with pytest.raises(RestoreError, match=words):
        restore(backup, database)
    assert beside(database) == set()
    assert names(database) == ["old"]


@pytest.mark.parametrize("use", ["idle", "reads", "writes"])
def test_a_database_in_use_is_not_replaced(database: Path, backup: Path, use: str) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("select count(*) from event").fetchone()
        if use != "idle":
            other.execute("begin immediate" if use == "writes" else "begin")
            other.execute("select count(*) from event").fetchone()
        with pytest.raises(RestoreError, match=r"in use .* Stop the relay"):
            restore(backup, database)
    assert names(database) == ["old"]


def test_the_database_is_no_backup_of_itself(database: Path) -> None:
    with pytest.raises(RestoreError, match="the database itself"):
        restore(database, database)


def _restore_and_die(backup: Path, database: Path, moment: int) -> None:
    left = moment

    def die(event: str, _: object) -> None:
        nonlocal left
        left -= event.startswith(MOMENTS)
        if left == -1 and event.startswith(MOMENTS):
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(die)
    restore(backup, database)
    os._exit(0)


@pytest.mark.slow
def test_a_kill_at_any_moment_leaves_the_old_one_or_the_new_one_and_it_can_be_done_again(
    tmp_path: Path, database: Path, backup: Path
) -> None:
    fork, found, moment, code = multiprocessing.get_context("fork"), [], 0, None
    while code != 0:
        folder = tmp_path / str(moment)
        shutil.copytree(database.parent, folder)
        process = fork.Process(target=_restore_and_die, args=(backup, folder / "relay.db", moment))
        process.start()
        process.join(60)
        code = process.exitcode
        assert code in (0, -signal.SIGKILL)
        found += names(folder / "relay.db")
        restore(backup, folder / "relay.db")
        assert names(folder / "relay.db") == ["new"]
        assert not [each for each in beside(folder / "relay.db") if "restore-" in each]
        shutil.rmtree(folder)
        moment += 1
    assert moment > 8
    assert found == sorted(found, reverse=True), "once it is the new one, it stays so"
    assert set(found) == {"old", "new"}
