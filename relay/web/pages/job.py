"""One job, or one pipeline: its file, its story, what can be done about it; and its state for the script."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from relay.generation import actions, pipeline
from relay.generation.kinds import kind as kind_of
from relay.models.job import Job, Source
from relay.models.job_facts import prompt_of
from relay.models.status import Status
from relay.models.views import DeliverySummary, ResultRecord
from relay.web.api.job_schema import JobReader, QueuePosition, queue_position_of
from relay.web.auth import Guard
from relay.web.context import AppContext
from relay.web.pages import job_timeline, status_labels, time_format
from relay.web.pages.base import done, now, pages
from relay.web.pages.forms import text_of
from relay.web.pages.media import MediaItem, best, media

_MOST_GENERATIONS = 20


@dataclass(frozen=True, slots=True)
class JobDetails:
    """A job with all that its page shows."""

    job: Job
    records: Sequence[ResultRecord]
    deliveries: Sequence[DeliverySummary]
    delivery_statuses: Mapping[str, Status]
    media: Sequence[MediaItem]
    queue_position: QueuePosition | None
    status: Status


def blueprint(ctx: AppContext, guard: Guard) -> Blueprint:
    routes = pages("job", guard)

    @routes.get("/jobs/<job_id>")
    def page(job_id: str) -> str:
        seen = details_of(ctx, _known(ctx, job_id))
        return render_template("job.html", **shown(ctx, seen))

    @routes.get("/jobs/<job_id>/state.json")
    def state(job_id: str) -> Response:
        return tell_state(details_of(ctx, _known(ctx, job_id)))

    @routes.get("/pipelines/<pipeline_id>")
    def pipeline_page(pipeline_id: str) -> str:
        found = _pipeline(ctx, pipeline_id)
        steps = [details_of(ctx, step) for step in found.steps]
        return render_template(
            "pipeline.html",
            pipeline=found,
            steps=steps,
            word=status_labels.JOB[found.status],
            can_resume=actions.can_resume(found, account=ctx.account),
        )

    @routes.get("/pipelines/<pipeline_id>/state.json")
    def pipeline_state(pipeline_id: str) -> Response:
        found = _pipeline(ctx, pipeline_id)
        whole = ",".join(step.status for step in found.steps)
        return tell(whole, status_labels.JOB[found.status].text, final=found.status.is_final)

    @routes.post("/jobs/<job_id>/<any(cancel, retry, refresh, link):what>")
    def act(job_id: str, what: str) -> Answer:
        job, moment = _known(ctx, job_id), now()
        if what == "cancel":
            outcome = actions.cancel(ctx.store, job, now=moment)
        elif what == "retry":
            outcome = actions.retry(ctx.store, job, account=ctx.account, limits=ctx.limits, now=moment)
        elif what == "refresh":
            outcome = actions.refresh(ctx.store, job, account=ctx.account, now=moment)
        else:
            outcome = actions.link(ctx.store, job, request.form.get("generation_id", ""), now=moment)
        return done(url_for(".page", job_id=job.id), outcome.summary, well=outcome.done)

    @routes.post("/pipelines/<pipeline_id>/<any(cancel, resume):what>")
    def act_on_pipeline(pipeline_id: str, what: str) -> Answer:
        found, moment = _pipeline(ctx, pipeline_id), now()
        if what == "cancel":
            outcome = actions.cancel_pipeline(ctx.store, found, now=moment)
        else:
            outcome = actions.resume_pipeline(ctx.store, found, account=ctx.account, now=moment)
        return done(url_for(".pipeline_page", pipeline_id=found.id), outcome.summary, well=outcome.done)

    return routes


def details_of(ctx: AppContext, job: Job) -> JobDetails:
    """With its results; of a large batch, only the first generations."""
    moment = now()
    records: list[ResultRecord] = []
    deliveries: list[DeliverySummary] = []
    shown: list[MediaItem] = []
    for generation_id in ctx.store.generations_of(job.id)[:_MOST_GENERATIONS]:
        found = ctx.store.results(generation_id)
        records += found
        deliveries += reversed(ctx.store.deliveries(limit=50, generation_id=generation_id))
        if record := best(found):
            shown += media(record, ctx.link, moment)
    reader = JobReader(ctx, moment)
    place = reader.place(job)
    status = reader.status(job, place)
    position = queue_position_of(place, status, moment)
    said = ctx.delivery_statuses(deliveries, moment)
    return JobDetails(job, records, deliveries, said, shown, position, status)


def title_of(job: Job) -> str:
    """Short: the product's title, the prompt, the SKU or the kind, whichever the job has first."""
    said = job.context.get("title") or prompt_of(job.input) or job.context.get("sku") or ""
    line = " ".join(said.split())
    return f"{line[:70]}..." if len(line) > 73 else line or kind_title(job)


