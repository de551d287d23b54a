"""The reader of the vendor's reference finds what other tests rely on."""

import json

from tests.reference.creativeai import needs_reference, sample, samples, shape, webhook_samples


@needs_reference
def test_the_documented_webhooks_are_found_with_their_headers_and_exact_text() -> None:
    found = webhook_samples()
    assert {each.event for each in found} == {
        "video.generation.completed",
        "video.generation.failed",
        "video.batch.completed",
        "image.generation.completed",
        "voice.generation.completed",
    }
    for each in found:
        assert each.delivery_id == each.json.get("id", each.json.get("batch_id"))
        assert each.body.startswith("{\n  ")
        assert each.body.endswith("\n}")
        assert json.loads(each.body) == each.json


@needs_reference
def test_a_sample_is_found_by_its_heading() -> None:
    assert sample("GET /v1/video/generations/vgen_abc123 - 200 OK (failed)")["status"] == "failed"
    assert sample("Error Response Format")["error"]["param"] == "prompt"
    assert len(samples()["GET /api/generate/status/{id} — 200 OK"]) == 4


def test_a_shape_keeps_names_and_types_alone() -> None:
    assert shape({"a": 1, "b": [{"c": None}, 5]}) == {"a": "int", "b": [{"c": "NoneType"}]}
