"""Our table of CreativeAI's API says what the vendor's reference says, and nothing else."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest

from tests.creativeai.calls import endpoint_for, endpoint_of, name_of
from tests.reference import creativeai as ours
from tests.reference import creativeai_original as theirs
from tests.reference.creativeai import Shown, WebhookSample, sample, samples, shape, webhook_samples

# Our heading -> the reference's, where an id of its own stands in that.
HEADINGS = {
    "GET /v1/video/generations/{id} \u2014 200 OK (from an image)": "vgen_i2v_abc123 \u2014 200 OK",
    "GET /v1/video/generations/{id} \u2014 200 OK (completed)": "vgen_abc123 \u2014 200 OK (completed)",
    "GET /v1/video/generations/{id} \u2014 200 OK (failed)": "vgen_abc123 \u2014 200 OK (failed)",
}
FACTS = ("object", "type", "status", "code", "param")  # words of the API, no value of anybody's

needs_original = pytest.mark.skipif(
    not theirs.PATH.is_file(), reason="the vendor's API reference is not beside the repository"
)


def test_there_is_a_webhook_of_each_event_with_its_headers_and_exact_text() -> None:
    found = webhook_samples()
    assert [each.event for each in found] == [
        "video.generation.completed",
        "video.generation.failed",
        "video.batch.completed",
        "image.generation.completed",
        "voice.generation.completed",
    ]
    for each in found:
        assert each.delivery_id == each.json.get("id", each.json.get("batch_id"))
        assert each.body.startswith("{\n  ")
        assert each.body.endswith("\n}")
        assert json.loads(each.body) == each.json


def test_a_sample_is_found_by_its_heading() -> None:
    assert sample("GET /v1/video/generations/{id} - 200 OK (failed)")["status"] == "failed"
    assert sample("Error Response Format")["error"]["param"] == "prompt"
    assert len(samples()["GET /api/generate/status/{id} \u2014 200 OK"]) == 4


def test_a_shape_keeps_names_and_types_alone() -> None:
    assert shape({"a": 1, "b": [{"c": None}, 5]}) == {"a": "int", "b": [{"c": "NoneType"}]}


def test_each_body_is_a_request_of_an_endpoint_of_the_table() -> None:
    known = {name_of(endpoint_for(*each)) for each in ours.endpoints()}
    assert {name_of(endpoint_of(each)) for each in ours.shown()} <= known


def ordered(value: Any) -> Any:
    """Names in their order, types and the API's own words, of a list each element."""
    if isinstance(value, Mapping):
        return [
            (name, inner if name in FACTS and isinstance(inner, str) else ordered(inner))
            for name, inner in value.items()
        ]
    if isinstance(value, list):
        return [ordered(inner) for inner in value]
    return type(value).__name__


@needs_original
@pytest.mark.parametrize("heading", samples())
def test_answers_have_the_references_fields_order_types_and_words(heading: str) -> None:
    original = theirs.samples()
    (found,) = (
        key for key in original if key == heading or key.endswith(HEADINGS.get(heading, "no such heading"))
    )
    assert [ordered(each) for each in samples()[heading]] == [ordered(each) for each in original[found]]


@needs_original
def test_no_answer_of_the_reference_is_left_out() -> None:
    answers = [heading for heading in theirs.samples() if " OK" in heading or "Accepted" in heading]
    assert len(answers) == len(samples()) - len(["Error Response Format"])


@needs_original
def test_webhooks_have_the_references_fields_order_types_and_words() -> None:
    def seen(found: Iterable[WebhookSample]) -> dict[str, Any]:
        return {each.event: (list(each.headers), ordered(each.json)) for each in found}

    original = theirs.webhook_samples()
    assert seen(webhook_samples()) == seen(original)
    text = theirs.PATH.read_text(encoding="utf-8")
    assert text.count("X-CreativeAI-Event: ") == len(original), "one of the reference is overlooked"


@needs_original
def test_requests_have_the_references_fields_and_types() -> None:
    def seen(found: Iterable[Shown], of: Callable[[Any], Any]) -> set[str]:
        return {
            json.dumps([name_of(endpoint_of(each)), of(each.body), sorted(name for name, _ in each.form)])
            for each in found
        }

    def fields(body: Any) -> Any:
        """Without the order, which differs between examples of one request."""
        made = shape(body)
        return sorted(made.items(), key=str) if isinstance(made, dict) else made

    original = theirs.shown()
    assert seen(ours.shown(), fields) <= seen(original, fields)
    for endpoint in {name_of(endpoint_of(each)) for each in original}:
        names = [
            {
                name
                for each in found
                if name_of(endpoint_of(each)) == endpoint
                for name in (*(each.body or {}), *dict(each.form))
            }
            for found in (ours.shown(), original)
        ]
        assert names[0] == names[1], endpoint


@needs_original
def test_endpoints_are_those_of_the_reference() -> None:
    """Its paths bear ids or names of ids; what is mentioned in a sentence counts too."""
    named = {name_of(endpoint_for(method, path)) for method, path in theirs.endpoints()}
    assert {name_of(endpoint_for(*each)) for each in ours.endpoints()} == named
    text = theirs.PATH.read_text(encoding="utf-8")
    mentioned = re.findall(
        r"(?:https://api\.creativeai\.run|GET|POST|(?<![\w./-]))(/(?:v1|api)/[\w/{}:-]+)", text
    )
    for path in {each.rstrip("/:-") for each in mentioned}:
        assert any(_is_known(method, path) for method in ("GET", "POST")), path


def _is_known(method: str, path: str) -> bool:
    try:
        return name_of(endpoint_for(method, path)) != ""
    except LookupError:
        return False


@needs_original
def test_prices_are_those_of_the_reference() -> None:
    text = theirs.PATH.read_text(encoding="utf-8")
    words = {"voice": " per generation", "chart-to-video": " per video"}
    for name, credits in ours.prices().items():  # noqa: A001 - what a price is counted in
        assert f"{credits} credits{words.get(name, '')}" in text
