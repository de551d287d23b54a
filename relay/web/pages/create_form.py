"""What a form for a new job holds so far: input and context, the price, and the same call of the API."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Response, abort, jsonify

from relay.generation.create_job import read_input
from relay.generation.kinds import Estimate, JobInput, Kind, estimate
from relay.generation.kinds import kind as kind_of
from relay.generation.pipeline_steps import Preset
from relay.models.job import Job
from relay.models.status import credits_of
from relay.web.pages.base import now
from relay.web.pages.forms import Control, text_of

Price = Callable[[Kind, JobInput, int], Estimate]  # at a time in ms

PREFIX = "context."  # of a context entry's name in a form


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


def context_of(given: Mapping[str, str], *, only_fields: bool = False) -> dict[str, str]:
    """`only_fields`: nothing but what the form has a field for, whatever else was sent."""
    fields = {
        name.removeprefix(PREFIX): value.strip() for name, value in given.items() if name.startswith(PREFIX)
    }
    known = {each.name for each in CONTEXT}
    return {name: value for name, value in fields.items() if value and (name in known or not only_fields)}


def from_address(chosen: Kind | Preset, query: Mapping[str, str]) -> dict[str, str]:
    """What a link fills in. A name of the context may come without its prefix, where no field has it."""
    fields = chosen.input.model_fields
    bare = [each.name for each in CONTEXT if each.name in query and each.name not in fields]
    return {f"{PREFIX}{name}": query[name] for name in bare} | dict(query)


def from_job(chosen: Kind | Preset, job: Job) -> dict[str, str]:
    """The whole of what that job was made with; for another kind its context alone."""
    filled = {f"{PREFIX}{name}": value for name, value in job.context.items()}
    if job.kind == chosen.name:
        filled |= {name: text_of(value) for name, value in job.input.items()}
    return filled


def context_controls(given: Mapping[str, str], *, extra: bool = True) -> list[Control]:
    """`extra`: also a field for each context entry of the job that has none of its own."""
    others = context_of(given).keys() - {each.name for each in CONTEXT} if extra else set()
    named = [*CONTEXT, *(ContextField(name, name, "") for name in sorted(others))]
    return [_context_control(each, given.get(f"{PREFIX}{each.name}", "")) for each in named]


def _context_control(field: ContextField, value: str) -> Control:
    several = "\n" in value  # a text field of one line would drop the breaks
    kind = "textarea" if several else "text"
    return Control(f"{PREFIX}{field.name}", field.title, field.help, kind, required=False, value=value)


def price_of(chosen: Kind | Preset, given: Mapping[str, str], price: Price) -> Response:
    """For the script: what the form as it is filled in would cost."""
    if not isinstance(chosen, Kind):
        abort(404)
    filled = {name: value for name, value in input_of(chosen, given).items() if value.strip()}
    job_input, _ = read_input(chosen, chosen.input.required_examples() | filled)
    if job_input is None:
        return jsonify({})
    found = price(chosen, job_input, now())
    return jsonify(sentence=found.summary, button=credits_of(found.credits))


def typical_price(chosen: Kind, job_input: JobInput, _now: int) -> Estimate:
    """For visitors: their questions take none of the requests that CreativeAI allows the account a minute."""
    return estimate(chosen, job_input)


def call_of(chosen: Kind, given: Mapping[str, str]) -> str:
    """The body of the same request to the API, with examples for empty fields."""
    filled = {name: value for name, value in input_of(chosen, given).items() if value.strip()}
    job_input, _ = read_input(chosen, chosen.input.required_examples() | filled)
    asked = job_input.model_dump(mode="json", exclude_unset=True) if job_input else filled
    call = {"kind": chosen.name, "input": asked, "context": context_of(given)}
    return json.dumps(call, indent=1, ensure_ascii=False)


def typical(chosen: Kind | Preset, given: Mapping[str, str]) -> str:
    """Before anything is filled in: from the examples."""
    filled = {name: value for name, value in input_of(chosen, given).items() if value}
    if isinstance(chosen, Preset):
        steps = [
            (kind_of(step.kind), step)
            for step in chosen.steps(chosen.input.model_validate(chosen.input.required_examples()))
        ]
        known = [_estimate_of(each, step.input) for each, step in steps]
        return f"About {sum(known):g} credits for all steps, which is typical."
    examples = chosen.input.required_examples()
    job_input = read_input(chosen, examples | filled)[0] or read_input(chosen, examples)[0]
    return estimate(chosen, job_input).summary if job_input else ""


def typical_credits(chosen: Kind | Preset, given: Mapping[str, str]) -> str:
    """For the button, before the script knows the price; "" for a preset, whose steps differ too much."""
    if isinstance(chosen, Preset):
        return ""
    filled = {name: value for name, value in input_of(chosen, given).items() if value}
    examples = chosen.input.required_examples()
    job_input = read_input(chosen, examples | filled)[0] or read_input(chosen, examples)[0]
    return credits_of(estimate(chosen, job_input).credits) if job_input else ""


def _estimate_of(chosen: Kind, given: Mapping[str, object]) -> float:
    """What a step typically costs, with an example in place of the file that it will be fed."""
    job_input, _ = read_input(chosen, {**chosen.input.required_examples(), **given})
    return estimate(chosen, job_input).credits if job_input else 0.0
