"""The database as a file of the host: who may read it, what is in it, its size, how long a lock costs."""

import os
import shutil
import sqlite3
import stat
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest

from relay.errors import StoreBusyError
from relay.retention import DAY_MS, Pruner
from relay.store.sqlite.store import SqliteStore
from tests.store.contract.jobs import PLENTY
from tests.store.contract.make import NOW, accept, accept_many, event, result
from tests.store.contract.refusals import refused
from tests.store.template import new_database

BUSY = 1.0


def open_store(folder: Path, busy_seconds: float = BUSY) -> SqliteStore:
    path = folder / "relay.db"
    new_database(path)
    store = SqliteStore(path, busy_seconds)
    store.migrate()
    return store


def modes(folder: Path) -> dict[str, int]:
    return {each.name: stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()}


# ---- who may read it


@pytest.mark.parametrize("mode", [None, 0o644, 0o664, 0o600])
def test_only_the_owner_may_read_the_database_and_the_files_beside_it(
    tmp_path: Path, mode: int | None
) -> None:
    """Also one that an earlier version or another program has made readable to all."""
    path = tmp_path / "relay.db"
    if mode is not None:
        new_database(path)
        with closing(SqliteStore(path)) as store:
            accept(store, result())
        path.chmod(mode)
    with closing(SqliteStore(path)) as store:
        store.migrate()
        accept(store, result("vgen_2"))
        assert modes(tmp_path) == dict.fromkeys(("relay.db", "relay.db-wal", "relay.db-shm"), 0o600)


def test_a_folder_that_the_relay_makes_is_its_own(tmp_path: Path) -> None:
    with closing(SqliteStore(tmp_path / "relay" / "data" / "relay.db")) as store:
        store.migrate()
    assert modes(tmp_path) == {"relay": 0o700}
    assert modes(tmp_path / "relay") == {"data": 0o700}


def test_a_backup_is_readable_to_its_owner_alone_and_leaves_nothing(tmp_path: Path) -> None:
    left, of_another = tmp_path / ".relay.db.backup-of-a-crash", tmp_path / ".relay.db.backup-of-another"
    for each in (left, of_another):
        each.write_bytes(b"half")
    os.utime(left, (1, 1))
    with closing(open_store(tmp_path)) as store:
        accept(store, result())
        with store.copy() as copy:
            assert stat.S_IMODE(Path(f"/dev/fd/{copy.fileno()}").stat().st_mode) == 0o600
            assert copy.read(15) == b"SQLite format 3"
    assert [each for each in modes(tmp_path) if "backup" in each] == [of_another.name]


# ---- what is in it


def test_after_a_checkpoint_the_file_alone_has_all_that_was_accepted(tmp_path: Path) -> None:
    with closing(open_store(tmp_path)) as store, closing(SqliteStore(tmp_path / "relay.db")) as reader:
        accept_many(store, 20)
        assert len(reader.events(limit=50)) == 20, "another process has it open"
        store.checkpoint()
        shutil.copy(tmp_path / "relay.db", tmp_path / "alone.db")
    with closing(sqlite3.connect(tmp_path / "alone.db")) as alone:
        assert alone.execute("select count(*) from event").fetchone() == (20,)


def test_a_reader_in_the_middle_of_a_transaction_hinders_no_checkpoint_for_long(tmp_path: Path) -> None:
    with closing(open_store(tmp_path)) as store, closing(sqlite3.connect(tmp_path / "relay.db")) as reader:
        reader.execute("begin")
        reader.execute("select count(*) from event").fetchone()
        accept_many(store, 3)
        began = time.perf_counter()
        store.checkpoint()
        assert time.perf_counter() - began < 2 * BUSY


# ---- its size


def test_the_file_shrinks_to_what_is_kept_in_short_steps(tmp_path: Path) -> None:
    with closing(open_store(tmp_path)) as store:
        for number in range(40):
            old = event(result(f"vgen_{number}"), at=NOW + number, body=b"x" * 200_000)
            store.accept(old, [])
        store.checkpoint()
        before = (tmp_path / "relay.db").stat().st_size
        pruner = Pruner(store, lambda: 1, clock=lambda: NOW + 2 * DAY_MS)
        steps = 1
        while pruner.prune():
            steps += 1
        store.checkpoint()
        after = (tmp_path / "relay.db").stat().st_size
        assert before > 8_000_000
        assert after < 3_000_000
        assert steps > 3
        assert len(store.events(limit=50)) == 40


