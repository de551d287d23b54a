"""Answers that the reference does not show: read leniently, and never taken for more."""

from typing import Any

import pytest
from responses import RequestsMock

from relay.creativeai import CreativeAI, Limits, Text, endpoints
from relay.creativeai.endpoints import Endpoint
from relay.errors import RemoteError
from relay.models.core import ResultStatus
from tests.creativeai.calls import CALLS, NOW, REFERENCE, answer, given, name_of


@pytest.mark.parametrize(
    "endpoint", [endpoints.BACKGROUND_REMOVAL, endpoints.UPSCALE, endpoints.RESTORE], ids=name_of
)
def test_a_utility_may_answer_with_a_job_or_with_the_picture(client: CreativeAI, endpoint: Endpoint) -> None:
    link = "https://cdn.creativeai.run/a.png"
    cases: list[tuple[dict[str, Any], str, ResultStatus]] = [
        ({"id": "bg_1", "status": "PROCESSING"}, "bg_1", ResultStatus.PROCESSING),
        ({"id": "bg_1", "status": "COMPLETED", "output_url": link}, "bg_1", ResultStatus.COMPLETED),
        ({"output_url": link}, REFERENCE, ResultStatus.COMPLETED),
    ]
    for body, generation_id, status in cases:
        with RequestsMock() as net:
            answer(net, endpoint, body)
            found = CALLS[endpoint](client, {"image_url": "https://example.com/a.png"})
        assert (found.id, found.status, found.kind) == (generation_id, status, "image")


@pytest.mark.parametrize(
    "body",
    [
        {"id": "p_1", "status": "queued"},
        {"prediction_id": "p_1", "status": "queued"},
        {"code": 200, "data": {"task_id": "p_1", "status": "QUEUED"}},
        {"generation_id": "p_1", "status": "queued"},
    ],
)
def test_the_native_id_is_found_where_such_apis_put_it(
    net: RequestsMock, client: CreativeAI, body: dict[str, Any]
) -> None:
    answer(net, endpoints.NATIVE_IMAGE, body)
    job = client.native.generate_image({"prompt": "A kite"}, reference=REFERENCE, now=NOW)
    assert (job.id, job.status, job.kind) == ("p_1", ResultStatus.PROCESSING, "image")


def test_a_status_that_nobody_knows_is_kept_and_means_nothing(net: RequestsMock, client: CreativeAI) -> None:
    answer(net, endpoints.VIDEO_STATUS, {"id": "gen_1", "status": "Moonlit", "new": {"a": 1}})
    found = client.videos.status("gen_1", now=NOW)
    assert (found.id, found.word, found.status, found.result) == ("gen_1", "Moonlit", None, None)
    assert found.payload["new"] == {"a": 1}


def test_what_was_asked_for_keeps_its_id_whatever_the_answer_says(
    net: RequestsMock, client: CreativeAI
) -> None:
    answer(net, endpoints.VIDEO_STATUS, {"id": "another", "status": "failed", "error_message": "No."})
    found = client.videos.status("gen_1", now=NOW)
    assert found.result is not None
    assert (found.id, found.result.generation_id, found.result.error) == ("gen_1", "gen_1", "No.")


def test_a_cheaper_stand_in_costs_its_own_price(net: RequestsMock, client: CreativeAI) -> None:
    body = {
        "id": "gen_1",
        "status": "completed",
        "output_url": "https://cdn.test/gen_1.mp4",
        "credits": 60,
        "adjusted_credits": 30,
        "failover_used": True,
    }
    answer(net, endpoints.VIDEO_STATUS, body)
    found = client.videos.status("gen_1", now=NOW)
    assert (found.credits, found.failover_used) == (30, True)
    assert found.result is not None
    assert found.result.credits == 60


@pytest.mark.parametrize("endpoint", [endpoints.CHAT, endpoints.COMPLETIONS], ids=name_of)
def test_a_text_tells_who_wrote_it(net: RequestsMock, client: CreativeAI, endpoint: Endpoint) -> None:
    said = (
        {"message": {"role": "assistant", "content": "Hello"}}
        if endpoint is endpoints.CHAT
        else {"text": "Hello"}
    )
    body = {
        "model": "gemini-2.0-flash",
        "choices": [{**said, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 1},
        "adjusted_credits": 0.5,
    }
    headers = {"x-model-actual": "claude-sonnet", "x-failover-used": "true"}
    answer(net, endpoint, body, headers=headers)
    text = CALLS[endpoint](client, given(endpoint))
    assert text == Text(
        "Hello", "stop", "gemini-2.0-flash", "claude-sonnet", True, 3, 1, None, 0.5, Limits(), body
    )


@pytest.mark.parametrize(
    "body",
    [
        {"object": "list", "data": [{"id": "auto", "owned_by": "CreativeAI"}, {"id": "kling-v3"}]},
        {"models": [{"name": "auto", "provider": "CreativeAI"}, {"id": "kling-v3"}]},
        ["auto", "kling-v3", None, {}],
    ],
)
def test_models_are_found_in_any_list(net: RequestsMock, client: CreativeAI, body: Any) -> None:
    answer(net, endpoints.MODELS, body)
    assert [model.id for model in client.account.models(now=NOW).models] == ["auto", "kling-v3"]


@pytest.mark.parametrize(
    ("body", "credits_"),
    [
        ({"credits": 30}, 30),
        ({"data": {"total_credits": 12.5}}, 12.5),
        ({"credits": 60, "adjusted_credits": 30}, 30),
        ({"price": "cheap"}, None),
        ({"credits": -1}, None),
        ({"credits": True}, None),
        ([1], None),
    ],
)
def test_a_price_is_found_or_is_not(
    net: RequestsMock, client: CreativeAI, body: Any, credits_: float | None
) -> None:
    answer(net, endpoints.CALCULATE, body)
    assert client.account.calculate({"model": "auto"}, now=NOW).credits == credits_


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        ({"X-RateLimit-Remaining": "0"}, None),
        ({"X-RateLimit-Remaining": "3", "X-RateLimit-Reset": "40"}, 0),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "40"}, 40),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1795000040"}, 40),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1794999999"}, 0),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "soon"}, None),
        ({"X-RateLimit-Remaining": "nan", "X-RateLimit-Reset": "-1"}, None),
    ],
)
def test_the_headers_say_how_long_to_wait(
    net: RequestsMock, client: CreativeAI, headers: dict[str, str], wait: float | None
) -> None:
    answer(net, endpoints.MODELS, [], headers=headers)
    assert client.account.models(now=NOW).limits.wait(NOW) == wait


@pytest.mark.parametrize("endpoint", [endpoints.VIDEOS, endpoints.IMAGES, endpoints.BATCHES], ids=name_of)
def test_an_answer_that_names_nothing_to_follow_leaves_it_open_what_happened(
    net: RequestsMock, client: CreativeAI, endpoint: Endpoint
) -> None:
    answer(net, endpoint, {"ok": True})
    with pytest.raises(RemoteError) as caught:
        CALLS[endpoint](client, given(endpoint))
    assert caught.value.ambiguous
    assert caught.value.charged is None
    assert "may have started" in caught.value.message
