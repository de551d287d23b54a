"""What can happen to a submit or a look-up itself: refused, slow, or carried out and never answered."""

import contextlib
import threading

import pytest
import requests

from sandbox import Fault, Sandbox
from tests.sandbox.client import Client, until
from tests.sandbox.creativeai.requests import REQUESTS

SUBMITS = [path for path in REQUESTS if not path.endswith("calculate")]


@pytest.mark.parametrize("path", SUBMITS)
def test_a_lost_answer_leaves_the_job_in_the_book(client: Client, sandbox: Sandbox, path: str) -> None:
    before = sandbox.credits
    sandbox.inject(Fault.LOST_ANSWER)
    with pytest.raises(requests.ConnectionError):
        client.post(path, **REQUESTS[path])
    assert sandbox.jobs
    assert sandbox.credits == before - sum(job.paid for job in sandbox.jobs) < before
    assert client.post(path, **REQUESTS[path]).ok


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault.KEY_REFUSED, (401, "authentication_error", None)),
        (Fault.NO_CREDITS, (402, "insufficient_credits", None)),
        (Fault.TOO_MANY_REQUESTS, (429, "rate_limit_exceeded", "3")),
        (Fault.UNAVAILABLE, (503, "provider_unavailable", None)),
    ],
)
@pytest.mark.parametrize("path", SUBMITS)
def test_a_refusal_leaves_nothing_behind(
    client: Client,
    sandbox: Sandbox,
    path: str,
    fault: Fault,
    expected: tuple[int, str, str | None],
) -> None:
    before = sandbox.credits
    sandbox.inject(fault)
    answer = client.post(path, **REQUESTS[path])
    code = answer.json()["error"]["code"]
    assert (answer.status_code, code, answer.headers.get("Retry-After")) == expected
    assert (sandbox.jobs, sandbox.credits) == ([], before)
    assert client.post(path, **REQUESTS[path]).ok


def test_what_was_ordered_with_a_refusal_happens_to_the_submit_after_it(
    client: Client, sandbox: Sandbox
) -> None:
    sandbox.inject(Fault.TOO_MANY_REQUESTS, Fault.FAILED)
    assert client.create().status_code == 429
    job = client.create().json()["id"]
    client.pass_time(150)
    assert client.status(job)["status"] == "failed"


def test_a_slow_answer_comes_a_minute_after_the_job_was_made(client: Client, sandbox: Sandbox) -> None:
    sandbox.inject(Fault.SLOW)
    answers: list[requests.Response] = []
    asking = threading.Thread(target=lambda: answers.append(client.create()))
    asking.start()
    until(lambda: sandbox.jobs)
    client.pass_time(59)
    assert answers == []
    client.pass_time(1)
    asking.join(5)
    assert answers[0].json()["id"] == sandbox.jobs[0].id


def test_look_ups_can_be_refused_or_lost_without_touching_the_job(client: Client, sandbox: Sandbox) -> None:
    job = client.create().json()["id"]
    sandbox.inject_lookups(Fault.UNAVAILABLE, times=2)
    sandbox.inject_lookups(Fault.LOST_ANSWER)
    path = f"/v1/video/generations/{job}"
    assert [client.call("GET", path).status_code for _ in range(2)] == [503, 503]
    with pytest.raises(requests.ConnectionError):
        client.call("GET", path)
    assert client.status(job)["status"] == "processing"


def test_what_happens_to_jobs_cannot_be_ordered_for_look_ups(client: Client, sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="status requests"):
        sandbox.inject_lookups(Fault.DUPLICATE)
    answer = client.call("POST", "/sandbox/faults", json={"lookups": ["duplicate"]})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "lookups")


def test_a_lost_answer_of_a_batch_books_each_video_once(client: Client, sandbox: Sandbox) -> None:
    path = "/v1/video/generations/batch"
    sandbox.inject(Fault.LOST_ANSWER)
    with contextlib.suppress(requests.ConnectionError):
        client.post(path, **REQUESTS[path])
    assert [job.charged for job in sandbox.jobs] == [30, 30, 30]
