"""The server stops and comes back: who asks meanwhile is told at once, and nobody has to start again."""

import signal
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from relay.errors import StoreBusyError
from relay.store.postgres.store import PostgresStore
from tests import postgres
from tests.store.contract.make import SHEET, accept, claim, ended, result
from tests.wire import wait_until

pytestmark = pytest.mark.postgres

LONG = 20.0


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    """Of this module alone: it is stopped."""
    server = postgres.Server.make()
    server.start()
    with closing(PostgresStore(server.create("relay"))) as store:
        store.migrate()
    yield server
    server.remove()


@pytest.fixture
def store(server: postgres.Server) -> Iterator[PostgresStore]:
    if not server.pid:
        server.start()
    postgres.empty(server.url("relay"))
    with closing(PostgresStore(server.url("relay"))) as store:
        yield store


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
def test_while_the_server_is_away_it_is_told_at_once_and_afterwards_all_goes_on(
    server: postgres.Server, store: PostgresStore, how: signal.Signals
) -> None:
    accept(store, result("vgen_1"))
    (claimed,) = claim(store).deliveries
    server.stop(how)
    began = time.perf_counter()
    for attempt in (
        lambda: accept(store, result("vgen_2")),
        lambda: store.settle([ended(claimed)]),
        lambda: store.events(limit=1),
        store.connections_revision,
    ):
        with pytest.raises(StoreBusyError, match="does not answer"):
            attempt()
    store.notify()
    assert not store.health().writable
    assert time.perf_counter() - began < 2
    server.start()
    assert store.settle([ended(claimed)]) == []
    assert accept(store, result("vgen_2")).new
    assert {each.delivery_id for each in store.events(limit=10)} == {"vgen_1", "vgen_2"}
    assert [each.status for each in store.deliveries(limit=10, generation_id="vgen_1")] == ["delivered"]


def test_what_a_server_did_not_commit_is_not_there(server: postgres.Server, store: PostgresStore) -> None:
    def write_half() -> None:
        with store._database.write() as db:
            db.execute("put_setting", {"name": "half", "value": "x"})
            server.stop(signal.SIGQUIT)
            db.execute("put_setting", {"name": "other half", "value": "x"})

    with pytest.raises(StoreBusyError, match="Nothing was written"):
        write_half()
    server.start()
    assert store.settings() == {}


def test_when_it_goes_away_at_the_commit_that_is_said(server: postgres.Server, store: PostgresStore) -> None:
    def write() -> None:
        with store._database.write() as db:
            db.execute("put_setting", {"name": "a", "value": "x"})
            server.stop(signal.SIGQUIT)

    with pytest.raises(StoreBusyError, match="whether it was written is not known"):
        write()
    server.start()
    assert store.settings() == {}


def test_who_waits_is_woken_when_the_server_is_back_and_hears_what_comes_then(
    server: postgres.Server, store: PostgresStore
) -> None:
    waiter = store.listen("delivery")
    server.stop(signal.SIGQUIT)
    assert waiter.wait(0.05) is False
    server.start()
    assert waiter.wait(LONG) is True, "nobody knows what was missed"
    accept(store, result("vgen_1"), to=(SHEET,))
    assert waiter.wait(LONG) is True
    waiter.close()


def test_a_worker_may_begin_while_the_server_is_away(server: postgres.Server) -> None:
    server.stop()
    with closing(PostgresStore(server.url("relay"))) as store:
        began = time.perf_counter()
        waiter = store.listen("delivery")
        assert time.perf_counter() - began < 2
        server.start()
        assert waiter.wait(LONG) is True
        waiter.close()


def test_a_connection_that_the_server_ended_is_not_used_again(
    server: postgres.Server, store: PostgresStore
) -> None:
    store.put_setting("a", "x")
    with closing(PostgresStore(server.url("relay"))) as other, other._engine.read() as db:
        db.execute("select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()")
        wait_until(lambda: _others(db) == 0)
    assert store.settings() == {"a": "x"}
    store.put_setting("a", "y")


def _others(db: object) -> int:
    query = """
        select count(*) as number from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()
    """
    return int(db.execute(query).fetchone()["number"])  # type: ignore[attr-defined]
