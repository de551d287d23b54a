"""Pipelines on SQLite: jobs made together, and those among them that wait for what another one brings."""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from relay.jobs import Created, Job, JobStatus, NewJob, waits_for
from relay.model import ResultStatus, new_id
from relay.store import codec
from relay.store.sql import STATEMENTS
from relay.store.sqlite_engine import SqliteEngine
from relay.store.sqlite_jobs import insert_job, read_job
from relay.store.sqlite_records import read_result
from relay.store.wake import Wake
from relay.summaries import ResultRecord


class SqlitePipelines:
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
            for step in steps:
                why = waits_for(dict.fromkeys(step.inputs.values(), JobStatus.QUEUED))
                insert_job(db, step, now=now, pipeline_id=created["id"], why=why)
        self._wake.notify()
        return Created(created["id"], True, digest)

    def pipeline(self, pipeline_id: str) -> tuple[str, Mapping[str, str], int] | None:
        with self._engine.read() as db:
            row = db.execute(STATEMENTS["find_pipeline"], {"id": pipeline_id}).fetchone()
        return (row["name"], json.loads(row["context"]), row["created_at"]) if row else None

    def waiting_steps(self, *, limit: int) -> list[tuple[Job, Mapping[str, ResultRecord]]]:
        with self._engine.read() as db:
            ready = (each for each in _waiting(db) if each.is_ready)
            fed = [(each.job_id, _brought(db, each)) for each in islice(ready, limit)]
            return [(_job(db, job_id), brought) for job_id, brought in fed]

    def explain_steps(self) -> int:
        with self._engine.read() as db:
            words = {each.job_id: each.words for each in _waiting(db) if each.words != each.why}
        if not words:
            return 0
        with self._engine.write() as db:
            rows = [{"id": job_id, "why": why} for job_id, why in words.items()]
            return db.executemany(STATEMENTS["explain_step"], rows).rowcount

    def begin_step(self, job_id: str, wish: Mapping[str, Any], *, now: int) -> bool:
        row = {"id": job_id, "wish": codec.to_json(wish), "now": now}
        with self._engine.write() as db:
            begun = db.execute(STATEMENTS["begin_step"], row).fetchone()
        self._wake.notify()
        return begun is not None

    def fail_step(self, job_id: str, why: str, *, now: int) -> bool:
        with self._engine.write() as db:
            row = {"id": job_id, "why": why, "now": now}
            return db.execute(STATEMENTS["fail_step"], row).fetchone() is not None


@dataclass(slots=True)
class _Waiting:
    """`sources`: every other step of its pipeline, name -> (job's id, status)."""

    job_id: str
    why: str
    inputs: dict[str, str]
    sources: dict[str, tuple[str, JobStatus]] = field(default_factory=dict)

    @property
    def is_ready(self) -> bool:
        return all(self.sources[step][1] is JobStatus.COMPLETED for step in self.inputs.values())

    @property
    def words(self) -> str:
        return waits_for({step: self.sources[step][1] for step in self.inputs.values()})


def _waiting(db: sqlite3.Connection) -> Iterator[_Waiting]:
    """The oldest first. The statement has each of them once for every other step of its pipeline."""
    found: dict[str, _Waiting] = {}
    for row in db.execute(STATEMENTS["list_waiting_steps"]):
        if row["id"] not in found:
            found[row["id"]] = _Waiting(row["id"], row["why"], json.loads(row["inputs"]))
        found[row["id"]].sources[row["step"]] = row["source_id"], JobStatus(row["status"])
    yield from found.values()


def _brought(db: sqlite3.Connection, waiting: _Waiting) -> dict[str, ResultRecord]:
    return {name: _first_file(db, waiting.sources[step][0]) for name, step in waiting.inputs.items()}


def _first_file(db: sqlite3.Connection, job_id: str) -> ResultRecord:
    """Of several results the first that has a file; of none that has one, the first."""
    asked = {"job_id": job_id, "status": ResultStatus.COMPLETED}
    results = [read_result(row) for row in db.execute(STATEMENTS["list_results_of_job"], asked)]
    return next((each for each in results if each.result.outputs), results[0])


def _job(db: sqlite3.Connection, job_id: str) -> Job:
    return read_job(db.execute(STATEMENTS["find_job"], {"id": job_id}).fetchone())
