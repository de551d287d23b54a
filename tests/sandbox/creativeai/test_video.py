"""Video generations: asking for one, looking at it, and what is refused."""

from collections.abc import Callable
from typing import Any

import pytest

from sandbox import Fault, Limits, Sandbox
from tests.sandbox.client import Client
from tests.sandbox.conftest import StartSandbox

Connect = Callable[..., Client]


def error_of(client: Client, **fields: Any) -> tuple[int, str, str | None]:
    answer = client.create(**fields)
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["param"]


def test_a_job_is_processing_until_it_has_rendered(client: Client, sandbox: Sandbox) -> None:
    answer = client.create()
    job = answer.json()["id"]
    assert answer.status_code == 202
    client.pass_time(149)
    assert client.status(job)["status"] == "processing"
    client.pass_time(1)
    done = client.status(job)
    assert done["status"] == "completed"
    assert done["output_url"] == f"{sandbox.url}/output/{job}.mp4"
    assert (done["created_at"], done["completed_at"]) == ("2027-01-15T08:00:00Z", "2027-01-15T08:02:30Z")


def test_the_alias_is_the_same_endpoint(client: Client) -> None:
    answer = client.call("POST", "/v1/video/generate", json={"prompt": "A kite"})
    assert answer.status_code == 202
    assert client.status(answer.json()["id"])["prompt"] == "A kite"


def test_results_are_handed_out_under_the_configured_address(start: StartSandbox, connect: Connect) -> None:
    client = connect(start(output_base="https://cdn.creativeai.run/output"))
    job = client.create().json()["id"]
    client.pass_time(150)
    assert client.status(job)["output_url"] == f"https://cdn.creativeai.run/output/{job}.mp4"


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic rph_sandbox_key"}]
)
def test_without_a_known_key_nothing_is_answered(client: Client, headers: dict[str, str]) -> None:
    answer = client.call("GET", "/v1/video/generations/vgen_1", headers=headers)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "authentication_error"
    assert "X-RateLimit-Limit" in answer.headers


def test_a_job_is_unknown_to_another_key(start: StartSandbox, connect: Connect) -> None:
    sandbox = start(keys={"one": Limits(), "two": Limits()})
    job = connect(sandbox, key="one").create().json()["id"]
    answer = connect(sandbox, key="two").call("GET", f"/v1/video/generations/{job}")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


def test_an_address_that_does_not_exist_is_refused_in_the_documented_format(client: Client) -> None:
    answer = client.call("GET", "/v1/nothing")
    assert answer.status_code == 404
    assert set(answer.json()["error"]) == {"code", "message", "type", "param"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("prompt", " "),
        ("prompt", None),
        ("prompt", 7),
        ("model", []),
        ("image_url", "ftp://example.com/a.png"),
        ("image_url", "http://[broken"),
        ("duration", 2),
        ("duration", 16),
        ("duration", "5"),
        ("duration", True),
        ("aspect_ratio", "2:1"),
        ("resolution", "4k"),
        ("failover", "yes"),
        ("webhook_url", "not a url"),
        ("webhook_auto_retry", 1),
        ("character_references", ["https://example.com/a.png"] * 4),
        ("character_references", "https://example.com/a.png"),
        ("multi_shot_prompts", [1]),
    ],
)
def test_a_wrong_parameter_is_named(client: Client, name: str, value: object) -> None:
    assert error_of(client, **{name: value}) == (400, "invalid_request_error", name)


def test_what_the_reference_allows_is_taken(client: Client) -> None:
    answer = client.create(
        model="kling-v3",
        duration=15,
        aspect_ratio="21:9",
        resolution="1080p",
        failover=False,
        webhook_auto_retry=True,
        character_references=["https://example.com/a.png"],
        multi_shot_prompts=["Cut to a close-up."],
        ai_director_mode=True,
        image_url=None,
        something_new={"a": 1},
    )
    assert answer.status_code == 202
    assert answer.json()["model_actual"] == "kling-v3-t2v"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"'])
def test_a_body_that_is_not_a_json_object_is_refused(client: Client, body: bytes) -> None:
    answer = client.call("POST", "/v1/video/generations", data=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_a_blocked_word_is_a_policy_violation_and_costs_nothing(client: Client, sandbox: Sandbox) -> None:
    before = sandbox.credits
    assert error_of(client, prompt="Something NSFW, please") == (400, "content_policy_violation", "prompt")
    assert sandbox.credits == before


def test_a_job_that_cannot_be_paid_for_is_refused(start: StartSandbox, connect: Connect) -> None:
    client = connect(start(credits=100))
    assert client.create().status_code == 202
    assert error_of(client) == (402, "insufficient_credits", None)


def test_a_failed_job_gives_its_credits_back(client: Client, sandbox: Sandbox) -> None:
    before = sandbox.credits
    sandbox.inject(Fault.FAILED)
    client.create()
    assert sandbox.credits == before - 60
    client.pass_time(150)
    assert sandbox.credits == before
