"""Everything goes from one engine to the other and back, also cut short; never into other data."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from relay.errors import MoveError, StoreBusyError
from relay.store.postgres.alone import alone as postgres_alone
from relay.store.postgres.store import PostgresStore
from relay.store.sql.move import MARK, move
from relay.store.sql.tables import TABLES, Content, Rows, Tables
from relay.store.sqlite.draft import alone as sqlite_alone
from relay.store.sqlite.store import SqliteStore
from tests import postgres
from tests.store.contract import OpenStore
from tests.store.contract.make import NOW, accept, result
from tests.store.postgres.test_backup import contents_of, contents_of_file


def moved(
    source: Tables, target: Tables, origin: str = "here", **more: str
) -> tuple[dict[str, Content], list[str]]:
    """What was moved, and which tables had to be copied for it."""
    told: list[str] = []
    found = move(source, target, origin=origin, more_settings=more, say=lambda table, _: told.append(table))
    return found, told


class CutError(Exception):
    pass


class CutShort:
    """A target that is killed at the beginning of this table."""

    def __init__(self, tables: Tables, at: str) -> None:
        self._tables, self._at = tables, at

    def __getattr__(self, name: str) -> object:
        return getattr(self._tables, name)

    def write(self, table: str, columns: Sequence[str], rows: Rows) -> None:
        if table == self._at:
            raise CutError
        self._tables.write(table, columns, rows)


def test_every_row_goes_there_and_back(url: str, full: Path, tmp_path: Path) -> None:
    expected = contents_of_file(full)
    with sqlite_alone(full) as source, postgres_alone(url) as target:
        found, told = moved(source, target)
    assert (found, told) == (expected, [*TABLES])
    assert contents_of(url) == expected
    with postgres_alone(url) as source, sqlite_alone(tmp_path / "back.db") as target:
        moved(source, target)
    assert contents_of_file(tmp_path / "back.db") == expected


def test_what_was_cut_short_goes_on_with_the_table_that_is_not_whole(
    url: str, full: Path, tmp_path: Path
) -> None:
    with sqlite_alone(full) as source, postgres_alone(url) as target:
        with pytest.raises(CutError):
            moved(source, CutShort(target, "delivery"))  # type: ignore[arg-type]
        with pytest.raises(MoveError, match="is being moved from here"):
            moved(source, target, origin="elsewhere")
        found, told = moved(source, target)
        assert told == [*TABLES[TABLES.index("delivery") :]]
    assert contents_of(url) == found == contents_of_file(full)


def test_no_relay_works_on_half_of_it(url: str, full: Path) -> None:
    from relay.bootstrap.app import prepare
    from relay.bootstrap.configuration import configure

    with sqlite_alone(full) as source, postgres_alone(url) as target, pytest.raises(CutError):
        moved(source, CutShort(target, "job"), origin="/data/relay.db")  # type: ignore[arg-type]
    configuration = configure({"DATABASE_URL": url, "SECRET_KEY": "a key of the test, long enough"})
    with pytest.raises(StoreBusyError, match=r"The move from /data/relay.db into this .* has not"):
        prepare(configuration, now=NOW)


def test_what_changed_in_between_is_moved_as_it_is_now(url: str, full: Path) -> None:
    with sqlite_alone(full) as source, postgres_alone(url) as target, pytest.raises(CutError):
        moved(source, CutShort(target, "job"))  # type: ignore[arg-type]
    with sqlite_alone(full) as source:
        source._connection.execute("update event set name = 'changed' where id = '1'")
    with sqlite_alone(full) as source, postgres_alone(url) as target:
        moved(source, target)
    assert contents_of(url) == contents_of_file(full)


def test_a_target_with_data_is_refused_and_left_as_it_is(url: str, full: Path, open_store: OpenStore) -> None:
    store = open_store()
    accept(store, result("vgen_other"))
    store.close()
    before = contents_of(url)
    with (
        sqlite_alone(full) as source,
        postgres_alone(url) as target,
        pytest.raises(MoveError, match="has data already"),
    ):
        moved(source, target)
    assert contents_of(url) == before


def test_a_row_that_did_not_arrive_is_noticed(url: str, full: Path) -> None:
    class Loses(CutShort):
        def write(self, table: str, columns: Sequence[str], rows: Rows) -> None:
            self._tables.write(table, columns, rows[1:] if table == "attempt" else rows)

    with sqlite_alone(full) as source, postgres_alone(url) as target:
        with pytest.raises(MoveError, match="table attempt differs"):
            moved(source, Loses(target, ""))  # type: ignore[arg-type]
        with target.transaction():
            names = {row[0] for rows in target.read("setting", ("name",)) for row in rows}
        assert MARK in names, "no relay works on it"


def test_a_setting_of_the_new_place_is_added_unless_there_is_one(
    url: str, full: Path, postgres_server: postgres.Server
) -> None:
    with sqlite_alone(full) as source, postgres_alone(url) as target:
        moved(source, target, secret_key="one")
    elsewhere = postgres.new_database(postgres_server)
    with postgres_alone(url) as source, postgres_alone(elsewhere) as target:
        moved(source, target, secret_key="another")
    with postgres_alone(elsewhere) as target, target.transaction():
        settings = dict(row for rows in target.read("setting", ("name", "value")) for row in rows)  # type: ignore[misc]
    assert settings["secret_key"] == "one"


def test_a_database_that_a_relay_uses_is_not_moved(url: str, tmp_path: Path, open_store: OpenStore) -> None:
    accept(open_store(), result())
    with pytest.raises(StoreBusyError, match="in use by a relay"), postgres_alone(url):
        pass
    store = SqliteStore(tmp_path / "relay.db")
    store.migrate()
    with pytest.raises(StoreBusyError, match="is in use"), sqlite_alone(tmp_path / "relay.db"):
        pass
    store.close()
    assert isinstance(open_store(), PostgresStore)
