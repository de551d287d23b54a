"""Create: choose what to create and fill in its form, with the price before the click, to queue the job."""

import secrets
from collections.abc import Container, Mapping
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, abort, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from relay.generation import pipeline
from relay.generation.create_job import InputError, new_job
from relay.generation.kinds import Kind, kinds
from relay.generation.kinds import kind as kind_of
from relay.generation.pipeline import PRESETS
from relay.generation.pipeline_steps import Preset
from relay.intake import strict_json
from relay.models.job import Source, UploadedFile
from relay.web.auth import Guard
from relay.web.context import LARGEST_BODY, LARGEST_UPLOAD, AppContext
from relay.web.pages.base import done, now, pages
from relay.web.pages.create_form import (
    CONTEXT,
    call_of,
    context_of,
    input_of,
    price_of,
    typical,
    typical_credits,
)
from relay.web.pages.forms import Control, controls, uploads

FIRST = ("image-to-video", "text-to-video", "image", "voice")  # offered on the first page
_MAIN = ("prompt", "text", "duration", "aspect_ratio", "voice", "language", "size", "n", "scale")
_NOUNS = {"video": "video", "compose": "video", "chart": "video", "image": "image", "voice": "voice"}
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
        return form_page(ctx, chosen, request.args, _objections(ctx, chosen, request.args.get("again", "")))

    @routes.post("/create/<name>")
    def create(name: str) -> Answer | tuple[str, int]:
        request.max_content_length, request.max_form_memory_size = LARGEST_UPLOAD, LARGEST_BODY
        chosen, given = chosen_by(name), given_form()
        try:
            made = make(ctx, chosen, given, given_files())
        except InputError as error:
            return form_page(ctx, chosen, given, error.faults), 422
        is_pipeline = isinstance(chosen, Preset)
        where = (
            url_for("job.pipeline_page", pipeline_id=made)
            if is_pipeline
            else url_for("job.page", job_id=made)
        )
        return done(where, "Pipeline queued." if is_pipeline else "Job queued.")

    @routes.post("/create/<name>/price")
    def price(name: str) -> Response:
        return price_of(ctx, chosen_by(name), given_form())

    return routes


def _objections(ctx: AppContext, chosen: Kind | Preset, job_id: str) -> dict[str, str]:
    """What CreativeAI had against that job, by our field, where it named one."""
    job = ctx.store.job(job_id) if job_id else None
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
    """What was entered; of a checkbox and the blank behind it the last counts."""
    return {name: strict_json.storable(values[-1]) for name, values in request.form.lists()}


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
    """The id of the new job or pipeline; a form sent twice makes one. `asked_by`: through this share link.

    Raises WishError and ShareError.
    """
    if not ctx.account:
        raise InputError(
            {"": "No CreativeAI API key is set, so nothing was sent or charged. Set up the key first."}
        )
    context = context_of(given)
    form = given.get("key") or secrets.token_urlsafe(12)  # the same form with other values is another
    key = f"form:{share_link_id}:{form}" if share_link_id else f"form:{form}"
    if isinstance(chosen, Preset):
        wanted = pipeline.of_preset(
            chosen.name, input_of(chosen, given), source=Source.FORM, context=context, files=files
        )
        _refuse_beyond_budget(ctx, wanted.estimate)
        wanted = replace(wanted, jobs=[replace(job, share_link_id=share_link_id) for job in wanted.jobs])
        made = pipeline.create(ctx.store, wanted, idempotency_key=f"{key}:{wanted.digest}", now=now())
        return made.job_id
    job = new_job(
        chosen.name,
        input_of(chosen, given),
        source=Source.FORM,
        context=context,
        files=files,
        idempotency_key=key,
    )
    _refuse_beyond_budget(ctx, job.estimate)
    job = replace(job, idempotency_key=f"{key}:{job.digest}", share_link_id=share_link_id)
    (created,) = ctx.store.create_jobs([job], now=now())
    return created.job_id


def _refuse_beyond_budget(ctx: AppContext, estimated: float) -> None:
    budget = ctx.limits.credits_per_day
    if budget is not None and estimated > budget:
        raise InputError(
            {
                "": f"This takes about {estimated:g} credits, and the budget of a day is {budget:g}. Nothing "
                "was sent. Ask for less, or raise CREATIVEAI_CREDITS_PER_DAY."
            }
        )


def form_page(
    ctx: AppContext,
    chosen: Kind | Preset,
    given: Mapping[str, str],
    faults: Mapping[str, str],
    *,
    template: str = "create_form.html",
    without: Container[str] = (),
    **more: Any,
) -> str:
    """`without` names fields that are not asked for; `more` is for another template than the usual one."""
    asked = [*uploads(chosen.uploads, faults), *controls(chosen.input, given, faults)]
    fields = [each for each in asked if each.name not in without]
    main = [each for each in fields if each.required or each.fault or each.name in _MAIN]
    context = [
        Control(
            f"context.{each.name}",
            each.title,
            each.help,
            "text",
            required=False,
            value=given.get(f"context.{each.name}", given.get(each.name, "")),
        )
        for each in CONTEXT
        if f"context.{each.name}" not in without
    ]
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
        noun=_NOUNS[_makes(chosen)],
        seconds=chosen.seconds if isinstance(chosen, Kind) else None,
        goes_to=[each for each in ctx.connections() if not each.kinds or _makes(chosen) in each.kinds],
        state=ctx.store.queue_state(ctx.account, now=now()) if ctx.account else None,
        limits=ctx.limits,
        has_key=bool(ctx.account),
        call="" if isinstance(chosen, Preset) else call_of(chosen, given),
        **more,
    )


def _makes(chosen: Kind | Preset) -> str:
    return chosen.output_kind if isinstance(chosen, Kind) else "compose"
