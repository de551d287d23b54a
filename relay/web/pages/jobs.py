"""The list of jobs, newest first, filtered by words, status, kind and day; the filters are in the address."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

from flask import Blueprint, render_template, request

from relay.generation.kinds import kinds
from relay.models.core import first_id
from relay.models.job import Job, JobStatus
from relay.web.api.job_schema import JobReader
from relay.web.auth import Guard
from relay.web.context import AppContext
from relay.web.pages import status_labels
from relay.web.pages.base import now, pages
from relay.web.pages.job import kind_title, title_of
from relay.web.pages.media import MediaItem, best, media

PAGE = 25


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job in a list. `medium` is its first file; `reason` is why it is held, has failed or waits."""

    job: Job
    title: str
    kind: str
    medium: MediaItem | None
    reason: str


@dataclass(frozen=True, slots=True)
class JobFilter:
    """The filters of the list, as the address has them; days are in UTC."""

    q: str = ""
    status: str = ""
    kind: str = ""
    first_day: date | None = None
    last_day: date | None = None

    @property
    def since(self) -> str:
        """The lowest id that is included."""
        return _first_id(self.first_day) if self.first_day else ""

    @property
    def until(self) -> str:
        """The lowest id above all that are included; "": no upper bound."""
        return _first_id(self.last_day + timedelta(days=1)) if self.last_day else ""

    def address(self, before: str) -> str:
        named = {"q": self.q, "status": self.status, "kind": self.kind, "before": before}
        named |= {"from": str(self.first_day or ""), "to": str(self.last_day or "")}
        return "/jobs?" + urlencode({name: value for name, value in named.items() if value})


def blueprint(ctx: AppContext, guard: Guard) -> Blueprint:
    routes = pages("jobs", guard)

    @routes.get("/jobs")
    def page() -> str:
        chosen, before = _chosen(), request.args.get("before", "")
        found = _found(ctx, chosen, before) if chosen.q else _listed(ctx, chosen, before)
        rows = rows_of(ctx, found[:PAGE])
        return render_template(
            "jobs.html",
            rows=rows,
            chosen=chosen,
            following=chosen.address(found[PAGE - 1].id) if len(found) > PAGE else "",
            is_narrowed=chosen != JobFilter() or bool(before),
            statuses=status_labels.JOB,
            kinds=kinds(),
        )

    return routes


def _chosen() -> JobFilter:
    status, kind = request.args.get("status", ""), request.args.get("kind", "")
    return JobFilter(
        q=request.args.get("q", "").strip()[:200],
        status=status if status in set(JobStatus) else "",
        kind=kind if kind in {each.name for each in kinds()} else "",
        first_day=_day("from"),
        last_day=_day("to"),
    )


def _day(name: str) -> date | None:
    """The day as a date field sends it; None, so no filter, for anything else."""
    try:
        day = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    return day if 1970 <= day.year < 9999 else None


def _first_id(day: date) -> str:
    return first_id("job", int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000)


def rows_of(ctx: AppContext, jobs: Sequence[Job]) -> list[JobRow]:
    reader = JobReader(ctx, now())
    return [_row(ctx, job, reader) for job in jobs]


def _row(ctx: AppContext, job: Job, reader: JobReader) -> JobRow:
    item = None
    if job.status is JobStatus.COMPLETED and (ids := ctx.store.generations_of(job.id)):
        record = best(ctx.store.results(ids[0]))
        item = next(iter(media(record, ctx.link, now())), None) if record else None
    tells = job.status in (JobStatus.QUEUED, JobStatus.HELD, JobStatus.FAILED)
    return JobRow(job, title_of(job), kind_title(job), item, reader.status(job).reason if tells else "")


def _listed(ctx: AppContext, chosen: JobFilter, before: str) -> list[Job]:
    ends = [end for end in (before, chosen.until) if end]
    return ctx.store.jobs(
        limit=PAGE + 1,
        before=min(ends, default=""),
        since=chosen.since,
        status=chosen.status,
        kind=chosen.kind,
    )


def _found(ctx: AppContext, chosen: JobFilter, before: str) -> list[Job]:
    """By words; a CreativeAI ID finds its job."""
    generation = ctx.store.generation(chosen.q)
    if generation and generation.job_id:
        job = ctx.store.job(generation.job_id)
        return [job] if job and not before else []
    return ctx.store.find_jobs(
        chosen.q,
        limit=PAGE + 1,
        before=before,
        since=chosen.since,
        until=chosen.until,
        status=chosen.status,
        kind=chosen.kind,
    )
