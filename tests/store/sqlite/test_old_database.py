"""A database of the version before opens with today's code: all of it is there, and the work goes on."""

import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from relay.generation import pipeline
from relay.models.connection import Route
from relay.models.delivery import Selection
from relay.models.job import Job, JobStatus
from relay.models.queue import StatusPoll, Submission
from relay.models.views import ArchiveSummary
from relay.store.sqlite.store import SqliteStore
from tests.samples import PATH
from tests.store.contract.archive import claim_copies, kept
from tests.store.contract.jobs import ACCOUNT, PLENTY, next_call, sent
from tests.store.contract.make import NOW, SHEET, SHOP, accept, claim, claim_one, drain, result
from tests.store.template import new_database

DUMP = PATH / "store/before_field_terms.sql"
LATER = NOW + 60_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "relay.db")) as database:
        database.executescript(f"begin; {DUMP.read_text(encoding='utf-8')} commit;")
    return tmp_path / "relay.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(path)) as store:
        assert store.migrate()[0] == "sqlite_0012_field_terms"
        assert store.migrate() == []
        yield store


def rows(path: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(query).fetchall()


def by_sku(store: SqliteStore) -> dict[str, Job]:
    return {job.context.get("sku", ""): job for job in store.jobs(limit=100) if not job.pipeline_id}


def shape(path: Path) -> dict[str, Any]:
    """Tables with their columns; indexes, triggers and views with what they say, in whatever layout."""
    tables = [name for (name,) in rows(path, "select name from sqlite_master where type = 'table'")]
    columns = {
        name: [
            tuple(row[1:]) for row in sorted(rows(path, f'pragma table_info("{name}")'), key=lambda r: r[1])
        ]
        for name in tables
    }
    others = rows(
        path, "select type, name, tbl_name, coalesce(sql, '') from sqlite_master where type <> 'table'"
    )
    said = {(kind, name): (table, re.sub(r"[\s\"]+", "", sql)) for kind, name, table, sql in others}
    return {**columns, **{str(key): value for key, value in said.items()}}


def test_its_schema_becomes_that_of_a_new_database(store: SqliteStore, path: Path, tmp_path: Path) -> None:
    new_database(tmp_path / "new.db")
    old, new = shape(path), shape(tmp_path / "new.db")
    assert old.keys() == new.keys()
    assert {name: told for name, told in old.items() if told != new[name]} == {}
    assert rows(path, "pragma integrity_check") == [("ok",)]
    assert rows(path, "pragma foreign_key_check") == []
    assert store.health().migrated


def test_its_webhooks_deliveries_and_results_are_listed(store: SqliteStore) -> None:
    assert Counter(each.status for each in store.deliveries(limit=100)) == {
        "pending": 11,
        "delivered": 2,
        "failed": 1,
        "retrying": 1,
        "skipped": 1,
    }
    (first, *_) = reversed(store.events(limit=100))
    assert (first.delivery_id, first.repeats, first.deliveries) == ("vgen_delivered", 1, "sheet delivered")
    (delivered,) = store.deliveries(limit=1, generation_id="vgen_delivered")
    assert delivered.link == "https://sheets.test/1"
    assert [each.outcome for each in store.attempts(delivered.id)] == ["done"]
    (known,) = store.results("vgen_delivered")
    assert (known.result.credits, known.result.prompt) == (30.0, "A mug turns")
    assert len(store.generations(limit=100)) == 20
    assert store.event(first.id).body is None  # type: ignore[union-attr]  # it was pruned
    assert store.pauses().keys() == {"shop"}


def test_batches_of_the_vendor_and_of_ours_are_told_apart(store: SqliteStore) -> None:
    (vendors,) = store.results("vgen_batch_1")
    (ours,) = store.results("vgen_job_done")
    assert (vendors.result.vendor_batch_id, vendors.result.batch_id) == ("vb_1", "")
    assert (ours.result.vendor_batch_id, ours.result.batch_id) == ("", "list-1")


def test_its_deliveries_are_claimed_settled_and_sent_again(store: SqliteStore) -> None:
    assert store.load_memory("sheet", "vgen_leased") == {"ts": "171.5"}
    claimed = {each.result.generation_id: each for each in drain(store, SHEET, at=LATER)}
    assert claimed.keys() >= {"vgen_leased", "vgen_pending", "vgen_job_done", "vgen_copy_kept"}
    assert not claimed.keys() & {"vgen_delivered", "vgen_failed", "vgen_retrying", "vgen_skipped"}
    assert claimed["vgen_leased"].tries == 1, "it was interrupted"
    assert store.replay(Selection(status="failed"), now=LATER) == 1
    assert claim_one(store, SHEET, at=LATER).result.generation_id == "vgen_failed"
    assert claim(store, SHOP, at=LATER).deliveries == (), "its connection is paused"
    assert store.resume("shop", now=LATER)
    batch = {each.result.generation_id: each.result for each in drain(store, SHOP, at=LATER)}
    assert batch.keys() == {"vgen_pending", "vgen_batch_1", "vgen_batch_2"}
    assert batch["vgen_batch_2"].vendor_batch_id == "vb_1"
    chat = Route("chat", "slack", "slack:1", calls_per_second=0.5)
    accept(store, result("vgen_paced_2"), to=(chat,), at=NOW + 9)
    first = claim_one(store, chat, at=NOW + 9)
    assert first.result.generation_id == "vgen_paced_2", "no hold without a reason is left, nor its pace"


def test_its_copies_and_their_totals_are_right_and_stay_so(store: SqliteStore) -> None:
    assert store.archive_summary() == ArchiveSummary(waiting=2, archived=1, failed=1, size=100)
    assert store.storage_size("local") == 100
    assert store.retry_copies(now=LATER) == 1
    claimed = claim_copies(store, at=LATER)
    assert len(claimed) == 3
    assert store.settle_copies([kept(each) for each in claimed], now=LATER) == []
    assert store.archive_summary() == ArchiveSummary(waiting=0, archived=4, failed=0, size=400)
    assert store.storage_size("local") == 400
    (record,) = store.results("vgen_copy_kept")
    assert [copy.storage for copy in record.copies] == ["local"]


def test_its_jobs_are_found_and_go_on(store: SqliteStore) -> None:
    jobs = by_sku(store)
    assert {sku: str(job.status) for sku, job in jobs.items()} == {
        "DONE-1": "completed",
        "FAIL-1": "failed",
        "RUN-1": "processing",
        "HELD-1": "held",
        "MONEY-1": "held",
        "CANC-1": "canceled",
        "SENT-1": "submitted",
        "QUEUE-1": "queued",
        "": "processing",
        "VB-1": "queued",
    }
    assert (jobs["DONE-1"].credits, jobs["FAIL-1"].refunded) == (55.0, 10.0)
    assert jobs["DONE-1"].found_by == "response", "which was called answer"
    assert {job.found_by for job in store.jobs(limit=100)} <= {"response", "webhook", "recovered", ""}
    assert jobs["DONE-1"].input == {"prompt": "completed teapot"}
    assert {job.context["sku"] for job in store.find_jobs("teapot", limit=9)} == {
        "DONE-1",
        "FAIL-1",
        "RUN-1",
        "QUEUE-1",
    }
    assert [job.id for job in store.jobs(limit=9, batch_id="list-2")] == [jobs["VB-1"].id]
    calls = []
    while call := next_call(store, at=LATER, prefer=StatusPoll):
        calls.append(call)
    assert {call.job_id for call in calls if isinstance(call, StatusPoll)} >= {jobs[""].id}
    assert {call.job_id for call in calls if isinstance(call, Submission)} >= {
        jobs["QUEUE-1"].id,
        jobs["VB-1"].id,
    }
    assert by_sku(store)["SENT-1"].status is JobStatus.HELD
    assert store.link_job(jobs["HELD-1"].id, "voice_found", now=LATER)
    assert store.retry_job(jobs["CANC-1"].id, now=LATER)


def test_its_waiting_pipelines_go_on_to_the_end(store: SqliteStore) -> None:
    ready, waiting = store.pipelines(limit=9)
    ((step, results),) = store.waiting_steps(limit=9)
    assert (step.pipeline_id, step.step) == (ready.id, "compose")
    assert {field: record.result.generation_id for field, record in results.items()} == {
        "video_url": "pipe2_video",
        "audio_url": "pipe2_voice",
    }
    steps = {job.step: job for job in store.jobs(limit=9, pipeline_id=waiting.id)}
    while isinstance(call := next_call(store, at=LATER), Submission):
        if call.job_id == steps["video"].id:
            sent(store, call, "pipe_video", at=LATER, results=[result("pipe_video")])
    assert {job.pipeline_id for job, _ in store.waiting_steps(limit=9)} == {ready.id, waiting.id}
    assert store.begin_step(step.id, {"replace_audio": False}, now=LATER)
    found = pipeline.find(store, waiting.id)
    assert found is not None


def test_the_rest_of_it_is_there(store: SqliteStore) -> None:
    assert [(each.name, each.revoked_at) for each in store.tokens()] == [("make", None), ("old", NOW + 202)]
    assert store.token_by_digest("ab" * 32, now=LATER) is not None
    anna = store.shares()[-1]
    assert (anna.name, anna.form, anna.fixed_values, anna.used) == (
        "Anna",
        "text-to-video",
        {"duration": "5"},
        60,
    )
    assert [job.context["sku"] for job in store.jobs_of_share_link(anna.id, limit=9)] == ["QUEUE-1"]
    assert store.settings()["webhook_secret"] == "sealed"
    assert store.take_login_attempt("203.0.113.9", now=NOW + 211, most=5, span=60_000).left == 3
    assert [each.name for each in store.stored_connections()[1]] == ["sheet"]
    assert store.stored_connections()[1][0].filters == '{"kinds": "video"}'
    assert [event.webhook_id for _, event in store.shop_events(limit=9)] == ["w2", "w1"]
    assert store.claim_shop_event(now=LATER, until=LATER + 1000) is not None
    assert store.queue_state("other-key", now=LATER).paused_why == "The key was refused."
    held = store.claim_unsigned(ACCOUNT, PLENTY, now=LATER, again_at=LATER + 60_000)
    assert held is not None
    assert held.query == "sku=U-1"
