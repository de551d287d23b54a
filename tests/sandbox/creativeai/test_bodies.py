"""The sandbox speaks like the samples in the vendor's reference: field names, order and JSON types."""

import json

import pytest

from sandbox import Fault, Sandbox
from tests.reference.creativeai import sample, samples, shape, webhook_samples
from tests.sandbox.client import Client

SUBMITTED = "POST /v1/video/generations \u2014 202 Accepted"
COMPLETED = "GET /v1/video/generations/{id} - 200 OK (completed)"
FAILED = "GET /v1/video/generations/{id} - 200 OK (failed)"
FROM_IMAGE = "GET /v1/video/generations/{id} - 200 OK (from an image)"
IMAGE = "https://example.com/mug.png"


def same(ours: object, theirs: object) -> None:
    assert shape(ours) == shape(theirs)
    assert list(ours) == list(theirs)  # type: ignore[call-overload]  # both are JSON objects


def submit_samples() -> dict[str, dict[str, object]]:
    group = samples()[SUBMITTED]
    return {"image" if "image_url" in each else "text": each for each in group}


def test_a_submit_is_answered_like_the_sample(client: Client) -> None:
    theirs = submit_samples()["text"]
    ours = client.create(webhook_url="https://example.com/hook").json()
    same(ours, theirs)
    for name in ("object", "model", "model_actual", "status", "credits"):
        assert ours[name] == theirs[name]


def test_a_submit_from_an_image_is_answered_like_the_sample(client: Client) -> None:
    theirs = submit_samples()["image"]
    ours = client.create(image_url=IMAGE).json()
    same(ours, theirs)
    assert ours["id"].startswith("vgen_i2v_")
    for name in ("object", "model", "model_actual", "status", "credits", "image_url"):
        assert ours[name] == theirs[name]


def test_a_completed_video_looks_like_the_sample(client: Client) -> None:
    job = client.create().json()["id"]
    client.pass_time(150)
    ours, theirs = client.status(job), sample(COMPLETED)
    same(ours, theirs)
    for name in ("object", "model", "model_actual", "status", "credits", "error"):
        assert ours[name] == theirs[name]


def test_a_completed_video_from_an_image_looks_like_the_sample(client: Client) -> None:
    job = client.create(image_url=IMAGE).json()["id"]
    client.pass_time(150)
    same(client.status(job), sample(FROM_IMAGE))


def test_a_failed_video_looks_like_the_sample(client: Client, sandbox: Sandbox) -> None:
    sandbox.inject(Fault.FAILED)
    job = client.create().json()["id"]
    client.pass_time(150)
    ours, theirs = client.status(job), sample(FAILED)
    same(ours, theirs)
    assert ours["error"] == theirs["error"]


@pytest.mark.parametrize("faults", [(), (Fault.FAILED,)])
def test_a_webhook_looks_like_the_sample(client: Client, sandbox: Sandbox, faults: tuple[Fault, ...]) -> None:
    sandbox.inject(*faults)
    client.create_with_webhook()
    client.pass_time(150)
    (arrived,) = sandbox.received("relay")
    event = arrived.headers["X-Creativeai-Event"]
    theirs = next(each for each in webhook_samples() if each.event == event)
    ours = json.loads(arrived.body)
    same(ours, theirs.json)
    assert arrived.headers["Content-Type"] == theirs.headers["Content-Type"]
    assert ours["object"] == theirs.json["object"]
    assert ours.get("error") == theirs.json.get("error")


def test_an_error_looks_like_the_sample(client: Client) -> None:
    ours, theirs = client.create(prompt="something nsfw").json(), sample("Error Response Format")
    same(ours, theirs)
    for name in ("code", "type", "param"):
        assert ours["error"][name] == theirs["error"][name]
