"""Create: choose what to create and fill in its form, with the price before the click, to queue the job."""

import secrets
from collections.abc import Container, Mapping
from typing import Any

from flask import Blueprint, Response, abort, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from relay.errors import ApiKeyError, RelayError
from relay.generation import JobRequest, pipeline, request_job, request_pipeline
from relay.generation.create_job import InputError
from relay.generation.kinds import Kind, kinds, output_kinds
from relay.generation.kinds import kind as kind_of
from relay.generation.pipeline import PRESETS
from relay.generation.pipeline_steps import Preset
from relay.generation.status import queue_status
from relay.intake import strict_json
from relay.models.job import Job, Source, UploadedFile
from relay.web.auth import Guard
from relay.web.context import AppContext
from relay.web.pages.base import done, now, pages
from relay.web.pages.create_form import (
    call_of,
    context_controls,
    context_of,
    from_address,
    from_job,
    input_of,
    price_of,
    typical,
    typical_credits,
)
from relay.web.pages.forms import controls, uploads
from relay.web.uploads import allow_upload

_MAIN = ("prompt", "text", "duration", "aspect_ratio", "voice", "language", "size", "n", "scale")
_FORM = "create_form.html"
_SYMBOLS = {"Video": "video", "Image": "image", "Voice": "voice", "Combine": "puzzle"}


def blueprint(ctx: AppContext, guard: Guard) -> Blueprint:
    routes = pages("create", guard)

    @routes.get("/create")
    def choose() -> str:
        groups: dict[str, list[Kind]] = {}
        for each in kinds():
            groups.setdefault(each.group, []).append(each)
        return render_template(
            "create.html", groups=groups, presets=PRESETS.values(), signs=_SYMBOLS, has_key=bool(ctx.account)
        )

    @routes.get("/create/<name>")
    def form(name: str) -> str:
        chosen = chosen_by(name)
        job_id = request.args.get("from", "")
        before = (ctx.store.job(job_id) or abort(404)) if job_id else None
        given = from_job(chosen, before) if before else {}
        given |= from_address(chosen, request.args)
        return form_page(ctx, chosen, given, _objections(chosen, before))

    @routes.post("/create/<name>")
    def create(name: str) -> Answer | tuple[str, int]:
        allow_upload(request)
        chosen, given = chosen_by(name), given_form()
        try:
            made = make(ctx, chosen, given, given_files())
        except (InputError, ApiKeyError) as error:
            return form_page(ctx, chosen, given, faults_of(error)), 422
        is_pipeline = isinstance(chosen, Preset)
        where = (
            url_for("job.pipeline_page", pipeline_id=made)
            if is_pipeline
            else url_for("job.page", job_id=made)
        )
        return done(where, "Pipeline queued." if is_pipeline else "Job queued.")

    @routes.post("/create/<name>/price")
    def price(name: str) -> Response:
        return price_of(chosen_by(name), given_form(), ctx.price)

    return routes


def _objections(chosen: Kind | Preset, job: Job | None) -> dict[str, str]:
    """What CreativeAI had against that job, by our field, where it named one."""
    fits = job is not None and job.kind == chosen.name and job.error_param in chosen.input.model_fields
    return {job.error_param: job.status_reason} if job and fits and job.status_reason else {}


def chosen_by(name: str) -> Kind | Preset:
    if name in PRESETS:
        return PRESETS[name]
    try:
        return kind_of(name)
    except KeyError:
        abort(404)


def given_form() -> dict[str, str]:
    """What was entered; of a checkbox and the blank behind it the last counts. Browsers send line breaks as
    CR LF, whatever they were."""
    return {
        name: strict_json.storable(values[-1]).replace("\r\n", "\n") for name, values in request.form.lists()
    }


def given_files() -> tuple[UploadedFile, ...]:
    chosen = ((name, file) for name, file in request.files.items() if file.filename)
    return tuple(
        UploadedFile(name, strict_json.storable(file.filename or ""), file.mimetype, file.read())
        for name, file in chosen
    )


def make(
    ctx: AppContext,
    chosen: Kind | Preset,
    given: Mapping[str, str],
    files: tuple[UploadedFile, ...],
    *,
    share_link_id: str = "",
) -> str:
    """The id of the new job or pipeline; a form sent twice makes one, with other values another.

    Raises InputError, ApiKeyError and ShareError.
    """
    form = given.get("key") or secrets.token_urlsafe(12)
    key = f"form:{share_link_id}:{form}" if share_link_id else f"form:{form}"
    context, moment = context_of(given, only_fields=bool(share_link_id)), now()
    if isinstance(chosen, Preset):
        planned = pipeline.of_preset(
            chosen.name, input_of(chosen, given), source=Source.FORM, context=context, files=files
        )
        return request_pipeline(
            ctx.store,
            planned,
            account=ctx.account,
            limits=ctx.limits,
            idempotency_key=key,
            other_input="another",
            share_link_id=share_link_id,
            now=moment,
        ).job_id
    request = JobRequest(
        chosen.name,
        input_of(chosen, given),
        Source.FORM,
        context=context,
        files=files,
        idempotency_key=key,
        other_input="another",
        share_link_id=share_link_id,
    )
    return request_job(ctx.store, request, account=ctx.account, limits=ctx.limits, now=moment).job_id


def faults_of(error: RelayError) -> dict[str, str]:
    """Of a request that was refused, by field; "" for what is about none of them."""
    return error.faults if isinstance(error, InputError) else {"": str(error)}


def form_page(
    ctx: AppContext,
    chosen: Kind | Preset,
    given: Mapping[str, str],
    faults: Mapping[str, str],
    *,
    template: str = _FORM,
    without: Container[str] = (),
    **more: Any,
) -> str:
    """`without` names fields that are left out; `more` is for another template than the usual one."""
    asked = [*uploads(chosen.uploads, faults), *controls(chosen.input, given, faults)]
    fields = [each for each in asked if each.name not in without]
    main = [each for each in fields if each.required or each.fault or each.name in _MAIN]
    extra = template == _FORM  # a share link's form has its own fields and no others
    context = [each for each in context_controls(given, extra=extra) if each.name not in without]
    state = ctx.store.queue_state(ctx.account, now=now()) if ctx.account else None
    return render_template(
        template,
        kind=chosen,
        is_preset=isinstance(chosen, Preset),
        main=main,
        more=[each for each in fields if each not in main],
        context=context,
        faults=faults,
        titles={each.name: each.title for each in (*asked, *context)},
        key=given.get("key") or secrets.token_urlsafe(12),
        price=typical(chosen, given),
        credits=typical_credits(chosen, given),
        noun=output_kinds()[_makes(chosen)].noun,
        seconds=chosen.seconds if isinstance(chosen, Kind) else None,
        goes_to=[each for each in ctx.connections() if not each.kinds or _makes(chosen) in each.kinds],
        state=state,
        queue=queue_status(state, ctx.limits, now()) if state else None,
        limits=ctx.limits,
        has_key=bool(ctx.account),
        call="" if isinstance(chosen, Preset) else call_of(chosen, given),
        **more,
    )


def _makes(chosen: Kind | Preset) -> str:
    return chosen.output_kind if isinstance(chosen, Kind) else "compose"
