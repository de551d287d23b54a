"""A database as after months of use: one job's rows, as the relay itself wrote them, multiplied."""

import json
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from flask.testing import FlaskClient

from relay.bootstrap.app import create_app, share
from relay.bootstrap.configuration import configure
from relay.generation.submit import webhook_url
from relay.store.sqlite.store import SqliteStore
from tests.web.in_process import WebhooksOrApp
from tests.wire import SECRET, generation, sign

PASSWORD = "of the bench"
COMMON = "walnut"  # a word of every job
EVERY = 8000  # ms between two jobs
FAILED = 100  # one in so many jobs failed, and one in so many deliveries

# The rows that stand for one job each; `n` is its number, the last one's moment is now.
_JOB, _MADE = "printf('job_%012d', n)", "printf('vgen_%012d', n)"
_EVENT, _RESULT = "printf('evt_%012d', n)", "printf('res_%012d', n)"
_FAILED = f"n % {FAILED} = 0"


def environment(folder: Path) -> dict[str, str]:
    return {
        "DATA_DIR": str(folder),
        "ADMIN_PASSWORD": PASSWORD,
        "CREATIVEAI_API_KEY": "rph_of_the_bench",
        "CREATIVEAI_WEBHOOK_SECRET": SECRET,
        "PUBLIC_URL": "https://relay.example.com",
        "ARCHIVE": "local",
        "WEBHOOK_URL": "https://n8n.example.com/hook",
        "SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T0/B0/bench",
        "AIRTABLE_TOKEN": "pat.bench",
        "AIRTABLE_BASE_ID": "app00000000000000",
        "AIRTABLE_TABLE": "Videos",
    }


def fill(folder: Path, events: int) -> None:
    """`events` jobs, each with one webhook, its result, one copy, and three deliveries with an attempt."""
    folder.mkdir(parents=True)
    configuration = configure(environment(folder))
    path = configuration.settings.database_path
    with closing(SqliteStore(path)) as store:
        store.migrate()
        shared = share(configuration, store)
        app = create_app(configuration, store, shared)
        front = WebhooksOrApp(app.wsgi_app, configuration, store, shared)
        app.wsgi_app = front  # type: ignore[method-assign, assignment]
        _create_one(app.test_client(), path)
        front.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("pragma synchronous = off")
        db.execute("begin")
        _multiply(db, events)
        db.execute("commit")
        db.execute("pragma wal_checkpoint(truncate)")


def _create_one(client: FlaskClient, path: Path) -> None:
    client.post("/login", data={"password": PASSWORD})
    job_input = {
        "prompt": f"A slow pan over a {COMMON} table",
        "duration": "5",
        "model": "auto",
        "failover": "true",
    }
    about = {"context.sku": "MUG-0", "context.title": "Travel mug"}
    assert client.post("/create/text-to-video", data=job_input | about).status_code == 303
    with closing(sqlite3.connect(path)) as db:
        ((reference,),) = db.execute("select reference from job").fetchall()
    body = json.dumps(generation("vgen_of_the_bench")).encode()
    headers = {"X-CreativeAI-Signature": sign(body), "Content-Type": "application/json"}
    answer = client.post(webhook_url("https://relay.example.com", reference), data=body, headers=headers)
    assert answer.status_code == 202, answer.text
    with closing(sqlite3.connect(path)) as db:
        settled = "update delivery set status = 'delivered', due_at = null, token = 1, settled_at = 1"
        assert db.execute(settled).rowcount == 3
        db.commit()


def _multiply(db: sqlite3.Connection, events: int) -> None:
    at = f"{time.time_ns() // 1_000_000} - ({events} - n) * {EVERY}"
    db.execute(
        "create temp table number as with recursive counted (n) as"
        " (select 1 union all select n + 1 from counted where n < ?) select n from counted",
        (events,),
    )
    state = f"case when {_FAILED} then 'failed' else 'completed' end"
    job = {
        "id": _JOB,
        "reference": "'ref' || n",
        "idempotency_key": "'key' || n",
        "vendor_id": _MADE,
        "status": state,
        "found_by": "'webhook'",
    }
    job |= dict.fromkeys(("created_at", "submitted_at", "settled_at"), at)
    job |= dict.fromkeys(("due_at", "poll_at", "running_until", "leased_until"), "null")
    _clone(db, "job", job)
    words = f"{_JOB} || ' ' || {_MADE} || ' A slow pan over {COMMON} Travel mug MUG-' || n"
    _write(db, f"insert into job_search (job_id, words) select {_JOB}, {words} from number order by n")
    _clone(db, "generation", {"id": _MADE, "job_id": _JOB, "created_at": at, "updated_at": at})
    _clone(db, "event", {"id": _EVENT, "delivery_id": _MADE, "received_at": at})
    _clone(db, "event_body", {"event_id": _EVENT})
    _clone(db, "result", {"id": _RESULT, "generation_id": _MADE, "event_id": _EVENT, "received_at": at})
    copy = {"status": "'archived'", "storage": "'local'", "size": "1000000", "due_at": "null"}
    _clone(db, "archive_copy", copy | {"result_id": _RESULT, "key": "'copies/' || n", "archived_at": at})
    sent = "printf('dlv_%012d_', n) || connection"
    why = f"case when {_FAILED} then 'Slack rejected the address: ' || (n / {FAILED} % 3) else '' end"
    state = f"case when {_FAILED} and connection = 'slack' then 'failed' else 'delivered' end"
    delivery = {"id": sent, "result_id": _RESULT, "generation_id": _MADE, "settled_at": at}
    _clone(db, "delivery", delivery | {"status": state, "note": why})
    _write(
        db,
        "insert into attempt select id, 1, case status when 'failed' then 'failed' else 'done' end,"
        " settled_at, 120, 200, note, 'ok' from delivery where id like 'dlv~_%~_%' escape '~'",
    )


def _clone(db: sqlite3.Connection, table: str, changed: Mapping[str, str]) -> None:
    """Its rows once for each number, with these columns changed."""
    columns = [row[1] for row in db.execute(f"pragma table_info({table})")]
    if unknown := changed.keys() - set(columns):
        raise ValueError(f"{table} has no column {', '.join(sorted(unknown))}.")
    values = ", ".join(changed.get(column, column) for column in columns)
    _write(db, f"create temp table one as select * from main.{table}")
    _write(db, f"insert into {table} select {values} from number cross join one")
    db.execute("drop table one")


def _write(db: sqlite3.Connection, statement: str) -> None:
    db.execute(statement)
