"""Jobs on SQLite: asked for, looked up, and what a person decides about them."""

import json
import secrets
import sqlite3
from collections.abc import Sequence

from relay.jobs import SILENT_MS, Created, Job, JobStatus, Lane, NewJob, Place, Source
from relay.model import new_id
from relay.store import codec, sqlite_results
from relay.store.sql import STATEMENTS
from relay.store.sqlite_engine import SqliteEngine
from relay.store.sqlite_results import JobLink
from relay.store.wake import Wake

_AFTER_ALL_IDS = "~"
BATCH_KIND = "video-batch"  # its vendor's id is no generation's


class SqliteJobs:
    _engine: SqliteEngine
    _wake: Wake

    def create_jobs(self, jobs: Sequence[NewJob], *, now: int) -> list[Created]:
        with self._engine.write() as db:
            created = [insert_job(db, job, now=now) for job in jobs]
        self._wake.notify()
        return created

    def job(self, job_id: str) -> Job | None:
        with self._engine.read() as db:
            row = db.execute(STATEMENTS["find_job"], {"id": job_id}).fetchone()
        return read_job(row) if row else None

    def jobs(
        self,
        *,
        limit: int,
        before: str = "",
        status: str = "",
        batch_id: str = "",
        pipeline_id: str = "",
    ) -> list[Job]:
        asked = {"limit": limit, "before": before or _AFTER_ALL_IDS, "status": status}
        asked |= {"batch_id": batch_id, "pipeline_id": pipeline_id}
        statement = (
            STATEMENTS["list_jobs_by_pipeline"]
            if pipeline_id
            else STATEMENTS["list_jobs_by_batch"]
            if batch_id
            else STATEMENTS["list_jobs_by_status"]
            if status
            else STATEMENTS["list_jobs"]
        )
        with self._engine.read() as db:
            rows = db.execute(statement, asked).fetchall()
        found = [read_job(row) for row in rows]
        return [job for job in found if batch_id in ("", job.batch_id)]

    def place(self, job_id: str, *, now: int) -> Place | None:
        with self._engine.read() as db:
            row = db.execute(STATEMENTS["place_in_line"], {"id": job_id, "now": now}).fetchone()
        return Place(row["ahead"], row["running"]) if row else None

    def cancel_job(self, job_id: str, *, now: int) -> bool:
        with self._engine.write() as db:
            found = db.execute(STATEMENTS["cancel_job"], {"id": job_id, "now": now}).fetchone()
            if found:
                db.execute(STATEMENTS["delete_uploads"], {"job_id": job_id})
        return found is not None

    def retry_job(self, job_id: str, *, now: int) -> bool:
        with self._engine.write() as db:
            job = db.execute(STATEMENTS["find_job"], {"id": job_id}).fetchone()
            if job is None or job["source"] in (Source.ELSEWHERE, Source.SAMPLE):
                return False
            asked = {"id": job_id, "now": now, "turn": line_turn(db, job["lane"])}
            found = db.execute(STATEMENTS["retry_job"], asked).fetchone()
        self._wake.notify()
        return found is not None

    def look_at_job(self, job_id: str, *, now: int) -> bool:
        with self._engine.write() as db:
            found = db.execute(STATEMENTS["look_at_job"], {"id": job_id, "now": now}).fetchone()
        self._wake.notify()
        return found is not None

    def look_at_running(self, *, now: int) -> int:
        with self._engine.write() as db:
            count = len(db.execute(STATEMENTS["look_at_running"], {"now": now}).fetchall())
        self._wake.notify()
        return count

    def follow(self, job_id: str, vendor_id: str, *, now: int) -> bool:
        asked = {"id": job_id, "vendor_id": vendor_id, "now": now}
        with self._engine.write() as db:
            found = db.execute(STATEMENTS["follow_job"], asked).fetchone()
            if found is None:
                return False
            link_vendor_id(db, job_id, vendor_id, found["submission"], now)
        self._wake.notify()
        return True

    def generations_of(self, job_id: str) -> list[str]:
        with self._engine.read() as db:
            rows = db.execute(STATEMENTS["list_generations_of_job"], {"job_id": job_id}).fetchall()
        return [row["id"] for row in rows]


