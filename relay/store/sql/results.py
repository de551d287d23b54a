"""Results from any source: stored once, with deliveries to the routed connections, counted for their job."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from relay.models.core import Result, ResultStatus, RoutedResult, UnclearStatus, new_id
from relay.models.delivery import DeliveryStatus, came_late, superseded_by
from relay.models.job import JobStatus, Progress, status_of_job
from relay.models.job import Source as JobSource
from relay.models.job_facts import JobFacts, prompt_of, text_of
from relay.models.queue import parse_reference
from relay.store.sql import codec
from relay.store.sql.archive import insert_copies
from relay.store.sql.context import add_context
from relay.store.sql.database import Row, Session

_FIRST_POLL = 10_000  # ms, for a job whose lost answer was found by a webhook that ends nothing


@dataclass(frozen=True, slots=True)
class Source:
    """Where results come from. `found`: answer | webhook | recovered; `event_id` None: no webhook's."""

    found_by: str
    event_id: str | None
    now: int


@dataclass(frozen=True, slots=True)
class JobLink:
    """The job of a generation, and which submission of it."""

    job_id: str
    submission: int
    fan_out: bool
    output_kind: str
    context: Mapping[str, str]


def job_by_reference(db: Session, text: str) -> JobLink | None:
    reference, submission = parse_reference(text)
    row = db.fetch_one("find_job_by_reference", {"reference": reference})
    return _link(row, submission or row["submission"]) if row else None


def link_of_job(db: Session, job_id: str, submission: int | None) -> JobLink:
    """`submission` None: its latest."""
    row = db.fetch_row("find_job", {"id": job_id})
    return _link(row, row["submission"] if submission is None else submission)


def link_generation(db: Session, generation_id: str, job: JobLink, now: int, number: int = 0) -> None:
    """Link the generation to the job, unless it belongs to another. `number`: which of the job's it is."""
    row = {"generation_id": generation_id, "kind": job.output_kind, "now": now, "number": number}
    row |= {"job_id": job.job_id, "submission": job.submission}
    if db.fetch_one("link_generation", row):
        add_context(db, generation_id, job.context)
        _complete_known(db, generation_id)


def keep_result(db: Session, routed: RoutedResult, source: Source) -> int | None:
    """How many deliveries became due; None when the result was known."""
    now = source.now
    advanced, kind, job, facts = _advance(db, routed.result, now)
    result = facts.complete(routed.result, now)
    routed = replace(routed, result=result)
    result_id = new_id("res", now)
    row = {
        "id": result_id,
        "generation_id": result.generation_id,
        "status": result.status,
        "status_rank": result.status.rank,
        "event_id": source.event_id,
        "received_at": now,
        "details": codec.encode(result),
    }
    if not db.fetch_one("insert_result", row):
        _fill(db, routed, now)
        return None
    if routed.held_until is not None:
        insert_copies(db, result_id, result, now)
    if advanced:
        superseded = {"generation_id": result.generation_id, "now": now}
        db.execute("supersede_deliveries", superseded | {"note": superseded_by(result.status)})
    connections = routed.connections_for(kind) if job is None or job.fan_out else ()
    rows = (_delivery(routed, result_id, connection, now, due=advanced) for connection in connections)
    inserted = sum(db.execute("insert_delivery", row) for row in rows)
    if advanced and job is not None:
        update_job(db, job.job_id, source, result)
    return inserted if advanced else 0


def poll_unclear(
    db: Session, unclear: UnclearStatus, now: int, hold_reason: str = "", *, job_id: str = ""
) -> bool:
    """Ask the vendor about what a webhook left open. False: there is no job that could be polled for it.

    `hold_reason`: set where there is no API key to ask with; the job is held, and polled once there is one.
    `job_id`: of a batch that was left open, as the webhook's reference names it.
    """
    row = {"generation_id": unclear.generation_id, "vendor_batch_id": unclear.vendor_batch_id, "now": now}
    row |= {
        "completed": int(unclear.word == ResultStatus.COMPLETED),
        "hold_reason": hold_reason,
        "job_id": job_id,
    }
    return db.fetch_one("poll_unclear_job", row) is not None


def update_job(db: Session, job_id: str, source: Source, result: Result | None = None) -> None:
    """Bring a job to the status its generations have reached; `result` is what is new about one of them."""
    job = db.fetch_row("lock_job", {"id": job_id})
    progress = [
        Progress(row["submission"], row["completed"], row["failed"])
        for row in db.fetch_all("job_progress", {"job_id": job_id})
    ]
    status = status_of_job(job["expected_results"], job["submission"], progress)
    to_be_sent = job["status"] == JobStatus.QUEUED
    if to_be_sent and status is not JobStatus.COMPLETED:  # again: what came before is past
        return
    vendor_id = job["vendor_id"] or _vendor_id(job, result)
    if result and not status.is_final and not vendor_id:  # a part of a batch that nobody could ask about
        _add_refund(db, result)
        return
    row = {
        "id": job_id,
        "status": status,
        "status_reason": _why(status, job, progress, result),
        "final": int(status.is_final),
        "found_by": source.found_by,
        "credits": result.credits if result and job["expected_results"] == 1 else None,
        "refunded": result.credits_refunded if result else None,
        "vendor_id": vendor_id,
        "poll_at": source.now + _FIRST_POLL if vendor_id else None,
        "now": source.now,
    }
    db.execute("advance_job", row)


