"""Create: choose what to make, fill in its form, and the job is in line. The price is asked before."""

import json
import secrets
from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, Response, abort, jsonify, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from relay.generation import pipeline
from relay.generation.kinds import Kind, estimate, kinds
from relay.generation.kinds import kind as kind_of
from relay.generation.new_job import WishError, new_job, read_wish
from relay.generation.pipeline import PRESETS
from relay.generation.steps import Preset
from relay.intake import strict_json
from relay.jobs import Source, UploadedFile
from relay.web.api_operation import LARGEST_BODY, LARGEST_UPLOAD, Desk
from relay.web.forms import Control, controls, uploads
from relay.web.page import Guard, done, now, pages

FIRST = ("image-to-video", "text-to-video", "image", "voice")  # offered on the first page
_MAIN = ("prompt", "text", "duration", "aspect_ratio", "voice", "language", "size", "n", "scale")
_SYMBOLS = {"Video": "video", "Image": "image", "Voice": "voice", "Combine": "puzzle"}


@dataclass(frozen=True, slots=True)
class Known:
    """What may be said of a job besides its wish; it travels with every result."""

    name: str
    title: str
    help: str


CONTEXT = (
    Known("sku", "SKU", "Finds the product in Shopify, and stands in every row and message."),
    Known("product_id", "Shopify product", "Its number or handle, where there is no SKU."),
    Known("title", "Title", "What the product or campaign is called."),
    Known("alt_text", "Alternative text", "What is seen, for people who cannot see it. Shopify shows it."),
)


def blueprint(desk: Desk, guard: Guard) -> Blueprint:
    routes = pages("create", guard)

    @routes.get("/create")
    def choose() -> str:
        groups: dict[str, list[Kind]] = {}
        for each in kinds():
            groups.setdefault(each.group, []).append(each)
        return render_template(
            "create.html", groups=groups, presets=PRESETS.values(), signs=_SYMBOLS, has_key=bool(desk.account)
        )

    @routes.get("/create/<name>")
    def form(name: str) -> str:
        return form_page(desk, chosen_by(name), request.args, {})

    @routes.post("/create/<name>")
    def create(name: str) -> Answer | tuple[str, int]:
        request.max_content_length, request.max_form_memory_size = LARGEST_UPLOAD, LARGEST_BODY
        chosen, given = chosen_by(name), given_form()
        try:
            made = make(desk, chosen, given, given_files())
        except WishError as error:
            return form_page(desk, chosen, given, error.faults), 422
        is_pipeline = isinstance(chosen, Preset)
        where = (
            url_for("job.pipeline_page", pipeline_id=made)
            if is_pipeline
            else url_for("job.page", job_id=made)
        )
        return done(where, "It is in line.")

    @routes.post("/create/<name>/price")
    def price(name: str) -> Response:
        return price_of(desk, chosen_by(name), given_form())

    return routes


def price_of(desk: Desk, chosen: Kind | Preset, given: Mapping[str, str]) -> Response:
    """For the script: what the form as it is filled in would cost."""
    if not isinstance(chosen, Kind):
        abort(404)
    filled = {name: value for name, value in _wish(chosen, given).items() if value.strip()}
    wish, _ = read_wish(chosen, _examples(chosen) | filled)
    if wish is None:
        return jsonify({})
    found = desk.price(chosen, wish, now())
    return jsonify(
        sentence=found.sentence, button=f"{found.credits:g} credit{'' if found.credits == 1 else 's'}"
    )


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


def _wish(chosen: Kind | Preset, given: Mapping[str, str]) -> dict[str, str]:
    return {name: given[name] for name in chosen.wish.model_fields if name in given}


def _context(given: Mapping[str, str]) -> dict[str, str]:
    fields = {each.name: given.get(f"context.{each.name}", "").strip() for each in CONTEXT}
    return {name: value for name, value in fields.items() if value}


