"""Results on SQLite, however they were learned: kept once, owed to those who want them, told to their job."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from relay.models.core import Result, RoutedResult, new_id
from relay.models.delivery import DeliveryStatus
from relay.models.job import JobStatus, Progress, status_of_job
from relay.models.queue import parse_reference
from relay.store.sql import codec
from relay.store.sql.archive import insert_copies
from relay.store.sql.statements import STATEMENTS

_FIRST_LOOK = 10_000  # ms, at a job whose lost answer was found by a webhook that ends nothing


@dataclass(frozen=True, slots=True)
class Source:
    """Where results come from. `found`: answer | webhook | recovered; `event_id` None: no webhook's."""

    found_by: str
    event_id: str | None
    now: int


@dataclass(frozen=True, slots=True)
class JobLink:
    """The job that a generation is of, and which sending of it."""

    job_id: str
    submission: int
    fan_out: bool
    output_kind: str
    batch_id: str
    context: Mapping[str, str]


def job_by_reference(db: sqlite3.Connection, text: str) -> JobLink | None:
    reference, submission = parse_reference(text)
    row = db.execute(STATEMENTS["find_job_by_reference"], {"reference": reference}).fetchone()
    return _link(row, submission or row["submission"]) if row else None


def link_of_job(db: sqlite3.Connection, job_id: str, submission: int | None) -> JobLink:
    """`submission` None: its latest."""
    row = db.execute(STATEMENTS["find_job"], {"id": job_id}).fetchone()
    return _link(row, row["submission"] if submission is None else submission)


def link_generation(db: sqlite3.Connection, generation_id: str, job: JobLink, now: int) -> None:
    """From now on this generation is the job's, unless it is another's."""
    row = {"generation_id": generation_id, "kind": job.output_kind, "now": now}
    row |= {"job_id": job.job_id, "submission": job.submission}
    if db.execute(STATEMENTS["link_generation"], row).fetchone() and job.context:
        keep_context(db, generation_id, job.context)


def keep_context(db: sqlite3.Connection, generation_id: str, context: Mapping[str, str]) -> None:
    """Adds what was not known of the generation; what was, stays."""
    known = json.loads(db.execute(STATEMENTS["find_context"], {"id": generation_id}).fetchone()["context"])
    if merged := {name: context[name] for name in context if name not in known}:
        row = {"id": generation_id, "context": codec.to_json(known | merged)}
        db.execute(STATEMENTS["save_context"], row)


def keep_result(db: sqlite3.Connection, routed: RoutedResult, source: Source) -> int | None:
    """How many deliveries became due by it; None when the result was known."""
    now, result = source.now, routed.result
    advanced, job = _advance(db, result, now)
    result_id = new_id("res", now)
    row = {
        "id": result_id,
        "generation_id": result.generation_id,
        "status": result.status,
        "status_rank": result.status.rank,
        "event_id": source.event_id,
        "received_at": now,
        "details": codec.encode(_of_job(result, job)),
    }
    if not db.execute(STATEMENTS["insert_result"], row).fetchone():
        _fill(db, routed, now)
        return None
    if routed.held_until is not None:
        insert_copies(db, result_id, result, now)
    if advanced:
        note = f"superseded: the generation is now {result.status}"
        superseded = {"generation_id": result.generation_id, "now": now, "note": note}
        db.execute(STATEMENTS["supersede_deliveries"], superseded)
    connections = routed.connections if job is None or job.fan_out else ()
    rows = (_delivery(routed, result_id, connection, now, due=advanced) for connection in connections)
    inserted = sum(db.execute(STATEMENTS["insert_delivery"], row).rowcount for row in rows)
    if advanced and job is not None:
        update_job(db, job.job_id, source, result)
    return inserted if advanced else 0


