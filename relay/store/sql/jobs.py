"""Jobs: created, found, canceled, retried, polled and linked."""

from collections.abc import Sequence

from relay.errors import StoreBusyError
from relay.models.core import Event, RoutedResult
from relay.models.job import Created, Job, NewJob, Source
from relay.models.queue import UNLIMITED, QueuePosition
from relay.store.contract.core import QUEUE
from relay.store.sql.database import Database, Session
from relay.store.sql.group_commit import GroupCommit
from relay.store.sql.intake import accept_event
from relay.store.sql.job_rows import insert_job, link_vendor_id, queue_turn, read_job
from relay.store.sql.next_call import PASSED_MS
from relay.store.sql.repository import Repository
from relay.store.sql.share_links import keep_to_share

AFTER_ALL_IDS = "~"


_Request = tuple[Sequence[NewJob], int]  # jobs that are created together, and when in ms


class SqlJobs(Repository):
    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._requests: GroupCommit[_Request, list[Created]] = GroupCommit(self._create)

    def create_jobs(self, jobs: Sequence[NewJob], *, now: int) -> list[Created]:
        return self._requests.submit((jobs, now))

    def _create(self, requests: Sequence[_Request]) -> list[list[Created] | Exception]:
        """One transaction for all; if one request breaks it, one for each, so that it fails alone."""
        every = [job for jobs, _ in requests for job in jobs]
        alongside = not any(job.source in (Source.ELSEWHERE, Source.SAMPLE) for job in every)
        try:
            with self._database.write(alongside=alongside) as db:
                db.lock(*_names(every))
                created = [_create_jobs(db, jobs, now) for jobs, now in requests]
        except StoreBusyError:
            raise
        except Exception as error:
            if len(requests) == 1:
                return [error]
            return [answer for request in requests for answer in self._create([request])]
        self._database.notify(QUEUE)
        return list(created)

    def create_sample(self, job: NewJob, event: Event, wanted: Sequence[RoutedResult]) -> Created:
        with self._database.write() as db:
            created = insert_job(db, job, now=event.received_at)
            if created.new:
                accept_event(db, event, wanted)
        self._database.notify()
        return created

    def job(self, job_id: str) -> Job | None:
        with self._database.read() as db:
            row = db.fetch_one("find_job", {"id": job_id})
        return read_job(row) if row else None

    def jobs(
        self,
        *,
        limit: int,
        before: str = "",
        since: str = "",
        status: str = "",
        kind: str = "",
        batch_id: str = "",
        pipeline_id: str = "",
    ) -> list[Job]:
        asked = {"limit": limit, "before": before or AFTER_ALL_IDS, "since": since, "status": status}
        asked |= {"kind": kind, "batch_id": batch_id, "pipeline_id": pipeline_id}
        statement = _list_of_group(batch_id, pipeline_id) or _list(status, kind)
        with self._database.read() as db:
            rows = db.fetch_all(statement, asked)
        found = [read_job(row) for row in rows]
        return [job for job in found if batch_id in ("", job.batch_id)]

    def queue_position(
        self, job_id: str, *, now: int, videos_left: float = UNLIMITED, credits_left: float = UNLIMITED
    ) -> QueuePosition | None:
        asked = {"id": job_id, "now": now, "passed_before": now - PASSED_MS}
        asked |= {"videos_left": videos_left, "credits_left": credits_left}
        with self._database.read() as db:
            row = db.fetch_one("queue_position", asked)
        return QueuePosition(**dict(row)) if row else None

    def cancel_job(self, job_id: str, *, now: int) -> bool:
        with self._database.write() as db:
            found = db.fetch_one("cancel_job", {"id": job_id, "now": now})
            if found:
                db.execute("delete_uploads", {"job_id": job_id})
        return found is not None

    def retry_job(self, job_id: str, *, now: int) -> bool:
        with self._database.write() as db:
            job = db.fetch_one("find_job", {"id": job_id})
            if job is None or job["source"] in (Source.ELSEWHERE, Source.SAMPLE):
                return False
            asked = {"id": job_id, "now": now, "turn": queue_turn(db, job["rate_bucket"])}
            found = db.fetch_one("retry_job", asked)
        self._database.notify()
        return found is not None

    def poll_job(self, job_id: str, *, now: int) -> bool:
        with self._database.write() as db:
            found = db.fetch_one("poll_job", {"id": job_id, "now": now})
        self._database.notify()
        return found is not None

    def poll_running(self, *, now: int) -> int:
        with self._database.write() as db:
            count = len(db.fetch_all("poll_running", {"now": now}))
        self._database.notify()
        return count

    def link_job(self, job_id: str, vendor_id: str, *, now: int) -> bool:
        asked = {"id": job_id, "vendor_id": vendor_id, "now": now}
        with self._database.write() as db:
            found = db.fetch_one("link_job", asked)
            if found is None:
                return False
            link_vendor_id(db, job_id, vendor_id, found["submission"], now)
        self._database.notify()
        return True

    def generations_of(self, job_id: str) -> list[str]:
        with self._database.read() as db:
            rows = db.fetch_all("list_generations_of_job", {"job_id": job_id})
        return [row["id"] for row in rows]


def _names(jobs: Sequence[NewJob]) -> list[str]:
    """What two requests must not decide at the same moment: what is left of a budget, the turns of a batch.

    Jobs that are begun already are alone, because they change generations.
    """
    links = [f"share_link {job.share_link_id}" for job in jobs if job.share_link_id]
    return [*links, *(f"batch {job.batch_id}" for job in jobs if job.batch_id)]


def _list_of_group(batch_id: str, pipeline_id: str) -> str:
    if pipeline_id:
        return "list_jobs_by_pipeline"
    return "list_jobs_by_batch" if batch_id else ""


def _list(status: str, kind: str) -> str:
    if kind:
        return "list_jobs_by_kind_and_status" if status else "list_jobs_by_kind"
    return "list_jobs_by_status" if status else "list_jobs"


def _create_jobs(db: Session, jobs: Sequence[NewJob], now: int) -> list[Created]:
    """Part of a write transaction; all of these jobs or none."""
    created = [insert_job(db, job, now=now) for job in jobs]
    keep_to_share(db, jobs, created, now=now)
    return created
