"""The commands on a Postgres database."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from relay.bootstrap.app import prepare
from relay.bootstrap.configuration import configure
from relay.bootstrap.store import make_store
from tests import postgres
from tests.commands import Run
from tests.store.contract.make import NOW
from tests.wire import Receiver

HOOK = ("connections", "add", "webhook", "hook", "--set", "url=-")


@pytest.fixture
def url(postgres_server: postgres.Server) -> str:
    return postgres.new_database(postgres_server)


def add_hook(run: Run, **environ: str) -> None:
    with Receiver() as receiver:
        added = run(*HOOK, answers=f"{receiver.url()}\n", ALLOWED_HOSTS=receiver.host, **environ)
    assert added.exit_code == 0, added.output


def state_of_hook(run: Run, **environ: str) -> str:
    return run("connections", "list", **environ).stdout


def start(data_dir: Path, **environ: str) -> None:
    """What `serve` does before its processes begin."""
    prepare(configure({"DATA_DIR": str(data_dir)} | environ), now=NOW)


def test_a_backup_is_a_file_that_either_engine_takes(
    run: Run, url: str, tmp_path: Path, data_dir: Path
) -> None:
    """With the generated SECRET_KEY, so that the secrets of connections can be read there too."""
    given = {"DATABASE_URL": url}
    add_hook(run, **given)
    made = run("backup", str(tmp_path / "a.db"), **given)
    assert made.exit_code == 0, made.output
    assert "The generated SECRET_KEY is in a backup" in made.stdout
    assert run("restore", str(tmp_path / "a.db"), "--yes").exit_code == 0
    start(data_dir)
    assert "hook  webhook  ready" in state_of_hook(run)
    with closing(sqlite3.connect(data_dir / "relay.db")) as database:
        names = {name for (name,) in database.execute("select name from setting")}
    assert "secret_key" not in names, "all is encrypted under the key of this host"
    assert "hook  webhook  ready" in state_of_hook(run)


def test_a_restore_says_where_the_database_of_before_is(run: Run, url: str, tmp_path: Path) -> None:
    given = {"DATABASE_URL": url}
    assert run("backup", str(tmp_path / "empty.db"), **given).exit_code == 0
    add_hook(run, **given)
    done = run("restore", str(tmp_path / "empty.db"), answers="y\n", **given)
    assert done.exit_code == 0, done.output
    assert "Replace Postgres database relay_" in done.stdout
    assert "relay.db.before-restore" in done.stdout
    assert state_of_hook(run, **given) == ""


def test_a_key_that_is_set_later_takes_the_place_of_the_generated_one(
    run: Run, url: str, data_dir: Path
) -> None:
    given = {"DATABASE_URL": url}
    add_hook(run, **given)
    own = given | {"SECRET_KEY": "a long key of the host's own"}
    start(data_dir, **own)
    assert "hook  webhook  ready" in state_of_hook(run, **own)
    with closing(make_store(configure(own).settings)) as store:
        assert store.setting("secret_key") is None, "who reads the database does not learn the key any more"


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://me:s3cr3t@db/relay", "DATABASE_URL: must look like postgres://user:password@host/name"),
        (
            "postgres://me:s3cr3t@127.0.0.1:1/relay",
            "DATABASE_URL: Nothing was written: the database does not",
        ),
        (
            "postgres://me:s3cr3t@127.0.0.1/relay?odd=1",
            "DATABASE_URL cannot be read: invalid URI query parameter",
        ),
    ],
)
def test_a_database_that_cannot_be_had_ends_in_a_sentence(
    run: Run, url: str, sentence: str, data_dir: Path
) -> None:
    result = run("events", DATABASE_URL=url)
    assert result.exit_code == 2
    assert sentence in result.output
    assert "s3cr3t" not in result.output
    assert not (data_dir / "relay.db").exists()


def test_check_says_where_the_data_is(run: Run, url: str) -> None:
    found = run("check", DATABASE_URL=url, DYNO="web.1").stdout
    assert "ok    Postgres database relay_" in found
    assert "is writable." in found
    assert "history is lost" not in found


def test_a_database_is_moved_to_postgres_and_back(run: Run, url: str, tmp_path: Path) -> None:
    """With the generated SECRET_KEY: the secrets of connections can be read wherever they are."""
    add_hook(run)
    there = run("move", "--to", url)
    assert there.exit_code == 0, there.output
    assert "tables are in Postgres database relay_" in there.stdout
    assert "hook  webhook  ready" in state_of_hook(run, DATABASE_URL=url)
    file = f"sqlite:///{tmp_path}/elsewhere/relay.db"
    back = run("move", "--to", file, DATABASE_URL=url)
    assert back.exit_code == 0, back.output
    assert "hook  webhook  ready" in state_of_hook(run, DATABASE_URL=file, DATA_DIR=str(tmp_path / "other"))
    again = run("move", "--to", file, DATABASE_URL=url)
    assert again.exit_code == 1
    assert "has data already" in again.stderr
    assert "is the database itself" in run("move", "--to", url, DATABASE_URL=url).stderr
    assert "must look like postgres://" in run("move", "--to", "mysql://db/relay").stderr