def test_the_log_beside_it_does_not_stay_as_large_as_it_once_was(tmp_path: Path) -> None:
    with closing(open_store(tmp_path)) as store:
        with store._engine.write() as db:
            db.execute("create table big (a blob)")
            db.executemany("insert into big values (?)", [(b"x" * 1_000_000,)] * 40)
        log = tmp_path / "relay.db-wal"
        assert log.stat().st_size > 30_000_000
        store._engine._writing().execute("pragma wal_checkpoint(restart)").fetchall()
        accept(store, result())
        assert log.stat().st_size < 17_000_000


# ---- how long another program's lock costs

Act = Callable[[SqliteStore], object]
WRITES: dict[str, Act] = {
    "accept": lambda store: accept(store, result()),
    "put_setting": lambda store: store.put_setting("name", "value"),
    "migrate": lambda store: store.migrate(),
    "add_refused": lambda store: store.add_refused([refused()]),
    "prune_attempts": lambda store: store.prune_attempts(before=NOW, most=1),
}
READS: dict[str, Act] = {
    "deliveries": lambda store: store.deliveries(limit=10),
    "events": lambda store: store.events(limit=10),
    "token_by_digest": lambda store: store.token_by_digest("digest", now=NOW),
    "settings": lambda store: store.settings(),
    "refused_webhooks": lambda store: store.refused_webhooks(limit=10),
    "jobs": lambda store: store.jobs(limit=10),
}


def seconds_of(act: Act, store: SqliteStore) -> float:
    began = time.perf_counter()
    with suppress(StoreBusyError):
        act(store)
    return time.perf_counter() - began


def at_once(act: Act, store: SqliteStore, count: int = 10) -> list[float]:
    """How long each of so many threads took."""
    took: list[float] = []
    threads = [threading.Thread(target=lambda: took.append(seconds_of(act, store))) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(took) == count
    return took


@pytest.mark.parametrize("name", WRITES)
def test_ten_that_write_wait_once_and_together_while_another_program_holds_the_database(
    tmp_path: Path, name: str
) -> None:
    with closing(open_store(tmp_path)) as store, closing(hold(tmp_path)):
        assert max(at_once(WRITES[name], store)) < 1.8 * BUSY
        assert seconds_of(WRITES[name], store) < 0.8 * BUSY, "the next one knows"
    with closing(open_store(tmp_path)) as store:
        WRITES[name](store)


def test_after_a_lock_that_has_ended_writes_wait_as_long_as_before(tmp_path: Path) -> None:
    with closing(open_store(tmp_path)) as store:
        with closing(hold(tmp_path)):
            assert seconds_of(WRITES["put_setting"], store) > 0.8 * BUSY
        store.put_setting("name", "value")
        with closing(hold(tmp_path)):
            assert seconds_of(WRITES["put_setting"], store) > 0.8 * BUSY


def test_what_need_not_be_written_does_not_wait_and_shortens_nothing(tmp_path: Path) -> None:
    with closing(open_store(tmp_path)) as store, closing(hold(tmp_path)):
        assert seconds_of(lambda store: store.take_request("account", PLENTY, now=NOW), store) < 0.7 * BUSY
        assert seconds_of(WRITES["put_setting"], store) > 0.8 * BUSY


@pytest.mark.parametrize("name", READS)
def test_ten_that_read_wait_for_nobody(tmp_path: Path, name: str) -> None:
    """A token whose use cannot be noted is a token all the same."""
    with closing(open_store(tmp_path, busy_seconds=30)) as store:
        store.add_token("n8n", "digest", now=NOW)
        with closing(hold(tmp_path)):
            assert max(at_once(READS[name], store)) < 5
            assert READS["token_by_digest"](store) is not None


def test_who_comes_while_a_write_of_this_process_takes_long_waits_no_longer_either(tmp_path: Path) -> None:
    with closing(open_store(tmp_path)) as store:
        writes, done = threading.Event(), threading.Event()

        def write_for_long() -> None:
            with store._engine.write():
                writes.set()
                done.wait(60)

        writer = threading.Thread(target=write_for_long)
        writer.start()
        assert writes.wait(10)
        assert max(at_once(WRITES["put_setting"], store, 3)) < 1.8 * BUSY
        done.set()
        writer.join(10)
        store.put_setting("name", "value")
        assert store.setting("name") == "value", "and afterwards it is as before"


def hold(folder: Path) -> sqlite3.Connection:
    other = sqlite3.connect(folder / "relay.db", isolation_level=None)
    other.execute("begin immediate")
    return other
