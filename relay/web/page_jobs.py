"""The list of jobs: by state, by words, newest first; every filter stands in the address."""

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, render_template, request

from relay.jobs import Job, JobStatus
from relay.web import words
from relay.web.api_operation import Desk
from relay.web.media import Medium, best, media
from relay.web.page import Guard, now, pages
from relay.web.page_job import kind_title, title_of

PAGE = 25


@dataclass(frozen=True, slots=True)
class Line:
    """A job in a list. `medium` is the first file of it."""

    job: Job
    title: str
    kind: str
    medium: Medium | None


def blueprint(desk: Desk, guard: Guard) -> Blueprint:
    routes = pages("jobs", guard)

    @routes.get("/jobs")
    def page() -> str:
        status, text = request.args.get("status", ""), request.args.get("q", "").strip()[:200]
        before = request.args.get("before", "")
        status = status if status in set(JobStatus) else ""
        found = _found(desk, text, before) if text else _listed(desk, status, before)
        lines = [line(desk, job) for job in found[:PAGE]]
        following = ""
        if len(found) > PAGE:
            kept = {"status": status, "q": text, "before": found[PAGE - 1].id}
            following = "/jobs?" + urlencode({name: value for name, value in kept.items() if value})
        return render_template(
            "jobs.html",
            lines=lines,
            status=status,
            q=text,
            following=following,
            is_first=not before,
            statuses=words.JOB,
        )

    return routes


def line(desk: Desk, job: Job) -> Line:
    medium = None
    if job.status is JobStatus.COMPLETED and (ids := desk.store.generations_of(job.id)):
        record = best(desk.store.results(ids[0]))
        medium = next(iter(media(record, desk.link, now())), None) if record else None
    return Line(job, title_of(job), kind_title(job), medium)


def _listed(desk: Desk, status: str, before: str) -> list[Job]:
    return desk.store.jobs(limit=PAGE + 1, before=before, status=status)


def _found(desk: Desk, text: str, before: str) -> list[Job]:
    """By words; an id of CreativeAI's finds the job that it came of."""
    generation = desk.store.generation(text)
    if generation and generation.job_id:
        job = desk.store.job(generation.job_id)
        return [job] if job and not before else []
    return desk.store.find_jobs(text, limit=PAGE + 1, before=before)
