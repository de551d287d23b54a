"""What a form for a new job holds so far: input and context, the price, and the same call of the API."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, abort, jsonify

from relay.generation.create_job import read_input
from relay.generation.kinds import Kind, estimate
from relay.generation.kinds import kind as kind_of
from relay.generation.pipeline_steps import Preset
from relay.web.context import AppContext
from relay.web.pages.base import now
from relay.web.pages.credit_format import credits_of


@dataclass(frozen=True, slots=True)
class ContextField:
    """An optional field beside the input; sent along with every result of the job."""

    name: str
    title: str
    help: str


CONTEXT = (
    ContextField("sku", "SKU", "Finds the product in Shopify; included in every row and message."),
    ContextField("product_id", "Shopify product", "The product's number or handle, if it has no SKU."),
    ContextField("title", "Title", "The name of the product or campaign."),
    ContextField(
        "alt_text",
        "Alternative text",
        "Describes the image or video for people who cannot see it; shown by Shopify.",
    ),
)


def input_of(chosen: Kind | Preset, given: Mapping[str, str]) -> dict[str, str]:
    return {name: given[name] for name in chosen.input.model_fields if name in given}


def context_of(given: Mapping[str, str]) -> dict[str, str]:
    fields = {each.name: given.get(f"context.{each.name}", "").strip() for each in CONTEXT}
    return {name: value for name, value in fields.items() if value}


def price_of(ctx: AppContext, chosen: Kind | Preset, given: Mapping[str, str]) -> Response:
    """For the script: what the form as it is filled in would cost."""
    if not isinstance(chosen, Kind):
        abort(404)
    filled = {name: value for name, value in input_of(chosen, given).items() if value.strip()}
    job_input, _ = read_input(chosen, _examples(chosen) | filled)
    if job_input is None:
        return jsonify({})
    found = ctx.price(chosen, job_input, now())
    return jsonify(sentence=found.summary, button=credits_of(found.credits))


def call_of(chosen: Kind, given: Mapping[str, str]) -> str:
    """The body of the API's call that asks for the same; with examples where nothing is filled in."""
    filled = {name: value for name, value in input_of(chosen, given).items() if value.strip()}
    job_input, _ = read_input(chosen, _examples(chosen) | filled)
    asked = job_input.model_dump(mode="json", exclude_unset=True) if job_input else filled
    context = {each.name: given[each.name] for each in CONTEXT if given.get(each.name)} | context_of(given)
    call = {"kind": chosen.name, "input": asked, "context": context}
    return json.dumps(call, indent=1, ensure_ascii=False)


def _examples(chosen: Kind | Preset) -> dict[str, Any]:
    """For what has to be filled in, so that there is a price before it is."""
    fields = chosen.input.model_fields.items()
    return {name: field.examples[0] for name, field in fields if field.is_required() and field.examples}


def typical(chosen: Kind | Preset, given: Mapping[str, str]) -> str:
    """Before anything is filled in: from the examples."""
    filled = {name: value for name, value in input_of(chosen, given).items() if value}
    if isinstance(chosen, Preset):
        steps = [
            (kind_of(step.kind), step)
            for step in chosen.steps(chosen.input.model_validate(_examples(chosen)))
        ]
        known = [_estimate_of(each, step.input) for each, step in steps]
        return f"About {sum(known):g} credits for all steps, which is typical."
    job_input, _ = read_input(chosen, _examples(chosen) | filled)
    if job_input is None:
        job_input, _ = read_input(chosen, _examples(chosen))
    return estimate(chosen, job_input).summary if job_input else ""


def typical_credits(chosen: Kind | Preset, given: Mapping[str, str]) -> str:
    """For the button, before the script knows the price; "" for a preset, whose steps differ too much."""
    if isinstance(chosen, Preset):
        return ""
    filled = {name: value for name, value in input_of(chosen, given).items() if value}
    job_input = read_input(chosen, _examples(chosen) | filled)[0] or read_input(chosen, _examples(chosen))[0]
    return credits_of(estimate(chosen, job_input).credits) if job_input else ""


def _estimate_of(chosen: Kind, given: Mapping[str, object]) -> float:
    """What a step typically costs, with an example in place of the file that it will be fed."""
    job_input, _ = read_input(chosen, {**_examples(chosen), **given})
    return estimate(chosen, job_input).credits if job_input else 0.0
