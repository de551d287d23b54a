"""Batches, images, voices and the rest speak like the samples in the vendor's reference."""

import pytest

from sandbox import Sandbox
from tests.reference.creativeai import sample, samples_under, shape, webhook_samples
from tests.sandbox.client import Client
from tests.sandbox.creativeai.requests import PICTURE, PROMPT, REQUESTS

STATUS = "GET /api/generate/status/{id} \u2014 200 OK"
BATCH = "/v1/video/generations/batch"


def same(ours: object, theirs: object) -> None:
    assert shape(ours) == shape(theirs)
    assert list(ours) == list(theirs)  # type: ignore[call-overload]  # both are JSON objects


def same_as_webhook(client: Client, sandbox: Sandbox, event: str) -> None:
    (item,) = sandbox.received("relay")
    (ours,) = client.arrived()
    theirs = next(each for each in webhook_samples() if each.event == event)
    assert item.headers["X-Creativeai-Event"] == event
    assert item.headers["X-Creativeai-Delivery-Id"] == ours.get("id", ours.get("batch_id"))
    same(ours, theirs.json)
    for name in ("object", "status", "credits", "total_credits", "completed", "failed", "width", "height"):
        assert ours.get(name) == theirs.json.get(name)


def test_a_batch_is_answered_looked_up_and_told_like_the_samples(client: Client, sandbox: Sandbox) -> None:
    prompts = [PROMPT | {"image_url": PICTURE}, PROMPT, PROMPT]
    answer = client.post(BATCH, prompts=prompts, webhook_url=client.inbox)
    ours, theirs = answer.json(), sample("POST /v1/video/generations/batch - 202 Accepted")
    assert answer.status_code == 202
    same(ours, theirs)
    assert [job["status"] for job in ours["jobs"]] == [job["status"] for job in theirs["jobs"]]
    assert (ours["total_jobs"], ours["credits_charged"]) == (theirs["total_jobs"], theirs["credits_charged"])

    client.pass_time(150)
    same(
        client.get(f"{BATCH}/{ours['batch_id']}"),
        sample("GET /v1/video/generations/batch/{batch_id} - 200 OK"),
    )
    same_as_webhook(client, sandbox, "video.batch.completed")


@pytest.mark.parametrize("job_input", [{}, {"background": "transparent", "quality": "hd"}])
def test_an_image_is_answered_at_once_like_the_sample(client: Client, job_input: dict[str, str]) -> None:
    answer = client.post("/v1/images/generations", **PROMPT, **job_input)
    assert answer.status_code == 200
    same(answer.json(), sample("POST /v1/images/generations - 200 OK"))


def test_a_native_image_calls_back_like_the_sample(client: Client, sandbox: Sandbox) -> None:
    client.post("/api/v1/model/generateImage", **PROMPT, webhook_url=client.inbox)
    client.pass_time(12)
    same_as_webhook(client, sandbox, "image.generation.completed")


def test_a_voice_calls_back_and_is_looked_up_like_the_samples(client: Client, sandbox: Sandbox) -> None:
    voice = REQUESTS["/api/generate/voice"]
    job = client.post("/api/generate/voice", **voice, webhook_url=client.inbox).json()
    assert job["status"] == "PENDING"
    client.pass_time(12)
    same_as_webhook(client, sandbox, "voice.generation.completed")
    ours = client.get(f"/api/generate/status/{job['id']}")
    (theirs,) = [each for each in samples_under(STATUS) if each.get("type") == "VOICE"]
    same(ours, theirs)
    for name in ("type", "model", "status", "credits", "parameters"):
        assert ours[name] == theirs[name]


@pytest.mark.parametrize("word", ["compose", "chart-to-video", "background-removal", "upscale", "restore"])
def test_the_shared_status_is_like_the_samples(client: Client, word: str) -> None:
    path = f"/api/generate/{word}"
    job = client.post(path, **REQUESTS[path]).json()
    client.pass_time(45)
    ours = client.get(f"/api/generate/status/{job['id']}")
    prefix = job["id"].partition("_")[0]
    sampled = {each["id"].partition("_")[0]: each for each in samples_under(STATUS)}
    theirs = sampled.get(prefix, sampled["comp"])
    same(ours, theirs)
    if prefix in sampled:
        assert ours["credits"] == theirs["credits"]
