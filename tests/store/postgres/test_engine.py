"""Transactions on Postgres: one writer at a time, how long others wait, few connections."""

import contextlib
import re
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from relay.errors import StoreBusyError
from relay.store.postgres.connections import MOST, connect
from relay.store.postgres.engine import PostgresEngine
from relay.store.postgres.store import PostgresStore
from tests.store.contract import OpenStore
from tests.store.contract.make import accept, event, result
from tests.wire import wait_until


@pytest.fixture
def engine(url: str) -> Iterator[PostgresEngine]:
    with closing(PostgresEngine(url, busy_seconds=5.0)) as engine:
        yield engine


@pytest.fixture
def impatient(url: str) -> Iterator[PostgresEngine]:
    with closing(PostgresEngine(url, busy_seconds=0.1)) as engine:
        yield engine


def number(url: str, query: str) -> int:
    with closing(connect(url)) as connection:
        (row,) = connection.execute(query)
        return int(next(iter(row.values())))


def connections_to(url: str) -> int:
    query = (
        "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    )
    return number(url, query)


def test_a_write_waits_for_another_and_then_sees_what_it_wrote(url: str, engine: PostgresEngine) -> None:
    written, begun = [], threading.Event()

    def write_too() -> None:
        with closing(PostgresEngine(url)) as other:
            begun.set()
            with other.write() as db:
                written.extend(row["value"] for row in db.execute("select value from setting"))

    with engine.write() as db:
        db.execute("insert into setting values ('a', 'first')")
        thread = threading.Thread(target=write_too)
        thread.start()
        begun.wait(30)
        wait_until(lambda: number(url, "select count(*) from pg_locks where not granted") == 1)
    thread.join(30)
    assert written == ["first"]


@pytest.mark.parametrize("patience", [None, 0.05])
def test_a_write_that_waits_in_vain_is_busy_and_nothing_is_written(
    engine: PostgresEngine, impatient: PostgresEngine, patience: float | None
) -> None:
    with engine.write():
        began = time.perf_counter()
        with (
            pytest.raises(StoreBusyError, match="Nothing was written: the database is busy"),
            impatient.write(patience=patience) as db,
        ):
            db.execute("insert into setting values ('a', 'never')")
        assert time.perf_counter() - began < 2
    with impatient.write() as db:
        assert db.execute("select * from setting").fetchall() == []


def test_threads_that_wait_to_write_leave_a_connection_to_read_with(url: str, engine: PostgresEngine) -> None:
    threads = [threading.Thread(target=lambda: _write_nothing(engine)) for _ in range(MOST + 2)]
    with engine.write():
        for thread in threads:
            thread.start()
        with engine.read() as db:
            assert db.execute("select 1 as one").fetchone() == {"one": 1}
    for thread in threads:
        thread.join(30)
    assert connections_to(url) <= MOST


def _write_nothing(engine: PostgresEngine) -> None:
    with engine.write():
        pass


def test_a_process_never_has_more_connections_than_its_few(url: str, engine: PostgresEngine) -> None:
    most, lock, reading = [0], threading.Barrier(MOST), threading.Event()

    def read() -> None:
        with engine.read() as db:
            db.execute("select 1")
            with contextlib.suppress(threading.BrokenBarrierError):
                lock.wait(0.2)
            most[0] = max(most[0], connections_to(url))

    threads = [threading.Thread(target=read) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    reading.set()
    assert MOST <= most[0] <= 2 * MOST  # beside those that count


def test_reading_never_waits_for_a_writer(url: str, engine: PostgresEngine, open_store: OpenStore) -> None:
    accept(open_store(), result())
    with engine.write() as db:
        db.execute("delete from delivery")
        assert len(open_store().deliveries(limit=10)) == 1


def test_a_transaction_within_a_transaction_is_a_part_of_it(engine: PostgresEngine) -> None:
    def fail() -> None:
        with engine.write():
            with engine.write() as inner:
                inner.execute("insert into setting values ('a', 'b')")
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    with engine.read() as db:
        assert db.execute("select * from setting").fetchall() == []


@pytest.mark.parametrize("durable", [True, False])
def test_every_commit_waits_for_the_disk(url: str, durable: bool) -> None:
    """A worker outlives a crash of the server: the leases that it has must be there afterwards."""
    with closing(PostgresStore(url)) as store, store._database.write(durable=durable) as db:
        said = db._connection.execute("show synchronous_commit").fetchone()
    assert said == {"synchronous_commit": "on"}


def test_a_failed_statement_whose_error_is_swallowed_is_no_commit(engine: PostgresEngine) -> None:
    def write() -> None:
        with engine.write() as db:
            db.execute("insert into setting values ('a', 'b')")
            with contextlib.suppress(psycopg.Error):
                db.execute("select 1 / 0")

    with pytest.raises(RuntimeError, match="not rolled back"):
        write()
    with engine.read() as db:
        assert db.execute("select * from setting").fetchall() == []


def test_a_text_may_have_every_character_but_one_with_nul_says_so(open_store: OpenStore) -> None:
    store = open_store()
    store.put_setting("odd", "a\0b \N{SNOWMAN} 🎥")
    assert store.setting("odd") == "a\ufffdb \N{SNOWMAN} 🎥"
    store.accept(event(result("vgen_\0")), [])
    assert [each.delivery_id for each in store.events(limit=10)] == ["vgen_\ufffd"]


def test_ids_sort_byte_by_byte_whatever_the_servers_language(open_store: OpenStore) -> None:
    store = open_store()
    for name in ("a", "B", "_", "é", "Z"):
        store.put_setting(name, "x")
    with store._database._engine.read() as db:  # type: ignore[attr-defined]
        names = [row["name"] for row in db.execute("select name from setting order by name")]
    assert names == sorted(names) == ["B", "Z", "_", "a", "é"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"port": 1}, r"does not answer \(Connection refused"),
        ({"dbname": "nowhere"}, r'does not answer \(FATAL: database "nowhere" does not exist\)'),
    ],
)
def test_a_server_that_cannot_be_used_is_told_at_once_and_by_name(
    url: str, change: dict[str, object], words: str
) -> None:
    wrong = psycopg.conninfo.make_conninfo(url, **change)  # type: ignore[arg-type]
    with closing(PostgresStore(wrong)) as store:
        began = time.perf_counter()
        with pytest.raises(StoreBusyError, match=words):
            store.events(limit=1)
        assert time.perf_counter() - began < 2
        health = store.health()
        assert (health.migrated, health.writable) == (False, False)
        assert re.search(words, health.fault)
