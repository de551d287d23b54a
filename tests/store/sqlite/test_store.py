"""What is peculiar to SQLite: durability, one writer, what cannot be written, migrations, plans, kill -9."""

import ast
import dataclasses
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from relay.errors import NewerSchemaError, StoreBusyError
from relay.models.core import Output, RoutedResult
from relay.store.sql.statements import FILES, read
from relay.store.sqlite import migrations
from relay.store.sqlite.database import ALL_STATEMENTS
from relay.store.sqlite.engine import SqliteEngine, connect
from relay.store.sqlite.store import SqliteStore
from tests.store.contract.jobs import new_job
from tests.store.contract.make import NOW, SHEET, accept, accept_many, claim, event, result
from tests.store.template import new_database
from tests.wire import wait_until

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "relay.db"


@pytest.fixture
def open_store(path: Path) -> Iterator[Callable[[], SqliteStore]]:
    opened: list[SqliteStore] = []

    def open_one() -> SqliteStore:
        new_database(path)
        opened.append(SqliteStore(path))
        opened[-1].migrate()
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture(scope="module")
def analyzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """To a database with some rows, whose planner knows about them. Nothing is written through it."""
    path = tmp_path_factory.mktemp("analyzed") / "relay.db"
    new_database(path)
    with closing(SqliteStore(path)) as store:
        store.migrate()
        accept_many(store, 50)
    with closing(connect(path)) as connection:
        connection.execute("analyze")
        yield connection


@contextmanager
def writing(path: Path) -> Iterator[sqlite3.Connection]:
    """Another process's long transaction, as far as SQLite can tell."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("begin immediate")
        yield other
        if other.in_transaction:
            other.execute("rollback")


def number(path: Path, query: str) -> int:
    with closing(sqlite3.connect(path)) as database:
        return int(database.execute(query).fetchone()[0])


# -- how it is opened


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("auto_vacuum", 2)],
)
def test_every_connection_keeps_what_it_commits(path: Path, pragma: str, value: object) -> None:
    with closing(SqliteStore(path)) as store:
        store.migrate()
    with closing(connect(path)) as connection:
        assert connection.execute(f"pragma {pragma}").fetchone()[0] == value


def test_a_commit_waits_for_the_disk_unless_it_is_told_not_to(path: Path) -> None:
    with closing(SqliteEngine(path)) as engine:
        for durable, synchronous in ((True, 2), (False, 1), (True, 2), (False, 1), (False, 1)):
            with engine.write(durable=durable) as db:
                assert db.execute("pragma synchronous").fetchone()[0] == synchronous
            with engine.write() as db:
                assert db.execute("pragma synchronous").fetchone()[0] == 2


def test_jobs_that_are_requested_at_the_same_moment_share_a_commit(path: Path) -> None:
    with closing(SqliteStore(path)) as store, closing(SqliteStore(path)) as other:
        store.migrate()
        commits: list[str] = []
        writer = store._database._engine._writer
        assert writer is not None
        writer.set_trace_callback(lambda sql: commits.append(sql) if sql == "commit" else None)
        threads = [
            threading.Thread(target=store.create_jobs, args=([new_job()],), kwargs={"now": NOW})
            for _ in range(8)
        ]
        with other._database.write():
            for thread in threads:
                thread.start()
            wait_until(lambda: len(store._requests._waiting) == 7)
        for thread in threads:
            thread.join(30)
        assert len(commits) == 2
        assert len({job.id for job in store.jobs(limit=20)}) == 8


def test_a_reading_connection_cannot_write(path: Path) -> None:
    with closing(SqliteEngine(path)) as engine, engine.write() as db:
        db.execute("create table t (a)")
    engine = SqliteEngine(path)
    with closing(engine), pytest.raises(StoreBusyError), engine.read() as db:
        db.execute("insert into t values (1)")


def test_a_transaction_takes_the_write_lock_when_it_begins(path: Path) -> None:
    """One that took it at its first write could have read what another process changes meanwhile."""
    with closing(SqliteEngine(path)) as engine, engine.write():
        other = sqlite3.connect(path, timeout=0, isolation_level=None)
        with closing(other), pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("begin immediate")


def test_a_transaction_within_a_transaction_is_a_part_of_it(path: Path) -> None:
    def fail() -> None:
        with engine.write() as outer:
            outer.execute("create table t (a)")
            with engine.write() as inner:
                inner.execute("insert into t values (1)")
            raise LookupError

    with closing(SqliteEngine(path)) as engine:
        with pytest.raises(LookupError):
            fail()
        with engine.read() as db:
            assert db.execute("select count(*) from sqlite_master").fetchone()[0] == 0


def test_reading_never_waits_for_a_writer(path: Path, open_store: Callable[[], SqliteStore]) -> None:
    """Also where the reading connection is opened only then, as a new thread's is."""
    accept(open_store(), result())
    with writing(path) as other, closing(SqliteStore(path, busy_seconds=0)) as reader:
        other.execute("delete from delivery")
        assert len(reader.deliveries(limit=10)) == 1