def make(
    desk: Desk,
    chosen: Kind | Preset,
    given: Mapping[str, str],
    files: tuple[UploadedFile, ...],
    *,
    asked_by: str = "",
) -> str:
    """The id of the new job or pipeline; a form sent twice makes one. `asked_by`: through this share link.

    Raises WishError and ShareError.
    """
    if not desk.account:
        raise WishError(
            {"": "The relay has no key of CreativeAI's yet, so nothing was sent. Set it up first."}
        )
    context = _context(given)
    form = given.get("key") or secrets.token_urlsafe(12)  # the same form with other values is another
    key = f"form:{asked_by}:{form}" if asked_by else f"form:{form}"
    if isinstance(chosen, Preset):
        wanted = pipeline.of_preset(
            chosen.name, _wish(chosen, given), source=Source.FORM, context=context, files=files
        )
        _refuse_beyond_budget(desk, wanted.estimate)
        wanted = replace(wanted, jobs=[replace(job, asked_by=asked_by) for job in wanted.jobs])
        made = pipeline.create(desk.store, wanted, idempotency_key=f"{key}:{wanted.digest}", now=now())
        return made.job_id
    job = new_job(
        chosen.name,
        _wish(chosen, given),
        source=Source.FORM,
        context=context,
        files=files,
        idempotency_key=key,
    )
    _refuse_beyond_budget(desk, job.estimate)
    job = replace(job, idempotency_key=f"{key}:{job.digest}", asked_by=asked_by)
    (created,) = desk.store.create_jobs([job], now=now())
    return created.job_id


def _refuse_beyond_budget(desk: Desk, estimated: float) -> None:
    budget = desk.limits.credits_per_day
    if budget is not None and estimated > budget:
        raise WishError(
            {
                "": f"This takes about {estimated:g} credits, and the budget of a day is {budget:g}. Nothing "
                "was sent. Ask for less, or raise CREATIVEAI_CREDITS_PER_DAY."
            }
        )


def form_page(
    desk: Desk,
    chosen: Kind | Preset,
    given: Mapping[str, str],
    faults: Mapping[str, str],
    *,
    template: str = "create_form.html",
    without: Container[str] = (),
    **more: Any,
) -> str:
    """`without` names fields that are not asked for; `more` is for another template than the usual one."""
    asked = [*uploads(chosen.uploads, faults), *controls(chosen.wish, given, faults)]
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
        price=_typical(chosen, given),
        seconds=chosen.seconds if isinstance(chosen, Kind) else None,
        goes_to=[each for each in desk.connections() if not each.kinds or _makes(chosen) in each.kinds],
        state=desk.store.queue_state(desk.account, now=now()) if desk.account else None,
        limits=desk.limits,
        has_key=bool(desk.account),
        call="" if isinstance(chosen, Preset) else _call(chosen, given),
        **more,
    )


def _call(chosen: Kind, given: Mapping[str, str]) -> str:
    """The body of the API's call that asks for the same; with examples where nothing is filled in."""
    filled = {name: value for name, value in _wish(chosen, given).items() if value.strip()}
    wish, _ = read_wish(chosen, _examples(chosen) | filled)
    asked = wish.model_dump(mode="json", exclude_unset=True) if wish else filled
    context = {each.name: given[each.name] for each in CONTEXT if given.get(each.name)} | _context(given)
    call = {"kind": chosen.name, "wish": asked, "context": context}
    return json.dumps(call, indent=1, ensure_ascii=False)


def _makes(chosen: Kind | Preset) -> str:
    return chosen.makes if isinstance(chosen, Kind) else "compose"


def _examples(chosen: Kind | Preset) -> dict[str, Any]:
    """For what has to be filled in, so that there is a price before it is."""
    fields = chosen.wish.model_fields.items()
    return {name: field.examples[0] for name, field in fields if field.is_required() and field.examples}


def _typical(chosen: Kind | Preset, given: Mapping[str, str]) -> str:
    """Before anything is filled in: from the examples."""
    filled = {name: value for name, value in _wish(chosen, given).items() if value}
    if isinstance(chosen, Preset):
        steps = [
            (kind_of(step.kind), step) for step in chosen.steps(chosen.wish.model_validate(_examples(chosen)))
        ]
        known = [_estimate_of(each, step.wish) for each, step in steps]
        return f"About {sum(known):g} credits for all of it, which is typical."
    wish, _ = read_wish(chosen, _examples(chosen) | filled)
    if wish is None:
        wish, _ = read_wish(chosen, _examples(chosen))
    return estimate(chosen, wish).sentence if wish else ""


def _estimate_of(chosen: Kind, given: Mapping[str, object]) -> float:
    """What a step typically costs, with an example in place of the file that it will be fed."""
    wish, _ = read_wish(chosen, {**_examples(chosen), **given})
    return estimate(chosen, wish).credits if wish else 0.0
