"""Webhooks: signed over the raw body, at 0, 5 and 30 seconds until a 2xx, and then never again."""

import json
import time
from collections.abc import Callable

import pytest

from sandbox import API_KEY, SIGNING_SECRET, PlannedResponse, Sandbox
from tests.sandbox.client import START, Client, signature, until
from tests.sandbox.conftest import StartSandbox

Connect = Callable[..., Client]


def test_a_completed_video_calls_back_with_a_signature_over_the_raw_body(
    client: Client, sandbox: Sandbox
) -> None:
    job = client.create_with_webhook(prompt="Ein Drachen über der Bucht")
    client.pass_time(150)
    (arrived,) = sandbox.received("relay")
    body = json.loads(arrived.body)
    assert (body["id"], body["status"], body["error_message"]) == (job, "completed", None)
    assert body["output_url"] == client.status(job)["output_url"]
    assert "über" in arrived.body
    assert arrived.headers["X-Creativeai-Event"] == "video.generation.completed"
    assert arrived.headers["X-Creativeai-Delivery-Id"] == job
    assert arrived.headers["X-Creativeai-Signature"] == signature(SIGNING_SECRET, arrived.body)
    assert arrived.headers["Content-Type"] == "application/json"


def test_a_job_without_webhook_url_calls_nobody(client: Client, sandbox: Sandbox) -> None:
    client.create()
    client.pass_time(150)
    assert sandbox.pending == 0
    assert sandbox.attempts == []


def test_an_attempt_that_is_refused_is_repeated_after_5_and_30_seconds_and_then_never(
    client: Client, sandbox: Sandbox
) -> None:
    sandbox.plan_response("relay", PlannedResponse(503), times=10)
    client.create_with_webhook()
    client.pass_time(150)
    for seconds in (4, 1, 29, 1):
        client.pass_time(seconds)
    assert [(each.number, each.at - START - 150, each.status) for each in sandbox.attempts] == [
        (1, 0, 503),
        (2, 5, 503),
        (3, 35, 503),
    ]
    assert len({each.body for each in sandbox.attempts}) == 1
    assert sandbox.pending == 0


def test_the_first_2xx_ends_the_attempts(client: Client, sandbox: Sandbox) -> None:
    sandbox.plan_response("relay", PlannedResponse(302))
    sandbox.plan_response("relay", PlannedResponse(204))
    client.create_with_webhook()
    client.pass_time(150)
    client.pass_time(5)
    assert [each.status for each in sandbox.attempts] == [302, 204]
    assert sandbox.pending == 0


def test_a_receiver_that_is_down_is_an_attempt_without_a_status(client: Client, sandbox: Sandbox) -> None:
    client.create(webhook_url="http://127.0.0.1:1/hook")
    client.pass_time(150)
    (attempt,) = sandbox.attempts
    assert attempt.status is None
    assert attempt.error


@pytest.mark.parametrize(("secret", "signed_with"), [("other", "other"), (API_KEY, API_KEY), ("", None)])
def test_the_configured_secret_signs(
    start: StartSandbox, connect: Connect, secret: str, signed_with: str | None
) -> None:
    sandbox = start(signing_secret=secret)
    client = connect(sandbox)
    client.create_with_webhook()
    client.pass_time(150)
    (arrived,) = sandbox.received("relay")
    expected = signature(signed_with, arrived.body) if signed_with else None
    assert arrived.headers.get("X-Creativeai-Signature") == expected


def test_speed_shortens_renders_and_retries(start: StartSandbox, connect: Connect) -> None:
    sandbox = start(speed=10)
    client = connect(sandbox)
    sandbox.plan_response("relay", PlannedResponse(500), times=2)
    client.create_with_webhook()
    client.pass_time(15)
    client.pass_time(0.5)
    client.pass_time(3)
    assert [each.at - START for each in sandbox.attempts] == [15, 15.5, 18.5]


def test_it_runs_by_the_real_clock_too(start: StartSandbox, connect: Connect) -> None:
    sandbox = start(clock=time.time, speed=10_000)
    connect(sandbox).create_with_webhook()
    until(lambda: [each.status for each in sandbox.attempts] == [200])