# -- what cannot be written now


def test_a_database_that_another_process_holds_is_busy_and_nothing_is_written(
    path: Path,
) -> None:
    with closing(SqliteStore(path, busy_seconds=0.1)) as store:
        store.migrate()
        with writing(path):
            with pytest.raises(StoreBusyError, match="busy"):
                accept(store, result())
            health = store.health()
            assert (health.writable, health.fault) == (False, "Nothing was written: the database is busy.")
        assert store.events(limit=10) == []
        assert accept(store, result()).new, "and afterwards it works again"


def test_a_full_disk_is_busy_and_nothing_is_written(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        store.migrate()
        accept(store, result("small"))
        with store._engine.write() as db:
            pages = db.execute("pragma page_count").fetchone()[0]
            db.execute(f"pragma max_page_count = {pages}")
        big = event(result("big"), body=b"x" * 1_000_000)
        with pytest.raises(StoreBusyError, match="full"):
            store.accept(big, [RoutedResult(result("big"), ("sheet",))])
        with store._engine.write() as db:
            db.execute("pragma max_page_count = 1000000")
        assert [each.delivery_id for each in store.events(limit=10)] == ["small"]
        assert len(store.deliveries(limit=10)) == 1
        assert store.accept(big, [RoutedResult(result("big"), ("sheet",))]).new


def test_a_read_only_database_is_busy_and_says_so(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        store.migrate()
        store._engine._writing().execute("pragma query_only = on")
        with pytest.raises(StoreBusyError, match="read-only"):
            accept(store, result())


def test_a_folder_that_cannot_be_made_is_busy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with closing(SqliteStore(tmp_path / "file" / "relay.db")) as store:
        with pytest.raises(StoreBusyError, match="folder"):
            store.migrate()
        health = store.health()
        assert health.writable is False
        assert "folder" in health.fault


def test_a_file_that_is_no_database_is_told_by_health(path: Path) -> None:
    path.write_bytes(b"this is not a database, but long enough to be read as one" * 100)
    with closing(SqliteStore(path)) as store:
        health = store.health()
    assert (health.migrated, health.writable) == (False, False)
    assert health.fault


def test_health_tells_of_steps_that_were_not_taken(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        assert (store.health().migrated, store.health().writable) == (False, True)


# -- many webhooks in one commit


def test_webhooks_that_wait_together_share_a_commit(
    path: Path, open_store: Callable[[], SqliteStore]
) -> None:
    store = open_store()
    arrivals = [
        (event(result(f"vgen_{each}")), [RoutedResult(result(f"vgen_{each}"), ())]) for each in range(50)
    ]
    commits: list[str] = []
    writer = store._engine._writing()
    writer.set_trace_callback(lambda text: commits.append(text) if text == "commit" else None)
    answers = store.accept_all(arrivals)
    assert len(commits) == 1
    assert [getattr(each, "new", False) for each in answers] == [True] * 50


def test_webhooks_about_what_nobody_has_heard_of_are_written_without_a_look_before(
    open_store: Callable[[], SqliteStore],
) -> None:
    store = open_store()
    new = result("vgen_new", outputs=(Output("https://cdn.test/a.mp4", "video/mp4"),))
    looks: list[str] = []
    writer = store._engine._writing()
    writer.set_trace_callback(lambda text: looks.append(text) if text.startswith("select") else None)
    (answer,) = store.accept_all([(event(new), [RoutedResult(new, ("sheet",), held_until=NOW + 1)])])
    assert (getattr(answer, "new", False), looks) == (True, [])
    store.accept_all([(event(new), [RoutedResult(new, ("sheet",))])])
    assert looks, "the trace sees them"


def test_one_webhook_that_cannot_be_kept_fails_alone(open_store: Callable[[], SqliteStore]) -> None:
    store = open_store()
    odd = dataclasses.replace(event(result("odd")), label="half a pair: \ud83d")
    arrivals = [
        (event(result("one")), [RoutedResult(result("one"), ("sheet",))]),
        (odd, [RoutedResult(result("odd"), ("sheet",))]),
        (event(result("two")), [RoutedResult(result("two"), ("sheet",))]),
    ]
    one, failed, two = store.accept_all(arrivals)
    assert isinstance(failed, UnicodeEncodeError)
    assert {each.delivery_id for each in store.events(limit=10)} == {"one", "two"}
    assert len(store.deliveries(limit=10)) == 2
    assert one != two


# -- migrations

BOOT = """
import sys
from pathlib import Path
from relay.store.sqlite.store import SqliteStore
sys.stdin.readline()
store = SqliteStore(Path(sys.argv[1]))
print(len(store.migrate()))
store.close()
"""


def python(code: str, *arguments: object) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_fifteen_processes_that_boot_at_once_on_one_empty_file_all_succeed(path: Path) -> None:
    processes = [python(BOOT, path) for _ in range(15)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    ends = [(*process.communicate(timeout=60), process.returncode) for process in processes]
    assert [(error, code) for _, error, code in ends] == [("", 0)] * 15
    steps = len(list((ROOT / "relay/store/sqlite/schema").glob("sqlite_*.sql")))
    assert sorted(int(out) for out, _, _ in ends) == [0] * 14 + [steps]


@pytest.mark.parametrize("fault", ["insert into nowhere values (1);", "create table half (a"])
def test_a_migration_that_fails_leaves_nothing(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    good, bad = tmp_path / "sqlite_0001_good.sql", tmp_path / "sqlite_0002_bad.sql"
    good.write_text("create table good (a text) strict;\n")
    bad.write_text(f"create table bad (a text) strict;\n{fault}\n")
    monkeypatch.setattr(migrations, "_STEPS", [good, bad])
    with closing(SqliteStore(path)) as store:
        with pytest.raises((sqlite3.OperationalError, StoreBusyError)):
            store.migrate()
        assert number(path, "select count(*) from sqlite_master") == 0
        bad.write_text("create table bad (a text) strict;\n")
        assert store.migrate() == ["sqlite_0001_good", "sqlite_0002_bad"]


def test_a_later_step_is_taken_on_a_database_that_is_in_use(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, open_store: Callable[[], SqliteStore]
) -> None:
    store = open_store()
    accept(store, result())
    later = tmp_path / "sqlite_9999_later.sql"
    later.write_text("alter table delivery add column later text not null default 'x';\n")
    monkeypatch.setattr(migrations, "_STEPS", [*migrations._STEPS, later])
    assert store.health().migrated is False
    assert open_store().migrate() == []
    assert number(path, "select count(*) from delivery where later = 'x'") == 1
    assert len(claim(store).deliveries) == 1


def test_a_database_of_a_newer_version_is_refused_with_a_sentence(
    path: Path, open_store: Callable[[], SqliteStore]
) -> None:
    open_store()
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(
            "insert into _sqlite_migrations (migration_set, name) values ('relay', 'sqlite_9999_later')"
        )
    with pytest.raises(NewerSchemaError, match=r"newer version of the relay \(sqlite_9999_later\)"):
        open_store()


# -- statements

PARAMETER = re.compile(r":([a-z_]+)")
RUNS = {"fetch_one", "fetch_row", "fetch_all", "execute_many"}


@pytest.mark.heavy
@pytest.mark.parametrize("name", sorted(ALL_STATEMENTS))
def test_every_statement_prepares_on_the_schema(name: str, analyzed: sqlite3.Connection) -> None:
    assert plan(analyzed, name) is not None


def test_every_statement_is_used_and_every_name_is_a_statement() -> None:
    trees = [ast.parse(path.read_text()) for path in (ROOT / "relay/store").rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    words = {node.value for node in nodes if isinstance(node, ast.Constant)}
    assert set(ALL_STATEMENTS) <= words
    calls = [node for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    runs = [call for call in calls if call.func.attr in RUNS and call.args]  # type: ignore[attr-defined]
    named = {call.args[0].value for call in runs if isinstance(call.args[0], ast.Constant)}
    assert len(named) > 100
    assert {name for name in named if " " not in name} <= set(ALL_STATEMENTS)


def test_every_statement_has_a_sentence() -> None:
    files = [*FILES, ROOT / "relay/store/sqlite/job_search.sql"]
    sentences = {name: each.sentence for path in files for name, each in read(path).items()}
    assert set(sentences) == set(ALL_STATEMENTS)
    assert [name for name, sentence in sentences.items() if not re.match(r"[A-Z].{5,}[.]$", sentence)] == []


SORT_A_FEW = {"list_generations_of_job", "list_results"}  # the rows of one job, of one generation


@pytest.mark.parametrize(
    "name",
    [
        "claim_state",
        "due_deliveries",
        "lease_delivery",
        "settle_delivery",
        "supersede_deliveries",
        "oldest_due",
        "list_events",
        "list_deliveries",
        "list_deliveries_by_status",
        "list_deliveries_of_connection",
        "list_deliveries_of_connection_by_status",
        "find_delivery",
        "replayable_by_id",
        "replayable_of_generation",
        "replayable_by_status",
        "replayable_of_connection",
        "replayable_of_connection_by_status",
        "count_waiting",
        "find_event",
        "find_event_body",
        "find_generation",
        "list_generations",
        "list_generations_of_job",
        "list_results",
        "find_job",
        "list_jobs",
        "list_jobs_by_status",
        "list_jobs_by_kind",
        "old_bodies",
        "delete_body",
        "list_jobs_by_kind_and_status",
        "list_jobs_by_batch",
        "list_jobs_by_pipeline",
        "queue_position",
        "queue_state",
        "spent",
        "account",
        "list_attempts",
        "repeat_event",
        "insert_delivery",
        "connections_revision",
        "find_result",
        "insert_copy",
        "next_first_copies",
        "next_later_copies",
        "due_first_copies",
        "due_later_copies",
        "lease_copy",
        "settle_copy",
        "end_hold",
        "list_ready_steps",
        "list_awaited_steps",
        "list_pipelines",
    ],
)
def test_a_statement_that_runs_often_reads_no_whole_table(name: str, analyzed: sqlite3.Connection) -> None:
    """`SCAN ... USING` an index that holds only what is due is a short walk; a bare `SCAN` is all of it."""
    steps = plan(analyzed, name)
    whole = [step for step in steps if step.startswith("SCAN") and "INDEX delivery_due" not in step]
    assert [step for step in whole if step != "SCAN CONSTANT ROW"] == []
    if name not in SORT_A_FEW:
        assert not any("TEMP B-TREE" in step for step in steps), steps


def plan(connection: sqlite3.Connection, name: str) -> list[str]:
    text = ALL_STATEMENTS[name]
    given = dict.fromkeys(PARAMETER.findall(text), 1)
    return [row["detail"] for row in connection.execute(f"explain query plan {text}", given)]


# -- kill -9

ACCEPT = """
import sys, threading
from pathlib import Path
from relay.store.sqlite.store import SqliteStore
from tests.store.contract.make import accept, result
store = SqliteStore(Path(sys.argv[1]))
def work(thread):
    number = 0
    while True:
        name = f"vgen_{thread}_{number}"
        if accept(store, result(name)).new:
            sys.stdout.write(name + "\\n")
            sys.stdout.flush()
        number += 1
for each in range(8):
    threading.Thread(target=work, args=(each,), daemon=True).start()
threading.Event().wait()
"""


@pytest.mark.slow
def test_kill_9_in_the_middle_of_accepting_loses_nothing_that_was_acknowledged(
    path: Path, tmp_path: Path, open_store: Callable[[], SqliteStore]
) -> None:
    open_store()
    answers = tmp_path / "answers"
    with answers.open("wb") as out:
        process = subprocess.Popen([sys.executable, "-c", ACCEPT, str(path)], cwd=ROOT, stdout=out)
    try:
        wait_until(lambda: answers.stat().st_size > 4_000)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait(30)
    told = {line for line in answers.read_text().split("\n")[:-1] if line}
    with closing(sqlite3.connect(path)) as database:
        kept = {row[0] for row in database.execute("select delivery_id from event")}
        claimed = {row[0] for row in database.execute("select generation_id from delivery")}
        assert database.execute("pragma integrity_check").fetchone()[0] == "ok"
    assert told, "nothing was accepted at all"
    assert told <= kept
    assert kept == claimed, "an event without its delivery, or a delivery without its event"


def test_a_reader_of_another_thread_is_closed_with_the_store(path: Path) -> None:
    store = SqliteStore(path)
    store.migrate()
    thread = threading.Thread(target=store.events, kwargs={"limit": 1})
    thread.start()
    thread.join(30)
    store.close()
    assert not [each for each in Path("/proc/self/fd").iterdir() if os.path.realpath(each) == str(path)]


def test_what_was_superseded_is_due_no_more_in_the_index_either(
    path: Path, open_store: Callable[[], SqliteStore]
) -> None:
    store = open_store()
    accept(store, result(status="processing"), to=(SHEET,))
    accept(store, result(status="completed"), to=(), at=NOW + 1)
    assert store.health().oldest_due_at is None


@pytest.mark.parametrize("replaced", [False, True])
def test_nothing_is_accepted_into_a_file_that_was_removed_or_replaced(
    store: SqliteStore, path: Path, tmp_path: Path, replaced: bool
) -> None:
    accept(store, result("vgen_1"))
    path.unlink()
    if replaced:
        (tmp_path / "restored").write_bytes(b"")
        (tmp_path / "restored").rename(path)
    for _ in range(2):
        with pytest.raises(StoreBusyError, match="Start the relay again"):
            accept(store, result("vgen_2"))
    with pytest.raises(StoreBusyError, match="start the relay again"):
        store.events(limit=1)
