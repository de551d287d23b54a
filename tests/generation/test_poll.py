"""One look at a running job, on the sandbox: what it brings, and when the next one is due."""

from collections.abc import Iterator
from typing import Any

import pytest

from relay.creativeai import CreativeAI
from relay.generation.kinds import SubmitContext, kind
from relay.generation.poll import poll
from relay.http.client import Http
from relay.intake import events
from relay.models.core import ResultStatus
from relay.models.job import JobStatus
from relay.models.queue import CallOutcome, CallResult, StatusPoll
from sandbox import API_KEY, Config, Fault, Limits, Sandbox, serve
from tests.generation.inputs import job_input
from tests.sandbox.client import Clock, until
from tests.wire import Answer, Receiver

MINUTE, DAY = 60_000, 86_400_000


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(clock: Clock) -> Iterator[Sandbox]:
    running = serve(config=Config(clock=clock, keys={API_KEY: Limits()}))
    yield running
    running.stop()


@pytest.fixture
def client(sandbox: Sandbox) -> CreativeAI:
    return connected(sandbox, API_KEY)


def connected(sandbox: Sandbox, key: str) -> CreativeAI:
    return CreativeAI(key, Http(origin_map={"https://api.creativeai.run": sandbox.url}), events.parse)


def started(client: CreativeAI, name: str, **fields: Any) -> str:
    return kind(name).send(client, job_input(name, **fields), SubmitContext("job_1", 1)).id


def pass_time(sandbox: Sandbox, clock: Clock, seconds: float) -> None:
    clock.now += seconds
    sandbox.wake()
    until(lambda: not sandbox.due)


def looked(
    client: CreativeAI, clock: Clock, vendor_id: str, name: str = "text-to-video", age: int = MINUTE
) -> CallResult | CallOutcome:
    call = StatusPoll("job_1", 1, name, vendor_id, age, 1)
    return poll(call, client, clock=lambda: round(clock.now * 1000))


def test_what_is_being_made_brings_nothing_but_the_next_look(client: CreativeAI, clock: Clock) -> None:
    end = looked(client, clock, started(client, "text-to-video"))
    assert isinstance(end, CallOutcome)
    assert (end.status, end.due_at) == (None, round(clock.now * 1000) + 10_000)
    assert end.rate_limit.limit == 100
    assert end.rate_limit.remaining == 98
    assert end.rate_limit.reset_at == round(clock.now * 1000) + MINUTE


@pytest.mark.parametrize("name", ["text-to-video", "voice", "compose", "chart-to-video", "upscale"])
def test_a_finished_one_is_recovered_under_its_jobs_own_kind(
    name: str, client: CreativeAI, sandbox: Sandbox, clock: Clock
) -> None:
    vendor_id = started(client, name)
    pass_time(sandbox, clock, 600)
    end = looked(client, clock, vendor_id, name)
    assert isinstance(end, CallResult)
    assert (end.found_by, end.poll_at, end.vendor_id) == ("recovered", None, vendor_id)
    (result,) = end.results
    assert (result.generation_id, result.kind, result.status) == (
        vendor_id,
        kind(name).output_kind,
        ResultStatus.COMPLETED,
    )
    assert result.outputs


def test_a_failure_is_something_found_too(client: CreativeAI, sandbox: Sandbox, clock: Clock) -> None:
    sandbox.inject(Fault.FAILED)
    vendor_id = started(client, "text-to-video")
    pass_time(sandbox, clock, 600)
    end = looked(client, clock, vendor_id)
    assert isinstance(end, CallResult)
    assert end.results[0].status is ResultStatus.FAILED
    assert end.results[0].error


