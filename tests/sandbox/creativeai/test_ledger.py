"""The account book: what was asked for is there once, with what was paid, by key."""

import pytest

from sandbox import UNLIMITED, Fault, Sandbox
from tests.sandbox.client import Client
from tests.sandbox.conftest import StartSandbox
from tests.sandbox.creativeai.requests import CREDITS, REQUESTS
from tests.sandbox.creativeai.test_video import Connect


@pytest.mark.parametrize("path", REQUESTS)
def test_a_submit_costs_its_credits_and_is_booked_with_its_parameters(
    client: Client, sandbox: Sandbox, path: str
) -> None:
    before = sandbox.credits
    client.post(path, **REQUESTS[path])
    assert before - sandbox.credits == CREDITS[path] == sum(job.paid for job in sandbox.jobs)
    if "batch" not in path:
        assert [job.request for job in sandbox.jobs] == [REQUESTS[path]] * (CREDITS[path] > 0)


@pytest.mark.parametrize("path", REQUESTS)
def test_what_cannot_be_paid_for_is_refused_and_not_booked(
    start: StartSandbox, connect: Connect, path: str
) -> None:
    sandbox = start(credits=1)
    answer = connect(sandbox).post(path, **REQUESTS[path])
    if CREDITS[path]:
        assert (answer.status_code, answer.json()["error"]["code"]) == (402, "insufficient_credits")
    assert (sandbox.credits, sandbox.jobs) == (1, [])


def test_credits_charged_equal_jobs_done_whatever_happened_to_them(
    start: StartSandbox, connect: Connect
) -> None:
    sandbox = start(keys={"one": UNLIMITED, "two": UNLIMITED})
    before = sandbox.credits
    for number, fault in enumerate(
        (Fault.FAILED, Fault.FAILED_THEN_COMPLETED, Fault.PROVIDER_CHANGED, Fault.LATE)
    ):
        client = connect(sandbox, key=("one", "two")[number % 2])
        sandbox.inject(fault)
        client.create_with_webhook()
    for _ in range(2):
        client.pass_time(150)
    done = [job for job in sandbox.jobs if job.status == "completed"]
    assert before - sandbox.credits == sum(job.paid for job in sandbox.jobs) == 150
    assert sum(job.paid for job in done) == 150
    by_key = {key: sum(job.paid for job in sandbox.jobs if job.key == key) for key in ("one", "two")}
    assert by_key == {"one": 30, "two": 120}


def test_the_book_can_be_read_over_http(client: Client, sandbox: Sandbox) -> None:
    job = client.create(duration=7).json()["id"]
    book = client.get("/sandbox/jobs")
    assert book["credits"] == sandbox.credits
    assert [(each["id"], each["charged"], each["request"]["duration"]) for each in book["jobs"]] == [
        (job, 60, 7)
    ]


@pytest.mark.parametrize(
    ("job_input", "price"),
    [
        ({"model": "auto"}, 60),
        ({"model": "auto", "image_url": "https://example.com/a.png"}, 30),
        ({"model": "dall-e-3", "n": 4}, 12),
        ({"type": "voice"}, 8),
        ({"text": "Hello", "voice": "alloy"}, 8),
        ({"type": "chart-to-video"}, 15),
        ({"model": "seedream-v4.5-edit"}, 3),
        ({"model": "claude-sonnet"}, 2),
    ],
)
def test_a_price_can_be_asked_for_and_costs_nothing(
    client: Client, sandbox: Sandbox, job_input: dict[str, object], price: int
) -> None:
    before = sandbox.credits
    answer = client.post("/api/v1/model/calculate", **job_input)
    assert (answer.status_code, answer.json()["credits"], sandbox.credits) == (200, price, before)


def test_the_price_of_something_unknown_is_refused(client: Client) -> None:
    answer = client.post("/api/v1/model/calculate", model="nothing we know")
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "model")


def test_the_models_that_the_reference_names_are_listed(client: Client) -> None:
    models = {each["id"]: each for each in client.get("/v1/models")["data"]}
    assert {"auto", "kling-v3", "dall-e-3", "seedream-v4.5-edit", "alloy", "gemini-*"} <= set(models)
    assert models["auto"]["object"] == "model"
