"""A job's rows: written when it is created, and read again. Parts of a transaction."""

import json
import secrets
from collections.abc import Mapping

from relay.models.core import new_id
from relay.models.job import SILENT_MS, Created, Job, JobStatus, NewJob, RateBucket, Source
from relay.store.sql import codec, results
from relay.store.sql.context import add_context
from relay.store.sql.database import Row, Session
from relay.store.sql.results import JobLink
from relay.store.sql.search_tokens import tokens

BATCH_KIND = "video-batch"  # its vendor's id is no generation's
WORD_COLUMNS = ("id", "vendor_id", "input", "context", "batch_id")


def insert_job(db: Session, job: NewJob, *, now: int, pipeline_id: str = "", why: str = "") -> Created:
    """Part of a write transaction. A job with inputs is not due until they exist."""
    elsewhere = job.source is Source.ELSEWHERE
    if elsewhere and (known := _known_elsewhere(db, job)):
        return known
    begun = elsewhere or job.source is Source.SAMPLE
    waits = bool(job.inputs)
    job_id = new_id("job", now)
    row = {
        "id": job_id,
        "reference": secrets.token_urlsafe(18),
        "kind": job.kind,
        "output_kind": job.output_kind,
        "input": codec.to_json(job.input),
        "context": codec.to_json(job.context),
        "source": job.source,
        "batch_id": job.batch_id,
        "pipeline_id": pipeline_id or job.pipeline_id,
        "step": job.step,
        "inputs": codec.to_json(job.inputs),
        "fan_out": int(job.fan_out),
        "rate_bucket": job.rate_bucket,
        "videos": job.videos,
        "expected_results": job.expected_results,
        "status": JobStatus.PROCESSING if begun else JobStatus.QUEUED,
        "status_reason": why,
        "estimate": job.estimate,
        "idempotency_key": job.idempotency_key,
        "digest": job.digest,
        "turn": _turn(db, job),
        "now": now,
        "due_at": None if begun or waits else now,
        "submitted_at": now if begun else None,
        "running_until": now + SILENT_MS if elsewhere and job.rate_bucket is RateBucket.VIDEO else None,
        "vendor_id": job.vendor_id,
        "poll_at": now if elsewhere else None,
        "uploads": len(job.files),
        "share_link_id": job.share_link_id,
    }
    if db.fetch_one("insert_job", row) is None:
        key = {"idempotency_key": job.idempotency_key}
        first = db.fetch_row("find_job_by_key", key)
        return Created(first["id"], False, first["digest"])
    _index(db, "insert_job_words", job_id, words_of(*(str(row[name]) for name in WORD_COLUMNS)))
    for file in job.files:
        stored = {"name": file.name, "filename": file.filename, "type": file.type, "content": file.content}
        db.execute("insert_upload", stored | {"job_id": job_id})
    if begun:
        link_vendor_id(db, job_id, job.vendor_id, 0, now)
    return Created(job_id, True, job.digest)


def link_vendor_id(db: Session, job_id: str, vendor_id: str, submission: int, now: int) -> None:
    """Link the vendor's ID to the job, and update the job by the results that are already known."""
    job = read_job(db.fetch_row("find_job", {"id": job_id}))
    if job.kind == BATCH_KIND:
        return
    link = JobLink(job_id, submission, job.fan_out, job.output_kind, dict(job.context))
    results.link_generation(db, vendor_id, link, now)
    results.update_job(db, job_id, results.Source("webhook", None, now))


def queue_turn(db: Session, rate_bucket: str) -> int:
    """A single job has the same turn as the next job of every batch."""
    turn: int = db.fetch_row("queue_turn", {"rate_bucket": rate_bucket})["turn"]
    return turn


def read_job(row: Row) -> Job:
    return Job(
        id=row["id"],
        kind=row["kind"],
        output_kind=row["output_kind"],
        input=json.loads(row["input"]),
        context=json.loads(row["context"]),
        source=Source(row["source"]),
        status=JobStatus(row["status"]),
        status_reason=row["status_reason"],
        error_param=row["error_param"],
        estimate=row["estimate"],
        credits=row["credits"],
        refunded=row["refunded"],
        found_by=row["found_by"],
        fan_out=bool(row["fan_out"]),
        batch_id=row["batch_id"],
        pipeline_id=row["pipeline_id"],
        step=row["step"],
        inputs=json.loads(row["inputs"]),
        rate_bucket=RateBucket(row["rate_bucket"]),
        expected_results=row["expected_results"],
        vendor_id=row["vendor_id"],
        submission=row["submission"],
        created_at=row["created_at"],
        due_at=row["due_at"],
        submitted_at=row["submitted_at"],
        running_until=row["running_until"],
        poll_at=row["poll_at"],
        settled_at=row["settled_at"],
        share_link_id=row["share_link_id"],
    )


def _known_elsewhere(db: Session, asked: NewJob) -> Created | None:
    """The job that has this vendor's ID already; missing entries are added to its context."""
    row = db.fetch_one("find_job_by_vendor_id", {"vendor_id": asked.vendor_id})
    if row is None:
        return None
    job = read_job(db.fetch_row("find_job", {"id": row["id"]}))
    generations = [asked.vendor_id]  # of a batch of the job, it may be one
    if job.vendor_id == asked.vendor_id:
        _add_context(db, job, asked.context)
        known = db.fetch_all("list_generations_of_job", {"job_id": job.id})
        generations = [each["id"] for each in known]
    for generation_id in generations:
        add_context(db, generation_id, asked.context)
    return Created(job.id, False, row["digest"])


def _add_context(db: Session, job: Job, context: Mapping[str, str]) -> None:
    new = {name: value for name, value in context.items() if name not in job.context}
    if new:
        merged = codec.to_json({**job.context, **new})
        db.execute("save_job_context", {"id": job.id, "context": merged})
        _index(db, "add_job_words", job.id, " ".join(new.values()))


def _turn(db: Session, job: NewJob) -> int:
    last = db.fetch_row("batch_turn", {"batch_id": job.batch_id})["turn"]
    turn = queue_turn(db, job.rate_bucket)
    return turn if last is None else max(turn, last + 1)


def words_of(job_id: str, vendor_id: str, job_input: str, context: str, batch_id: str) -> str:
    """What a job is found by: the values of WORD_COLUMNS, with every text of its input and context."""
    texts = (text for text in json.loads(job_input).values() if isinstance(text, str))
    return " ".join([job_id, vendor_id, *texts, *json.loads(context).values(), batch_id])


def _index(db: Session, statement: str, job_id: str, words: str) -> None:
    """An engine's full-text index takes the words, or the tokens where it cannot find them itself."""
    db.execute(statement, {"job_id": job_id, "words": words, "tokens": " ".join(tokens(words))})
