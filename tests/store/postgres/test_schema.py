"""The schema of Postgres and its statements: the same tables as SQLite's, migrated once."""

import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from relay.errors import NewerSchemaError
from relay.store.postgres import migrations
from relay.store.postgres.connections import Connection, connect
from relay.store.postgres.statements import ALL_STATEMENTS, numbered
from relay.store.postgres.store import PostgresStore
from relay.store.postgres.tables import PostgresTables
from relay.store.sql.tables import TABLES
from relay.store.sqlite import database as sqlite
from tests import postgres
from tests.store.template import new_database

ROOT = Path(__file__).resolve().parents[3]
SAME = {"integer": "bigint", "text": "text", "real": "double precision", "blob": "bytea"}

_COLUMNS = """
select table_name, column_name, data_type, is_nullable, column_default from information_schema.columns
where table_schema = 'public' and table_name <> 'schema_migration'
"""
_UNIQUE = """
select c.relname as of, array(
    select a.attname from pg_attribute a where a.attrelid = i.indrelid and a.attnum = any (i.indkey)
    order by array_position(i.indkey, a.attnum)
) as columns
from pg_index i join pg_class c on c.oid = i.indrelid
join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'public' and i.indisunique and c.relname not in ('schema_migration', 'job_search')
"""


@pytest.fixture
def connection(url: str) -> Iterator[Connection]:
    with closing(connect(url)) as connection:
        yield connection