def test_of_a_batch_the_finished_videos_are_taken_and_the_rest_is_asked_about_again(
    client: CreativeAI, sandbox: Sandbox, clock: Clock
) -> None:
    sandbox.inject(Fault.PARTIAL_BATCH)
    prompts = [{"prompt": text} for text in ("One", "Two", "Three")]
    vendor_id = started(client, "video-batch", prompts=prompts)
    pass_time(sandbox, clock, 200)
    end = looked(client, clock, vendor_id, "video-batch", age=3 * MINUTE)
    assert isinstance(end, CallResult)
    assert [result.status for result in end.results] == ["failed", "completed", "processing"]
    assert len(end.generation_ids) == 3
    assert end.poll_at == round(clock.now * 1000) + 30_000


def test_a_look_at_a_batch_that_is_being_made_tells_what_it_is_of(
    client: CreativeAI, sandbox: Sandbox, clock: Clock
) -> None:
    prompts = [{"prompt": text} for text in ("One", "Two", "Three")]
    vendor_id = started(client, "video-batch", prompts=prompts)
    end = looked(client, clock, vendor_id, "video-batch")
    assert isinstance(end, CallResult)
    assert (end.expected_results, len(end.generation_ids)) == (3, 3)
    silent = looked(client, clock, vendor_id, "video-batch", age=2 * DAY)
    assert isinstance(silent, CallOutcome)
    assert silent.status is JobStatus.HELD


def test_an_id_that_is_unknown_for_long_is_shown_to_a_person(client: CreativeAI, clock: Clock) -> None:
    young = looked(client, clock, "vgen_none", age=MINUTE)
    old = looked(client, clock, "vgen_none", age=20 * MINUTE)
    assert isinstance(young, CallOutcome)
    assert isinstance(old, CallOutcome)
    assert (young.status, old.status) == (None, JobStatus.HELD)
    assert "does not know" in old.status_reason


def test_a_result_that_comes_after_a_day_is_found_by_whoever_asks(
    client: CreativeAI, sandbox: Sandbox, clock: Clock
) -> None:
    vendor_id = started(client, "text-to-video")
    silent = looked(client, clock, vendor_id, age=2 * DAY)
    assert isinstance(silent, CallOutcome)
    assert silent.status is JobStatus.HELD
    pass_time(sandbox, clock, 600)
    assert isinstance(looked(client, clock, vendor_id, age=2 * DAY), CallResult)


def test_with_a_refused_key_nobody_is_asked_for_a_while(sandbox: Sandbox, clock: Clock) -> None:
    end = looked(connected(sandbox, "rph_wrong_key"), clock, "vgen_1")
    assert isinstance(end, CallOutcome)
    assert end.status is None
    assert end.pause_why
    assert end.hold_bucket_until == round(clock.now * 1000) + 10 * MINUTE


@pytest.mark.parametrize("name", ["image", "hologram"])
def test_what_cannot_be_asked_about_is_shown_to_a_person(name: str, client: CreativeAI, clock: Clock) -> None:
    end = looked(client, clock, "img_1", name)
    assert isinstance(end, CallOutcome)
    assert end.status is JobStatus.HELD
    assert name in end.status_reason


@pytest.mark.parametrize(
    ("body", "headers", "words"),
    [
        (b"<html>Welcome to the hotel</html>", {"Content-Type": "text/html; charset=utf-8"}, "text/html"),
        (b"", {}, "content type: none"),
    ],
)
def test_a_page_in_place_of_a_status_is_said_with_what_came(
    body: bytes, headers: dict[str, str], words: str, clock: Clock
) -> None:
    with Receiver(lambda _: Answer(body=body, headers=headers)) as proxy:
        http = Http(origin_map={"https://api.creativeai.run": f"http://{proxy.host}"})
        end = looked(CreativeAI("rph_key", http, events.parse), clock, "vgen_1")
        http.close()
    assert isinstance(end, CallOutcome)
    assert (end.status, end.due_at) == (None, round(clock.now * 1000) + 10_000)
    assert end.status_reason.startswith("CreativeAI answered 200 with something that is not JSON (")
    assert words in end.status_reason