def kind_title(job: Job) -> str:
    try:
        return kind_of(job.kind).title
    except KeyError:
        return job.kind


def run_again(job: Job) -> str:
    """The form of its kind, filled in with what the job was made with."""
    if job.source is Source.SAMPLE or job.source is Source.ELSEWHERE:
        return ""
    try:
        kind_of(job.kind)
    except KeyError:
        return ""
    return url_for("create.form", name=job.kind) + "?" + urlencode({"from": job.id})


def tell_state(seen: JobDetails) -> Response:
    word = status_labels.JOB[seen.job.status].text
    over = seen.job.status.is_final and not any(each.due_at for each in seen.deliveries)
    return tell(_state(seen), f"{title_of(seen.job)}: {word}.", final=over)


def tell(state: str, sentence: str = "", *, final: bool = False) -> Response:
    """For the script: 304 as long as nothing changed."""
    body = json.dumps({"state": state, "sentence": sentence, "final": final})
    response = Response(body, content_type="application/json")
    response.set_etag(hashlib.sha256(body.encode()).hexdigest()[:16])
    response.make_conditional(request)
    return response


def shown(ctx: AppContext, seen: JobDetails) -> dict[str, Any]:
    job = seen.job
    return {
        "seen": seen,
        "job": job,
        "title": title_of(job),
        "kind_title": kind_title(job),
        "chapters": job_timeline.timeline(job, seen.status, seen.records)
        + job_timeline.of_deliveries(seen.deliveries, seen.delivery_statuses),
        "charge": seen.status.charge,
        "again": run_again(job),
        "can": {
            action: actions.is_available(action, job, account=ctx.account) for action in actions.JOB_ACTIONS
        },
        "needs_key": not ctx.account,
        "input": [(_field_title(job, name), _said(value)) for name, value in job.input.items()],
        "state": _state(seen),
        "usually": _usually(job),
    }


def _said(value: object) -> str:
    return ("Yes" if value else "No") if isinstance(value, bool) else text_of(value)


def _field_title(job: Job, name: str) -> str:
    """As the form has it."""
    try:
        field = kind_of(job.kind).input.model_fields.get(name)
    except KeyError:
        field = None
    return (field.title if field else None) or name.replace("_", " ")


def _usually(job: Job) -> str:
    if status_labels.is_late(job, now()):
        return "Taking longer than usual."
    try:
        least, most = kind_of(job.kind).seconds
    except KeyError:
        return ""
    return f"Usually {time_format.span(least)} to {time_format.span(most)}."


def _state(seen: JobDetails) -> str:
    """Changes when the page has something new to say; not with every retry or queue position."""
    deliveries = sorted(f"{each.connection}:{each.status}" for each in seen.deliveries)
    late = ["late"] if status_labels.is_late(seen.job, now()) else []
    return " ".join([status_labels.JOB[seen.job.status].text, *late, *deliveries])


def _known(ctx: AppContext, job_id: str) -> Job:
    return ctx.store.job(job_id) or abort(404)


def _pipeline(ctx: AppContext, pipeline_id: str) -> pipeline.Pipeline:
    return pipeline.find(ctx.store, pipeline_id) or abort(404)
