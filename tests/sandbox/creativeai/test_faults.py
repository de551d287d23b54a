"""Faults happen to the next job, as ordered, and to no other."""

import contextlib
import json

import pytest
import requests

from sandbox import FAULTS, SIGNING_SECRET, Fault, Sandbox
from tests.sandbox.client import START, Client, signature


def arrived(sandbox: Sandbox) -> list[tuple[str, str]]:
    """Id and status of every webhook that arrived."""
    bodies = [json.loads(item.body) for item in sandbox.received("relay")]
    return [(body["id"], body["status"]) for body in bodies]


def test_every_fault_has_a_description() -> None:
    assert set(FAULTS) == set(Fault)


def test_a_duplicate_comes_three_times_and_the_next_job_once(client: Client, sandbox: Sandbox) -> None:
    sandbox.inject(Fault.DUPLICATE)
    first, second = client.create_with_webhook(), client.create_with_webhook()
    client.pass_time(150)
    assert sorted(arrived(sandbox)) == sorted([(first, "completed")] * 3 + [(second, "completed")])


def test_a_late_webhook_comes_a_quarter_of_an_hour_after_the_status(client: Client, sandbox: Sandbox) -> None:
    sandbox.inject(Fault.LATE)
    job = client.create_with_webhook()
    client.pass_time(150)
    assert client.status(job)["status"] == "completed"
    client.pass_time(899)
    assert arrived(sandbox) == []
    client.pass_time(1)
    assert arrived(sandbox) == [(job, "completed")]
    assert sandbox.attempts[0].at == START + 150 + 900


def test_a_tampered_body_does_not_fit_its_signature(client: Client, sandbox: Sandbox) -> None:
    sandbox.inject(Fault.TAMPERED)
    job = client.create_with_webhook()
    client.pass_time(150)
    (item,) = sandbox.received("relay")
    body = json.loads(item.body)
    assert body["id"] == job
    assert body["output_url"] != client.status(job)["output_url"]
    sent = item.headers["X-Creativeai-Signature"]
    assert sent.startswith("sha256=")
    assert sent != signature(SIGNING_SECRET, item.body)


def test_an_unsigned_webhook_has_no_signature_header(client: Client, sandbox: Sandbox) -> None:
    sandbox.inject(Fault.UNSIGNED)
    client.create_with_webhook()
    client.pass_time(150)
    assert "X-Creativeai-Signature" not in sandbox.received("relay")[0].headers


def test_a_failed_job_says_so_and_refunds(client: Client, sandbox: Sandbox) -> None:
    sandbox.inject(Fault.FAILED)
    job = client.create_with_webhook()
    client.pass_time(150)
    (item,) = sandbox.received("relay")
    body = json.loads(item.body)
    assert item.headers["X-Creativeai-Event"] == "video.generation.failed"
    assert (body["output_url"], body["credits"], body["credits_refunded"]) == (None, 0, 60)
    assert client.status(job)["status"] == "failed"


def test_a_job_can_fail_and_then_complete(client: Client, sandbox: Sandbox) -> None:
    before = sandbox.credits
    sandbox.inject(Fault.FAILED_THEN_COMPLETED)
    job = client.create_with_webhook()
    client.pass_time(150)
    assert (client.status(job)["status"], sandbox.credits) == ("failed", before)
    client.pass_time(150)
    assert (client.status(job)["status"], sandbox.credits) == ("completed", before - 60)
    assert arrived(sandbox) == [(job, "failed"), (job, "completed")]


def test_a_dropped_webhook_leaves_only_the_status_api(client: Client, sandbox: Sandbox) -> None:
    sandbox.inject(Fault.DROPPED)
    job = client.create_with_webhook()
    client.pass_time(150)
    assert client.status(job)["status"] == "completed"
    assert (sandbox.attempts, sandbox.pending) == ([], 0)


def test_faults_can_come_together(client: Client, sandbox: Sandbox) -> None:
    sandbox.inject(Fault.FAILED, Fault.DUPLICATE)
    job = client.create_with_webhook()
    client.pass_time(150)
    assert arrived(sandbox) == [(job, "failed")] * 3


@pytest.mark.heavy
@pytest.mark.parametrize("name", list(Fault))
def test_a_fault_can_be_injected_over_http_and_happens_once(
    client: Client, sandbox: Sandbox, name: Fault
) -> None:
    answer = client.call("POST", "/sandbox/faults", json={"next": [name]})
    assert answer.status_code == 202
    assert client.call("GET", "/sandbox/faults").json()["pending"] == [[name]]
    with contextlib.suppress(requests.RequestException):  # a lost answer, or one too slow to wait for
        client.call("POST", "/v1/video/generations", json={"prompt": "A kite"}, timeout=0.5)
    assert client.call("GET", "/sandbox/faults").json()["pending"] == []


def test_an_order_that_the_vendor_refuses_waits_for_the_next_job(client: Client, sandbox: Sandbox) -> None:
    sandbox.inject(Fault.FAILED)
    client.create(prompt="")
    job = client.create().json()["id"]
    client.pass_time(150)
    assert client.status(job)["status"] == "failed"


def test_an_unknown_fault_is_refused(client: Client) -> None:
    answer = client.call("POST", "/sandbox/faults", json={"next": ["flood"]})
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "next"
