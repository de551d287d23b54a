"""Pipelines: jobs created together, and those among them that wait for the file of another."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from relay.models.core import ResultStatus, new_id
from relay.models.job import Created, Job, JobStatus, NewJob, PipelineSummary, waiting_reason
from relay.models.views import ResultRecord
from relay.store.sql import codec
from relay.store.sql.database import Row, Session
from relay.store.sql.job_rows import insert_job, read_job
from relay.store.sql.jobs import AFTER_ALL_IDS
from relay.store.sql.records import read_result
from relay.store.sql.repository import Repository
from relay.store.sql.share_links import keep_to_share


class SqlPipelines(Repository):
    def create_pipeline(
        self,
        name: str,
        steps: Sequence[NewJob],
        *,
        context: Mapping[str, str],
        idempotency_key: str = "",
        digest: str = "",
        now: int,
    ) -> Created:
        row = {"id": new_id("pipe", now), "name": name, "context": codec.to_json(context), "now": now}
        row |= {"idempotency_key": idempotency_key, "digest": digest}
        with self._database.write() as db:
            created = db.fetch_one("insert_pipeline", row)
            if created is None:
                first = db.fetch_row("find_pipeline_by_key", row)
                return Created(first["id"], False, first["digest"])
            made: list[Created] = []
            for step in steps:
                why = waiting_reason(dict.fromkeys(sorted(step.inputs.values()), JobStatus.QUEUED))
                made.append(insert_job(db, step, now=now, pipeline_id=created["id"], why=why))
            _insert_inputs(db, steps, made)
            keep_to_share(db, steps, made, now=now)
        self._database.notify()
        return Created(created["id"], True, digest)

    def pipeline(self, pipeline_id: str) -> tuple[str, Mapping[str, str], int] | None:
        with self._database.read() as db:
            row = db.fetch_one("find_pipeline", {"id": pipeline_id})
        return (row["name"], json.loads(row["context"]), row["created_at"]) if row else None

    def pipelines(self, *, limit: int, before: str = "") -> list[PipelineSummary]:
        asked = {"limit": limit, "before": before or AFTER_ALL_IDS}
        with self._database.read() as db:
            rows = db.fetch_all("list_pipelines", asked)
            steps = _steps_of(db, [row["id"] for row in rows])
        return [
            PipelineSummary(
                id=row["id"],
                name=row["name"],
                context=json.loads(row["context"]),
                created_at=row["created_at"],
                statuses=frozenset(JobStatus(step["status"]) for step in steps[row["id"]]),
                estimate=sum(step["estimate"] for step in steps[row["id"]]),
            )
            for row in rows
        ]

    def waiting_steps(self, *, limit: int) -> list[tuple[Job, Mapping[str, ResultRecord]]]:
        with self._database.read() as db:
            rows = db.fetch_all("list_ready_steps", {"limit": limit})
            return [(job, _results_for(db, job)) for job in map(read_job, rows)]

    def explain_steps(self) -> int:
        with self._database.read() as db:
            rows = db.fetch_all("list_awaited_steps")
        said = {row["id"]: row["status_reason"] for row in rows}
        awaited: dict[str, dict[str, JobStatus]] = {job_id: {} for job_id in said}
        for row in rows:
            awaited[row["id"]][row["step"]] = JobStatus(row["status"])
        words = {job_id: waiting_reason(dict(sorted(steps.items()))) for job_id, steps in awaited.items()}
        changed = [
            {"id": job_id, "status_reason": why} for job_id, why in words.items() if why != said[job_id]
        ]
        if not changed:
            return 0
        with self._database.write() as db:
            return db.execute_many("explain_step", changed)

    def begin_step(self, job_id: str, job_input: Mapping[str, Any], *, now: int) -> bool:
        row = {"id": job_id, "input": codec.to_json(job_input), "now": now}
        with self._database.write() as db:
            begun = db.fetch_one("begin_step", row)
        self._database.notify()
        return begun is not None

    def fail_step(self, job_id: str, why: str, *, now: int) -> bool:
        with self._database.write() as db:
            row = {"id": job_id, "status_reason": why, "now": now}
            return db.fetch_one("fail_step", row) is not None


def _results_for(db: Session, job: Job) -> dict[str, ResultRecord]:
    needed = db.fetch_all("list_inputs_of_job", {"job_id": job.id})
    return {row["field"]: _first_file(db, row["needed_job_id"]) for row in needed}


def _insert_inputs(db: Session, steps: Sequence[NewJob], created: Sequence[Created]) -> None:
    """Which step uses whose file, once all of them have IDs."""
    ids = {step.step: made.job_id for step, made in zip(steps, created, strict=True)}
    for step in steps:
        for field, needed in step.inputs.items():
            row = {"job_id": ids[step.step], "field": field, "needed_job_id": ids[needed]}
            db.execute("insert_job_input", row)


def _steps_of(db: Session, pipeline_ids: Sequence[str]) -> dict[str, list[Row]]:
    """Status and estimate of each step. The ids follow one another in the list."""
    steps: dict[str, list[Row]] = {pipeline_id: [] for pipeline_id in pipeline_ids}
    if pipeline_ids:
        asked = {"first": min(pipeline_ids), "last": max(pipeline_ids)}
        for row in db.fetch_all("list_statuses_of_pipelines", asked):
            steps.setdefault(row["pipeline_id"], []).append(row)
    return steps


def _first_file(db: Session, job_id: str) -> ResultRecord:
    """The first result with a file, else the first."""
    asked = {"job_id": job_id, "status": ResultStatus.COMPLETED}
    results = [read_result(db, row) for row in db.fetch_all("list_results_of_job", asked)]
    return next((each for each in results if each.result.outputs), results[0])