def insert_job(
    db: sqlite3.Connection, job: NewJob, *, now: int, pipeline_id: str = "", why: str = ""
) -> Created:
    """Part of a write transaction. With inputs it stays out of the line until they are there."""
    elsewhere = job.source is Source.ELSEWHERE
    if elsewhere and (known := _followed(db, job.vendor_id)):
        return known
    waits = bool(job.inputs)
    job_id = new_id("job", now)
    row = {
        "id": job_id,
        "reference": secrets.token_urlsafe(18),
        "kind": job.kind,
        "makes": job.makes,
        "wish": codec.to_json(job.wish),
        "context": codec.to_json(job.context),
        "source": job.source,
        "batch_id": job.batch_id,
        "pipeline_id": pipeline_id or job.pipeline_id,
        "step": job.step,
        "inputs": codec.to_json(job.inputs),
        "delivers": int(job.delivers),
        "lane": job.lane,
        "videos": job.videos,
        "children": job.children,
        "status": JobStatus.PROCESSING if elsewhere else JobStatus.QUEUED,
        "why": why,
        "estimate": job.estimate,
        "idempotency_key": job.idempotency_key,
        "digest": job.digest,
        "turn": _turn(db, job),
        "now": now,
        "due_at": None if elsewhere or waits else now,
        "submitted_at": now if elsewhere else None,
        "slot_until": now + SILENT_MS if elsewhere and job.lane is Lane.VIDEO else None,
        "vendor_id": job.vendor_id,
        "look_at": now if elsewhere else None,
        "uploads": len(job.files),
    }
    if db.execute(STATEMENTS["insert_job"], row).fetchone() is None:
        key = {"idempotency_key": job.idempotency_key}
        first = db.execute(STATEMENTS["find_job_by_key"], key).fetchone()
        return Created(first["id"], False, first["digest"])
    for file in job.files:
        stored = {"name": file.name, "filename": file.filename, "type": file.type, "content": file.content}
        db.execute(STATEMENTS["insert_upload"], stored | {"job_id": job_id})
    if elsewhere:
        link_vendor_id(db, job_id, job.vendor_id, 0, now)
    return Created(job_id, True, job.digest)


def link_vendor_id(db: sqlite3.Connection, job_id: str, vendor_id: str, submission: int, now: int) -> None:
    """What is known of that generation already is the job's too."""
    job = read_job(db.execute(STATEMENTS["find_job"], {"id": job_id}).fetchone())
    if job.kind == BATCH_KIND:
        return
    link = JobLink(job_id, submission, job.delivers, job.makes, job.batch_id, dict(job.context))
    sqlite_results.link_generation(db, vendor_id, link, now)
    sqlite_results.tell_job(db, job_id, sqlite_results.Source("webhook", None, now))


def line_turn(db: sqlite3.Connection, lane: str) -> int:
    """What comes alone stands beside the next of every list."""
    turn: int = db.execute(STATEMENTS["line_turn"], {"lane": lane}).fetchone()["turn"]
    return turn


def read_job(row: sqlite3.Row) -> Job:
    return Job(
        id=row["id"],
        kind=row["kind"],
        makes=row["makes"],
        wish=json.loads(row["wish"]),
        context=json.loads(row["context"]),
        source=Source(row["source"]),
        status=JobStatus(row["status"]),
        why=row["why"],
        param=row["param"],
        estimate=row["estimate"],
        credits=row["credits"],
        refunded=row["refunded"],
        found=row["found"],
        delivers=bool(row["delivers"]),
        batch_id=row["batch_id"],
        pipeline_id=row["pipeline_id"],
        step=row["step"],
        inputs=json.loads(row["inputs"]),
        lane=Lane(row["lane"]),
        children=row["children"],
        vendor_id=row["vendor_id"],
        submission=row["submission"],
        created_at=row["created_at"],
        due_at=row["due_at"],
        submitted_at=row["submitted_at"],
        slot_until=row["slot_until"],
        look_at=row["look_at"],
        settled_at=row["settled_at"],
    )


def _followed(db: sqlite3.Connection, vendor_id: str) -> Created | None:
    row = db.execute(STATEMENTS["find_job_by_vendor_id"], {"vendor_id": vendor_id}).fetchone()
    return Created(row["id"], False, row["digest"]) if row else None


def _turn(db: sqlite3.Connection, job: NewJob) -> int:
    last = db.execute(STATEMENTS["batch_turn"], {"batch_id": job.batch_id}).fetchone()["turn"]
    turn = line_turn(db, job.lane)
    return turn if last is None else max(turn, last + 1)
