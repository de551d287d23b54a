"""Pipelines on SQLite: jobs made together, and those among them that wait for what another one brings."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from relay.models.core import ResultStatus, new_id
from relay.models.job import Created, Job, JobStatus, NewJob, PipelineSummary, waiting_reason
from relay.models.views import ResultRecord
from relay.store.sql import codec
from relay.store.sql.job_rows import insert_job, read_job
from relay.store.sql.jobs import AFTER_ALL_IDS
from relay.store.sql.records import read_result
from relay.store.sql.share_links import keep_to_share
from relay.store.sql.statements import STATEMENTS
from relay.store.sqlite.engine import SqliteEngine
from relay.store.sqlite.wake import Wake


class SqlPipelines:
    _engine: SqliteEngine
    _wake: Wake

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
        with self._engine.write() as db:
            created = db.execute(STATEMENTS["insert_pipeline"], row).fetchone()
            if created is None:
                first = db.execute(STATEMENTS["find_pipeline_by_key"], row).fetchone()
                return Created(first["id"], False, first["digest"])
            made = []
            for step in steps:
                why = waiting_reason(dict.fromkeys(sorted(step.inputs.values()), JobStatus.QUEUED))
                made.append(insert_job(db, step, now=now, pipeline_id=created["id"], why=why))
            keep_to_share(db, steps, made, now=now)
        self._wake.notify()
        return Created(created["id"], True, digest)

    def pipeline(self, pipeline_id: str) -> tuple[str, Mapping[str, str], int] | None:
        with self._engine.read() as db:
            row = db.execute(STATEMENTS["find_pipeline"], {"id": pipeline_id}).fetchone()
        return (row["name"], json.loads(row["context"]), row["created_at"]) if row else None

    def pipelines(self, *, limit: int, before: str = "") -> list[PipelineSummary]:
        asked = {"limit": limit, "before": before or AFTER_ALL_IDS}
        with self._engine.read() as db:
            rows = db.execute(STATEMENTS["list_pipelines"], asked).fetchall()
        return [
            PipelineSummary(
                id=row["id"],
                name=row["name"],
                context=json.loads(row["context"]),
                created_at=row["created_at"],
                statuses=frozenset(map(JobStatus, row["statuses"].split(","))),
                estimate=row["estimate"],
            )
            for row in rows
        ]

    def waiting_steps(self, *, limit: int) -> list[tuple[Job, Mapping[str, ResultRecord]]]:
        with self._engine.read() as db:
            rows = db.execute(STATEMENTS["list_ready_steps"], {"limit": limit}).fetchall()
            return [(job, _brought(db, job)) for job in map(read_job, rows)]

    def explain_steps(self) -> int:
        with self._engine.read() as db:
            rows = db.execute(STATEMENTS["list_awaited_steps"]).fetchall()
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
        with self._engine.write() as db:
            return db.executemany(STATEMENTS["explain_step"], changed).rowcount

    def begin_step(self, job_id: str, job_input: Mapping[str, Any], *, now: int) -> bool:
        row = {"id": job_id, "input": codec.to_json(job_input), "now": now}
        with self._engine.write() as db:
            begun = db.execute(STATEMENTS["begin_step"], row).fetchone()
        self._wake.notify()
        return begun is not None

    def fail_step(self, job_id: str, why: str, *, now: int) -> bool:
        with self._engine.write() as db:
            row = {"id": job_id, "status_reason": why, "now": now}
            return db.execute(STATEMENTS["fail_step"], row).fetchone() is not None


def _brought(db: sqlite3.Connection, job: Job) -> dict[str, ResultRecord]:
    rows = db.execute(STATEMENTS["list_steps"], {"pipeline_id": job.pipeline_id})
    ids = {row["step"]: row["id"] for row in rows}
    return {name: _first_file(db, ids[step]) for name, step in job.inputs.items()}


def _first_file(db: sqlite3.Connection, job_id: str) -> ResultRecord:
    """Of several results the first that has a file; of none that has one, the first."""
    asked = {"job_id": job_id, "status": ResultStatus.COMPLETED}
    results = [read_result(row) for row in db.execute(STATEMENTS["list_results_of_job"], asked)]
    return next((each for each in results if each.result.outputs), results[0])
