"""What can happen to a webhook on its way, seen at the receiver."""

import json

from sandbox import SIGNING_SECRET, Fault, PlannedResponse, Sandbox
from tests.sandbox.client import START, Client, signature
from tests.sandbox.creativeai.requests import REQUESTS


def test_a_wrong_secret_signs_the_body_that_came(client: Client, sandbox: Sandbox) -> None:
    sandbox.inject(Fault.WRONG_SECRET)
    client.create_with_webhook()
    client.pass_time(150)
    (item,) = sandbox.received("relay")
    sent = item.headers["X-Creativeai-Signature"]
    assert sent.startswith("sha256=")
    assert len(sent) == len("sha256=") + 64
    assert sent != signature(SIGNING_SECRET, item.body)


def test_a_pretty_printed_body_is_signed_as_it_stands(client: Client, sandbox: Sandbox) -> None:
    sandbox.inject(Fault.PRETTY_PRINTED)
    job = client.create_with_webhook(prompt="Ein Drachen über der Bucht")
    client.pass_time(150)
    (item,) = sandbox.received("relay")
    assert item.body.startswith('{\n  "id": "' + job)
    assert json.loads(item.body)["status"] == "completed"
    assert item.headers["X-Creativeai-Signature"] == signature(SIGNING_SECRET, item.body)


def test_an_unknown_event_has_the_body_of_the_known_one(client: Client, sandbox: Sandbox) -> None:
    sandbox.inject(Fault.UNKNOWN_EVENT)
    client.create_with_webhook()
    client.pass_time(150)
    (item,) = sandbox.received("relay")
    assert item.headers["X-Creativeai-Event"] == "asset.ready"
    assert json.loads(item.body)["object"] == "video.generation"


def test_upper_case_holds_for_webhook_and_look_up_of_job_and_children(
    client: Client, sandbox: Sandbox
) -> None:
    sandbox.inject(Fault.UPPER_CASE)
    sandbox.inject(Fault.UPPER_CASE)
    job = client.create_with_webhook()
    path = "/v1/video/generations/batch"
    client.post(path, **REQUESTS[path], webhook_url=client.inbox)
    assert client.status(job)["status"] == "PROCESSING"
    client.pass_time(150)
    assert client.status(job)["status"] == "COMPLETED"
    single, batch = sorted(client.arrived(), key=lambda body: "jobs" in body)
    assert single["status"] == batch["status"] == "COMPLETED"
    assert {child["status"] for child in batch["jobs"]} == {"COMPLETED"}


def test_a_webhook_can_come_before_the_submit_is_answered(client: Client, sandbox: Sandbox) -> None:
    """No time passes: when the answer is here, the receiver has long had the result."""
    sandbox.inject(Fault.WEBHOOK_FIRST)
    answer = client.create(webhook_url=client.inbox).json()
    (body,) = client.arrived()
    assert (body["id"], body["status"]) == (answer["id"], "completed")
    assert answer["status"] == "processing"
    assert client.status(answer["id"])["status"] == "completed"
    assert sandbox.attempts[0].at == START


def test_a_webhook_that_comes_first_and_is_refused_comes_again(client: Client, sandbox: Sandbox) -> None:
    sandbox.plan_response("relay", PlannedResponse(503))
    sandbox.inject(Fault.WEBHOOK_FIRST)
    client.create_with_webhook()
    client.pass_time(5)
    assert [attempt.status for attempt in sandbox.attempts] == [503, 200]


def test_every_kind_that_takes_a_webhook_url_calls_back_on_failure(client: Client, sandbox: Sandbox) -> None:
    before = sandbox.credits
    paths = [path for path in REQUESTS if path.startswith("/api/generate/") or path.endswith("generateImage")]
    for path in paths:
        sandbox.inject(Fault.FAILED)
        client.post(path, **REQUESTS[path], webhook_url=client.inbox)
    client.pass_time(45)
    events = [item.headers["X-Creativeai-Event"] for item in sandbox.received("relay")]
    assert len(events) == len(paths) == 7
    assert all(event.endswith(".failed") for event in events)
    assert "voice.generation.failed" in events
    for body in client.arrived():
        assert (body["status"], body["credits"], body["output_url"]) == ("failed", 0, None)
        assert body["error"]["message"] == body["error_message"]
        assert body["credits_refunded"] > 0
    assert sandbox.credits == before
