"""What is read: the reference's own answers, undocumented ones leniently, and what headers tell."""

import pytest
from responses import RequestsMock

from relay.creativeai import CreativeAI, Limits, endpoints
from relay.creativeai.endpoints import Endpoint
from relay.models.core import Output, ResultStatus
from tests.creativeai.calls import CALLS, NOW, REFERENCE, answer, given, name_of
from tests.reference.creativeai import sample, samples

HEADERS = {"X-RateLimit-Limit": "100", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1795000030"}


def test_a_submitted_video_is_read_as_documented(client: CreativeAI) -> None:
    found = samples()["POST /v1/video/generations \u2014 202 Accepted"]
    assert [body["id"] for body in found] == ["vgen_i2v_mug1", "vgen_mug1"]
    for body in found:
        with RequestsMock() as net:
            answer(net, endpoints.VIDEOS, body, 202, headers=HEADERS)
            job = client.videos.generate({"prompt": "A kite"}, now=NOW)
        assert (job.id, job.word, job.status, job.kind) == (
            body["id"],
            "processing",
            ResultStatus.PROCESSING,
            "video",
        )
        assert (job.credits, job.model_actual) == (body["credits"], body["model_actual"])
        assert (job.failover_used, job.created_at) == (body.get("failover_used"), body["created_at"])
        assert job.result is not None
        assert (job.result.prompt, job.result.model, job.outputs) == (body["prompt"], "auto", ())
        assert job.limits == Limits(100, 0, 1795000030.0)
        assert job.limits.wait(NOW) == 30
        assert job.payload == body


def test_a_completed_video_is_read_as_documented(net: RequestsMock, client: CreativeAI) -> None:
    body = sample("GET /v1/video/generations/{id} 200 OK (completed)")
    answer(net, endpoints.VIDEO_STATUS, body, asked="vgen_mug1")
    found = client.videos.status("vgen_mug1", now=NOW)
    assert found.status is ResultStatus.COMPLETED
    assert found.outputs == (Output("https://cdn.creativeai.run/output/mug1.mp4", "video/mp4"),)
    assert (found.credits, found.failover_used) == (60, False)
    assert found.result is not None
    assert found.result.completed_at == "2026-02-03T09:12:30Z"
    assert found.payload["debug"]["routing_confidence_margin"] == 2.5


def test_a_failed_video_tells_why(net: RequestsMock, client: CreativeAI) -> None:
    body = sample("GET /v1/video/generations/{id} 200 OK (failed)")
    answer(net, endpoints.VIDEO_STATUS, body, asked="vgen_mug1")
    found = client.videos.status("vgen_mug1", now=NOW)
    assert (found.status, found.failover_used) == (ResultStatus.FAILED, True)
    assert found.result is not None
    assert found.result.error == "Video generation timed out after 10 minutes"
    assert found.result.error_code == "generation_failed"


def test_a_batch_is_read_with_its_children_in_order(net: RequestsMock, client: CreativeAI) -> None:
    answer(net, endpoints.BATCHES, sample("POST /v1/video/generations/batch 202 Accepted"), 202)
    batch = client.videos.generate_batch({"prompts": [{"prompt": "a"}]}, now=NOW)
    assert (batch.id, batch.total, batch.credits_charged) == ("video_batch_mugs", 3, 90)
    assert [job.id for job in batch.jobs] == ["vid_mug1", "vid_mug2", "vid_mug3"]
    assert [job.word for job in batch.jobs] == ["pending"] * 3
    assert {result.status for result in batch.results} == {ResultStatus.PROCESSING}
    assert {result.vendor_batch_id for result in batch.results} == {"video_batch_mugs"}


def test_the_status_of_a_batch_counts_and_has_each_result(net: RequestsMock, client: CreativeAI) -> None:
    body = sample("GET /v1/video/generations/batch/{batch_id} 200 OK")
    answer(net, endpoints.BATCH_STATUS, body, asked="video_batch_mugs")
    batch = client.videos.batch_status("video_batch_mugs", now=NOW)
    assert (batch.completed, batch.failed, batch.pending, batch.processing) == (2, 0, 0, 1)
    assert [(each.generation_id, str(each.status), each.kind) for each in batch.results] == [
        ("vid_mug1", "completed", "video"),
        ("vid_mug2", "completed", "video"),
        ("vid_mug3", "processing", "video"),
    ]
    assert batch.results[0].outputs == (Output("https://cdn.creativeai.run/output/mug-1.mp4", "video/mp4"),)
    assert batch.jobs[0].image_url == "https://example.com/mug.png"


@pytest.mark.parametrize("endpoint", [endpoints.IMAGES, endpoints.IMAGE_EDITS], ids=name_of)
def test_images_in_the_answer_go_by_the_jobs_own_reference(
    net: RequestsMock, client: CreativeAI, endpoint: Endpoint
) -> None:
    answer(net, endpoint, sample(f"POST {endpoint.path} 200 OK"))
    found = CALLS[endpoint](client, given(endpoint))
    assert (found.id, found.status, found.kind) == (REFERENCE, ResultStatus.COMPLETED, "image")
    assert found.result.generation_id == REFERENCE
    assert [output.type for output in found.outputs] == ["image/png"]
    assert found.payload["data"][0]["revised_prompt"]


def test_the_shared_status_is_read_in_upper_case_and_nested(net: RequestsMock, client: CreativeAI) -> None:
    bodies = samples()["GET /api/generate/status/{id} — 200 OK"]
    kinds = {"voice": "voice", "comp": "compose", "chart": "chart"}
    for body in bodies:
        kind = kinds[body["id"].partition("_")[0]]
        answer(net, endpoints.STATUS, body, asked=body["id"])
        found = client.assets.status(body["id"], kind, now=NOW)
        assert (found.id, found.word, found.status) == (body["id"], "COMPLETED", ResultStatus.COMPLETED)
        assert (found.kind, found.credits) == (kind, body["credits"])
        assert [output.url for output in found.outputs] == [body["output_url"]]


def test_a_submitted_voice_is_read_as_documented(net: RequestsMock, client: CreativeAI) -> None:
    answer(net, endpoints.VOICE, {"id": "voice_abc123", "status": "PENDING"}, 202)
    job = client.assets.speak({"text": "Welcome"}, reference=REFERENCE, now=NOW)
    assert (job.id, job.word, job.status, job.kind) == (
        "voice_abc123",
        "PENDING",
        ResultStatus.PROCESSING,
        "voice",
    )


@pytest.mark.parametrize("count", [1, 4])
def test_every_image_of_an_answer_is_kept(net: RequestsMock, client: CreativeAI, count: int) -> None:
    answer(
        net,
        endpoints.IMAGES,
        {"data": [{"url": f"https://cdn.creativeai.run/{n}.png"} for n in range(count)]},
    )
    found = client.images.generate({"prompt": "A kite", "n": count}, reference=REFERENCE, now=NOW)
    assert len(found.outputs) == count