def _vendor_id(job: Row, result: Result | None) -> str:
    """What CreativeAI can be asked about, as far as this result says it."""
    if result is None:
        return ""
    return result.generation_id if job["expected_results"] == 1 else result.vendor_batch_id


def _add_refund(db: Session, result: Result) -> None:
    money = {"credits": None, "credits_refunded": result.credits_refunded}
    db.execute("fill_job_credits", money | {"generation_id": result.generation_id})


def _why(status: JobStatus, job: Row, progress: list[Progress], result: Result | None) -> str:
    failed = sum(each.failed for each in progress if each.submission == job["submission"])
    if job["expected_results"] > 1 and failed:
        return f"{failed} of {job['expected_results']} failed."
    if status is JobStatus.FAILED:
        known = job["status_reason"] if job["status"] == JobStatus.FAILED else ""
        return (result and result.error) or known or "CreativeAI could not make it, and did not say why."
    return ""


def _advance(db: Session, result: Result, now: int) -> tuple[bool, str, JobLink | None, JobFacts]:
    """Whether the generation reached a higher status, its kind, its job, and what that asked for."""
    row = {
        "generation_id": result.generation_id,
        "kind": result.kind,
        "status_rank": result.status.rank,
        "now": now,
    }
    advanced = db.fetch_one("advance_generation", row)
    kind = result.kind if advanced is None else advanced["kind"]
    if advanced is not None and not advanced["job_id"]:
        return True, kind, None, JobFacts()
    key = {"generation_id": result.generation_id}
    found = db.fetch_one("find_job_of_generation", key)
    if found is None:
        return advanced is not None, kind, None, JobFacts()
    return advanced is not None, found["output_kind"], _link(found, found["submission"]), _facts(found)


def _link(row: Row, submission: int) -> JobLink:
    return JobLink(
        job_id=row["id"],
        submission=submission,
        fan_out=bool(row["fan_out"]),
        output_kind=row["output_kind"],
        context=json.loads(row["context"]),
    )


def _complete_known(db: Session, generation_id: str) -> None:
    """Results that were kept before their job was known get what the job knows."""
    facts = _facts(db.fetch_row("find_job_of_generation", {"generation_id": generation_id}))
    for row in db.fetch_all("list_results", {"generation_id": generation_id}):
        same = {name: row[name] for name in ("generation_id", "status", "kind", "batch_id")}
        result = codec.decode(row["details"], **same)
        whole = facts.complete(result, row["received_at"])
        if whole != result:
            db.execute("fill_result", {"id": row["id"], "details": codec.encode(whole)})


def _facts(row: Row) -> JobFacts:
    """Nothing is known of what was started elsewhere. Credits are those of the job's latest submission."""
    if row["source"] == JobSource.ELSEWHERE:
        return JobFacts()
    job_input = json.loads(row["input"])
    latest = row["submission"] == row["latest_submission"]
    return JobFacts(
        prompt=prompt_of(job_input, row["number"]),
        model=text_of(job_input.get("model")),
        credits=row["credits"] if latest and row["expected_results"] == 1 else None,
        is_ours=True,
    )


def _delivery(
    routed: RoutedResult, result_id: str, connection: str, now: int, *, due: bool
) -> dict[str, Any]:
    return {
        "id": new_id("dlv", now),
        "result_id": result_id,
        "generation_id": routed.result.generation_id,
        "connection": connection,
        "status": DeliveryStatus.PENDING if due else DeliveryStatus.SKIPPED,
        "due_at": first_due_at(routed, now) if due else None,
        "now": now,
        "settled_at": None if due else now,
        "note": "" if due else came_late(routed.result.status),
    }


def first_due_at(routed: RoutedResult, now: int) -> int:
    """Now, or when the archive has had its time for the copy."""
    return max(now, routed.held_until or 0)


def _fill(db: Session, routed: RoutedResult, now: int) -> None:
    """A later report of a known result adds what the first one did not say, to the job's credits too."""
    result = routed.result
    known = db.fetch_row("find_result", {"generation_id": result.generation_id, "status": result.status})
    gained = codec.gained(known["details"], result)
    if not gained:
        return
    db.execute("fill_result", {"id": known["id"], "details": codec.filled(known["details"], gained)})
    if "outputs" in gained:
        if routed.held_until is not None:
            insert_copies(db, known["id"], result, now)
        due_at = first_due_at(routed, now)
        db.execute("redeliver_result", {"result_id": known["id"], "due_at": due_at, "now": now})
    money = {name: gained.get(name) for name in ("credits", "credits_refunded")}
    db.execute("fill_job_credits", money | {"generation_id": result.generation_id})
