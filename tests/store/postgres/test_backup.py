"""A backup is a file of SQLite's with every row, and is restored on either engine."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from relay.errors import RestoreError
from relay.store.postgres.connections import connect
from relay.store.postgres.restore import restore
from relay.store.postgres.store import PostgresStore
from relay.store.postgres.tables import PostgresTables
from relay.store.sql.tables import TABLES, Content, Tables, content_of
from relay.store.sqlite import draft
from relay.store.sqlite import restore as sqlite_restore
from tests import postgres
from tests.store.contract.jobs import create
from tests.store.contract.make import accept, result


def contents(tables: Tables) -> dict[str, Content]:
    return {table: content_of(tables, table) for table in TABLES}


def contents_of_file(path: Path) -> dict[str, Content]:
    with draft.opened(path) as tables:
        return contents(tables)


def contents_of(url: str) -> dict[str, Content]:
    with closing(connect(url)) as connection:
        tables = PostgresTables(connection)
        with tables.transaction():
            return contents(tables)


def copied(url: str, path: Path) -> Path:
    with closing(PostgresStore(url)) as store, store.copy() as copy:
        path.write_bytes(copy.read())
    return path


def test_every_row_of_every_table_goes_there_and_back(
    url: str, full: Path, tmp_path: Path, postgres_server: postgres.Server
) -> None:
    expected = contents_of_file(full)
    assert {table: content.rows for table, content in expected.items()} == {
        table: 1 if table == "connection_revision" else 3 for table in TABLES
    }
    assert restore(full, url, tmp_path / "before") is None
    assert contents_of(url) == expected
    copy = copied(url, tmp_path / "copy.db")
    assert contents_of_file(copy) == expected
    elsewhere = postgres.new_database(postgres_server)
    restore(copy, elsewhere, tmp_path / "before")
    assert contents_of(elsewhere) == expected
    sqlite_restore.restore(copy, tmp_path / "relay.db")
    assert contents_of_file(tmp_path / "relay.db") == expected


def test_what_a_restore_brings_can_be_worked_with(url: str, full: Path, tmp_path: Path) -> None:
    """Words are found, the archive's totals are right, and numbers go on where they were."""
    restore(full, url, tmp_path / "before")
    with closing(PostgresStore(url)) as store:
        assert [job.id for job in store.find_jobs("WORD2", limit=5)] == ["2"]
        assert store.archive_summary().size == 0
        job_id = create(store)
        assert [job.id for job in store.find_jobs("mug", limit=5)] == [job_id]
        with store._database.write() as db:
            call = {"account": "a", "rate_bucket": "poll", "videos": 0, "at": 1, "job_id": "j", "token": 9}
            db.execute("insert_call", call)
        copy = copied(url, tmp_path / "copy.db")
    with draft.opened(copy) as tables:
        ids = [row[0] for row in tables._connection.execute("select id from vendor_call order by id")]
        found = tables._connection.execute("select job_id from job_search where job_search match 'word2'")
        assert [row[0] for row in found] == ["2"]
    assert ids[-1] == ids[-2] + 1


def test_what_was_there_before_is_kept(url: str, full: Path, tmp_path: Path) -> None:
    with closing(PostgresStore(url)) as store:
        accept(store, result("vgen_before"))
        store.put_setting("secret_key", "the generated one")
    kept = restore(full, url, tmp_path / "data" / "before.db")
    assert kept == tmp_path / "data" / "before.db"
    with closing(sqlite3.connect(kept)) as file:
        assert file.execute("select delivery_id from event").fetchall() == [("vgen_before",)]
    with closing(PostgresStore(url)) as store:
        assert store.setting("secret_key") == "the generated one"


def test_a_database_in_use_and_a_file_that_is_no_backup_change_nothing(
    url: str, full: Path, tmp_path: Path
) -> None:
    (tmp_path / "no.db").write_text("not a backup")
    with pytest.raises(RestoreError, match="cannot be read as a backup"):
        restore(tmp_path / "no.db", url, tmp_path / "before")
    with closing(PostgresStore(url)) as store:
        accept(store, result("vgen_1"))
        with pytest.raises(RestoreError, match="in use by a relay"):
            restore(full, url, tmp_path / "before")
        assert [each.delivery_id for each in store.events(limit=10)] == ["vgen_1"]


def test_a_server_that_does_not_answer_is_said(full: Path, tmp_path: Path) -> None:
    with pytest.raises(RestoreError, match="does not answer"):
        restore(full, "postgresql://relay@127.0.0.1:1/relay", tmp_path / "before")