def update_job(db: sqlite3.Connection, job_id: str, source: Source, result: Result | None = None) -> None:
    """What a job has come to by its generations; `result` is what is new of one of them."""
    job = db.execute(STATEMENTS["find_job"], {"id": job_id}).fetchone()
    progress = [
        Progress(row["submission"], row["completed"], row["failed"])
        for row in db.execute(STATEMENTS["job_progress"], {"job_id": job_id})
    ]
    status = status_of_job(job["expected_results"], job["submission"], progress)
    to_be_sent = job["status"] == JobStatus.QUEUED
    if to_be_sent and status is not JobStatus.COMPLETED:  # again: what came before is past
        return
    row = {
        "id": job_id,
        "status": status,
        "status_reason": _why(status, job, progress, result),
        "final": status.is_final,
        "found_by": source.found_by,
        "credits": result.credits if result and job["expected_results"] == 1 else None,
        "refunded": result.credits_refunded if result else None,
        "vendor_id": result.generation_id if result and job["expected_results"] == 1 else "",
        "poll_at": source.now + _FIRST_LOOK,
        "now": source.now,
    }
    db.execute(STATEMENTS["advance_job"], row)


def _why(status: JobStatus, job: sqlite3.Row, progress: list[Progress], result: Result | None) -> str:
    failed = sum(each.failed for each in progress if each.submission == job["submission"])
    if job["expected_results"] > 1 and failed:
        return f"{failed} of {job['expected_results']} failed."
    if status is JobStatus.FAILED:
        known = job["status_reason"] if job["status"] == JobStatus.FAILED else ""
        return (result and result.error) or known or "CreativeAI could not make it, and did not say why."
    return ""


def _advance(db: sqlite3.Connection, result: Result, now: int) -> tuple[bool, JobLink | None]:
    """Whether the generation stands higher now, and whose job it is."""
    row = {
        "generation_id": result.generation_id,
        "kind": result.kind,
        "status_rank": result.status.rank,
        "now": now,
    }
    advanced = db.execute(STATEMENTS["advance_generation"], row).fetchone()
    if advanced is not None and not advanced["job_id"]:
        return True, None
    key = {"generation_id": result.generation_id}
    found = db.execute(STATEMENTS["find_job_of_generation"], key).fetchone()
    return advanced is not None, _link(found, found["submission"]) if found else None


def _link(row: sqlite3.Row, submission: int) -> JobLink:
    return JobLink(
        job_id=row["id"],
        submission=submission,
        fan_out=bool(row["fan_out"]),
        output_kind=row["output_kind"],
        batch_id=row["batch_id"],
        context=json.loads(row["context"]),
    )


def _of_job(result: Result, job: JobLink | None) -> Result:
    """Jobs of one list belong together, also where the vendor knows nothing of that list."""
    if job is None or result.vendor_batch_id or not job.batch_id:
        return result
    return replace(result, vendor_batch_id=job.batch_id)


def _delivery(
    routed: RoutedResult, result_id: str, connection: str, now: int, *, due: bool
) -> dict[str, Any]:
    held = routed.held_until is not None and routed.held_until > now
    waits = "waits for the archive's copy" if held else ""
    due_at = routed.held_until if held else now
    return {
        "id": new_id("dlv", now),
        "result_id": result_id,
        "generation_id": routed.result.generation_id,
        "connection": connection,
        "status": DeliveryStatus.PENDING if due else DeliveryStatus.SKIPPED,
        "due_at": due_at if due else None,
        "settled_at": None if due else now,
        "note": waits if due else f"came late: the generation had gone beyond {routed.result.status}",
    }


def _fill(db: sqlite3.Connection, routed: RoutedResult, now: int) -> None:
    key = {"generation_id": routed.result.generation_id, "status": routed.result.status}
    known = db.execute(STATEMENTS["find_result"], key).fetchone()
    details = codec.filled(known["details"], routed.result)
    if details is not None:
        db.execute(STATEMENTS["fill_result"], {"id": known["id"], "details": details})
        if routed.held_until is not None and not codec.has_outputs(known["details"]):
            insert_copies(db, known["id"], routed.result, now)
