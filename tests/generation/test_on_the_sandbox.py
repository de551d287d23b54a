"""Client and kinds against the sandbox: each kind is submitted, followed and finished over the wire."""

from collections.abc import Iterator

import pytest

from relay.creativeai import Batch, CreativeAI, File, Generation
from relay.errors import RemoteError
from relay.generation.kinds import Kind, SubmitContext, ask, kinds
from relay.http.client import Http
from relay.intake import events
from relay.models.core import ResultStatus
from sandbox import API_KEY, Config, Limits, Sandbox, serve
from tests.generation.inputs import job_input
from tests.generation.kinds.test_image_size import png
from tests.sandbox.client import Clock, until

FILES = {
    "image": File("mug.png", "image/png", png(64, 48)),
    "mask": File("mask.png", "image/png", png(64, 48)),
}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(clock: Clock) -> Iterator[Sandbox]:
    running = serve(config=Config(clock=clock, keys={API_KEY: Limits()}))
    yield running
    running.stop()


def connected(sandbox: Sandbox, key: str = API_KEY) -> CreativeAI:
    http = Http(origin_map={"https://api.creativeai.run": sandbox.url})
    return CreativeAI(key, http, events.parse)


@pytest.mark.parametrize("each", kinds(), ids=lambda each: each.name)
def test_each_kind_is_submitted_and_finishes(each: Kind, sandbox: Sandbox, clock: Clock) -> None:
    client = connected(sandbox)
    now = int(clock.now * 1000)
    files = FILES if each.uploads else {}
    job = each.send(client, job_input(each.name), SubmitContext("job_1", now, files=files))
    assert job.limits.limit
    if each.poll:
        clock.now += 600
        sandbox.wake()
        until(lambda: not sandbox.due)
        job = each.poll(client, job.id, now)
    results = job.results if isinstance(job, Batch) else (job.result,)
    assert results
    for result in results:
        assert result is not None
        assert result.status is ResultStatus.COMPLETED
        assert result.kind == each.output_kind
        assert result.outputs
    if isinstance(job, Generation):
        assert job.outputs[0].url.startswith("http")


@pytest.mark.parametrize("each", [each for each in kinds() if each.priced_as], ids=lambda each: each.name)
def test_the_calculated_price_is_what_is_charged(each: Kind, sandbox: Sandbox, clock: Clock) -> None:
    client, now = connected(sandbox), int(clock.now * 1000)
    found = ask(each, job_input(each.name), client, now)
    assert found.source == "calculated"
    before = sandbox.credits
    each.send(client, job_input(each.name), SubmitContext("job_1", now, files=FILES if each.uploads else {}))
    assert before - sandbox.credits == found.credits


def test_models_texts_and_the_native_api_answer(sandbox: Sandbox, clock: Clock) -> None:
    client = connected(sandbox)
    now = int(clock.now * 1000)
    assert "auto" in {model.id for model in client.account.models(now=now).models}
    chat = client.texts.chat(
        {"model": "gemini-2.0-flash", "messages": [{"role": "user", "content": "Hi"}]}, now=now
    )
    assert chat.text
    assert chat.model_actual
    assert chat.failover_used is not None
    assert client.texts.complete({"model": "gpt-4o", "prompt": "Hi"}, now=now).text
    for kind, job in (
        ("image", client.native.generate_image({"prompt": "A kite"}, reference="job_1", now=now)),
        ("video", client.native.generate_video({"prompt": "A kite"}, reference="job_2", now=now)),
    ):
        clock.now += 600
        sandbox.wake()
        until(lambda: not sandbox.due)
        found = client.native.prediction(job.id, kind, now=now)
        assert (found.status, found.kind) == (ResultStatus.COMPLETED, kind)
        assert found.outputs


def test_a_wrong_key_and_an_unknown_job_are_explained(sandbox: Sandbox, clock: Clock) -> None:
    now = int(clock.now * 1000)
    with pytest.raises(RemoteError, match="refused the API key") as caught:
        connected(sandbox, "wrong-key").account.models(now=now)
    assert caught.value.whose == "connection"
    with pytest.raises(RemoteError, match="does not know") as caught:
        connected(sandbox).videos.status("vgen_none", now=now)
    assert caught.value.whose == "record"
