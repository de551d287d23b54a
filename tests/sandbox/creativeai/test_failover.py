"""Providers that are down, and jobs that are run again: as far as the reference tells of it."""

from typing import Any

import pytest

from sandbox import Fault, Sandbox
from tests.sandbox.client import Client

FIRST, OTHER = "kling-o3-pro-t2v", "seedance-t2v"


def told(body: dict[str, Any]) -> tuple[str, str, bool, int]:
    return body["model"], body["model_actual"], body["failover_used"], body["credits"]


def test_a_provider_that_is_down_at_the_submit_is_replaced_and_the_other_price_paid(
    client: Client, sandbox: Sandbox
) -> None:
    before = sandbox.credits
    sandbox.inject(Fault.PROVIDER_DOWN)
    answer = client.create(webhook_url=client.inbox).json()
    assert told(answer) == ("auto", OTHER, True, 30)
    client.pass_time(150)
    done = client.status(answer["id"])
    assert told(done) == told(client.arrived()[0]) == ("auto", OTHER, True, 30)
    assert (done["debug"]["provider_requested"], done["debug"]["provider_actual"]) == (FIRST, OTHER)
    assert done["debug"]["submission_failover_used"] is True
    assert sandbox.credits == before - 30


def test_a_provider_can_change_while_it_renders(client: Client, sandbox: Sandbox) -> None:
    before = sandbox.credits
    sandbox.inject(Fault.PROVIDER_CHANGED)
    answer = client.create(webhook_url=client.inbox).json()
    assert told(answer) == ("auto", FIRST, False, 60)
    client.pass_time(150)
    assert told(client.arrived()[0]) == ("auto", OTHER, True, 30)
    debug = client.status(answer["id"])["debug"]
    assert debug["async_capacity_failover_attempted"] is True
    assert debug["prediction_id_original"] != debug["prediction_id_current"]
    (job,) = sandbox.jobs
    assert (job.charged, job.refunded, sandbox.credits) == (60, 30, before - 30)


def test_a_job_that_changed_provider_and_failed_is_refunded_in_full(client: Client, sandbox: Sandbox) -> None:
    before = sandbox.credits
    sandbox.inject(Fault.PROVIDER_CHANGED, Fault.FAILED)
    client.create()
    client.pass_time(150)
    assert (sandbox.jobs[0].paid, sandbox.credits) == (0, before)


def test_without_failover_a_provider_that_is_down_is_an_error(client: Client, sandbox: Sandbox) -> None:
    sandbox.inject(Fault.PROVIDER_DOWN)
    answer = client.create(failover=False)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "provider_unavailable")
    assert sandbox.jobs == []


def test_without_failover_a_provider_that_gives_up_is_a_failure(client: Client, sandbox: Sandbox) -> None:
    sandbox.inject(Fault.PROVIDER_CHANGED)
    job = client.create(failover=False).json()["id"]
    client.pass_time(150)
    assert client.status(job)["status"] == "failed"


@pytest.mark.parametrize(
    ("fault", "fields", "webhooks"),
    [
        (Fault.FAILED, {}, ["failed"]),
        (Fault.FAILED, {"webhook_auto_retry": False}, ["failed"]),
        (Fault.FAILED, {"webhook_auto_retry": True}, ["failed", "completed"]),
        (Fault.FAILED_AGAIN, {"webhook_auto_retry": True}, ["failed"]),
        (Fault.FAILED_AGAIN, {}, ["failed"]),
    ],
)
def test_a_failed_job_is_run_again_where_it_was_asked_for(
    client: Client,
    sandbox: Sandbox,
    fault: Fault,
    fields: dict[str, bool],
    webhooks: list[str],
) -> None:
    """The same id and status is not told twice: documented."""
    sandbox.inject(fault)
    job = client.create_with_webhook(**fields)
    client.pass_time(150)
    client.pass_time(150)
    assert [body["status"] for body in client.arrived()] == webhooks
    assert client.status(job)["status"] == webhooks[-1]
    assert sandbox.jobs[0].paid == (60 if webhooks[-1] == "completed" else 0)
    assert sandbox.pending == 0


@pytest.mark.parametrize(("faults", "used"), [((), "false"), ((Fault.PROVIDER_DOWN,), "true")])
def test_a_chat_tells_by_headers_who_served_it(
    client: Client, sandbox: Sandbox, faults: tuple[Fault, ...], used: str
) -> None:
    sandbox.inject(*faults)
    asked = {"model": "gemini-2.0-flash", "messages": [{"role": "user", "content": "Hello!"}]}
    answer = client.post("/v1/chat/completions", **asked)
    actual = answer.headers["x-model-actual"]
    assert answer.headers["x-failover-used"] == used
    assert actual.startswith("claude-" if faults else "gemini-2.0-flash")
    assert ("adjusted_credits" in answer.json()) == bool(faults)
    assert answer.json()["choices"][0]["message"]["role"] == "assistant"
    assert answer.json()["model"] == "gemini-2.0-flash"