@pytest.fixture
def file(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    new_database(tmp_path / "relay.db")
    with closing(sqlite3.connect(tmp_path / "relay.db")) as connection:
        connection.row_factory = sqlite3.Row
        yield connection


def tables_of(file: sqlite3.Connection) -> list[str]:
    query = "select name from sqlite_master where type in ('table', 'view')"
    ours = [row["name"] for row in file.execute(query)]
    return [name for name in ours if not name.startswith(("sqlite_", "_sqlite", "job_search"))]


def test_both_engines_have_the_same_tables_and_columns(
    connection: Connection, file: sqlite3.Connection
) -> None:
    names = tables_of(file)
    columns = {
        (name, row["name"]): (
            SAME.get(row["type"].lower(), row["type"].lower()),
            row["notnull"] or row["pk"] > 0,
        )
        for name in names
        for row in file.execute(f"pragma table_info({name})")
    }
    found = {
        (row["table_name"], row["column_name"]): (row["data_type"], row["is_nullable"] == "NO")
        for row in connection.execute(_COLUMNS)
        if row["table_name"] != "job_search"
    }
    views = [name for name in names if name in ("delivery_summary", "replayable_delivery")]
    assert len(views) == 2
    for key in [key for key in found if key[0] in views]:  # a view's columns have no "not null"
        found[key], columns[key] = ("", False), ("", False)
    assert found == {key: (type_, bool(needed)) for key, (type_, needed) in columns.items()}


def test_both_engines_refuse_the_same_duplicates(connection: Connection, file: sqlite3.Connection) -> None:
    of_file = set()
    for name in tables_of(file):
        keys = [row["name"] for row in file.execute(f"pragma table_info({name})") if row["pk"]]
        of_file |= {(name, tuple(keys))} if keys else set()
        for index in file.execute(f"pragma index_list({name})"):
            if index["unique"]:
                of_file.add(
                    (name, tuple(r["name"] for r in file.execute(f"pragma index_info({index['name']})")))
                )
    assert {(row["of"], tuple(row["columns"])) for row in connection.execute(_UNIQUE)} == of_file


def test_what_is_copied_from_one_database_to_another_is_every_table(file: sqlite3.Connection) -> None:
    views = {"delivery_summary", "replayable_delivery"}
    assert {*TABLES} == {*tables_of(file)} - views - {"archive_copy_total"}
    for number, name in enumerate(TABLES):
        for key in file.execute(f"pragma foreign_key_list({name})"):
            assert key["table"] in TABLES[: number + 1], f"{name} comes before {key['table']}"


def test_columns_are_read_in_their_order(connection: Connection) -> None:
    assert PostgresTables(connection).columns("connection_revision") == ["id", "number"]
    assert PostgresTables(connection).columns("nowhere") == []


# -- statements


def test_it_has_all_statements_that_sqlite_has() -> None:
    """But for one: a job's place in SQLite's index is a row number there, and its ID here."""
    assert set(sqlite.ALL_STATEMENTS) - set(ALL_STATEMENTS) == {"place_in_search"}
    assert set(ALL_STATEMENTS) <= set(sqlite.ALL_STATEMENTS)


@pytest.mark.parametrize("name", sorted(ALL_STATEMENTS))
def test_every_statement_prepares_also_where_a_value_is_null(name: str, connection: Connection) -> None:
    """With no word about the types of its parameters, as when all of them are null."""
    connection.execute(f"prepare statement as {ALL_STATEMENTS[name].text}")


@pytest.mark.parametrize(
    ("text", "expected", "names"),
    [
        ("select :a, :b, :a", "select $1, $2, $1", ("a", "b")),
        ("select ':a', :b::text, '%'", "select ':a', $1::text, '%'", ("b",)),
        ("where x = :a_b and y='it''s :c'", "where x = $1 and y='it''s :c'", ("a_b",)),
    ],
)
def test_parameters_are_numbered(text: str, expected: str, names: tuple[str, ...]) -> None:
    assert numbered(text) == (expected, names)


# -- migrations

BOOT = """
import sys
from relay.store.postgres.store import PostgresStore
sys.stdin.readline()
store = PostgresStore(sys.argv[1])
print(len(store.migrate()))
store.close()
"""


@pytest.mark.slow
def test_processes_that_boot_at_once_on_one_empty_database_all_succeed(
    postgres_server: postgres.Server,
) -> None:
    url = postgres_server.create("booting")
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", BOOT, url],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(6)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    ends = [(*process.communicate(timeout=60), process.returncode) for process in processes]
    assert [(error, code) for _, error, code in ends] == [("", 0)] * 6
    steps = len(list((ROOT / "relay/store/postgres/schema").glob("postgres_*.sql")))
    assert sorted(int(out) for out, _, _ in ends) == [0] * 5 + [steps]


def test_a_migration_that_fails_leaves_nothing(
    postgres_server: postgres.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres_server.create("failing")
    good, bad = tmp_path / "postgres_0001_good.sql", tmp_path / "postgres_0002_bad.sql"
    good.write_text("create table good (a text);\n")
    bad.write_text("create table bad (a text);\ninsert into nowhere values (1);\n")
    monkeypatch.setattr(migrations, "_STEPS", [good, bad])
    with closing(PostgresStore(url)) as store:
        with pytest.raises(Exception, match=r"tables|nowhere"):
            store.migrate()
        with store._engine.read() as db:
            assert db.execute("select tablename from pg_tables where schemaname = 'public'").fetchall() == []
        bad.write_text("create table bad (a text);\n")
        assert store.migrate() == ["postgres_0001_good", "postgres_0002_bad"]
        assert store.migrate() == []


def test_a_database_of_a_newer_version_is_refused_with_a_sentence(postgres_server: postgres.Server) -> None:
    url = postgres.new_database(postgres_server)
    with closing(connect(url)) as connection:
        connection.execute("insert into schema_migration (name) values ('postgres_9999_later')")
    said = r"newer version of the relay \(postgres_9999_later\)"
    with closing(PostgresStore(url)) as store, pytest.raises(NewerSchemaError, match=said):
        store.migrate()


def test_health_tells_of_steps_that_were_not_taken(postgres_server: postgres.Server) -> None:
    with closing(PostgresStore(postgres_server.create("unmigrated"))) as store:
        assert (store.health().migrated, store.health().writable) == (False, True)
        assert re.match(r"postgres_0001", store.migrate()[0])
        assert store.health().migrated
