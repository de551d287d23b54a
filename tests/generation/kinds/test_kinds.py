"""The kinds: how each explains itself, is sent and is followed."""

import json
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr
from responses import RequestsMock

from relay.creativeai import Batch, CreativeAI, Generation, requests
from relay.generation.kinds import Kind, PollSchedule, SubmitContext, kind, kinds
from relay.generation.kinds.chart import ChartData, Dataset
from relay.generation.kinds.video import BatchPrompt
from tests.creativeai.calls import API, IMAGE, NOW, REFERENCE, endpoint_of
from tests.generation.wishes import LEAST, LINK, job_input, refused
from tests.reference.creativeai import Shown, shown

HOOK = "https://relay.example.com/webhooks/creativeai/job_7f3a"
BODIES: dict[str, Any] = {
    "text-to-video": requests.Video,
    "image-to-video": requests.Video,
    "multi-shot": requests.Video,
    "video-batch": requests.VideoBatch,
    "chart-to-video": requests.ChartToVideo,
    "image": requests.Image,
    "image-edit": requests.ImageEdit,
    "background-removal": requests.Utility,
    "upscale": requests.Upscale,
    "restore": requests.Utility,
    "voice": requests.Voice,
    "compose": requests.Compose,
}
MODELS: list[type[BaseModel]] = [*(each.input for each in kinds()), BatchPrompt, ChartData, Dataset]


def named(each: Kind) -> str:
    return each.name


def kind_of(example: Shown) -> Kind:
    """The kind whose form would be used for this request."""
    body = example.body or dict(example.form)
    if "multi_shot_prompts" in body:
        return kind("multi-shot")
    if example.path == "/v1/video/generations":
        return kind("image-to-video" if "image_url" in body else "text-to-video")
    return next(each for each in kinds() if each.endpoint == endpoint_of(example))


def test_pages_show_the_kinds_in_this_order_and_names_are_unique() -> None:
    assert [each.name for each in kinds()] == list(LEAST)
    groups = list(dict.fromkeys(each.group for each in kinds()))
    assert groups == ["Video", "Image", "Voice", "Combine"]
    assert [each.group for each in kinds()] == sorted((each.group for each in kinds()), key=groups.index)
    with pytest.raises(KeyError):
        kind("nothing")


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_field_explains_itself_and_its_example_is_valid(model: type[BaseModel]) -> None:
    for name, field in model.model_fields.items():
        assert field.title, name
        assert field.description, name
        assert field.description.endswith("."), name
        assert field.examples, name
        assert field.annotation is not SecretStr, name
        for example in field.examples:
            assert name not in refused(model, {name: example}), name


@pytest.mark.parametrize("each", kinds(), ids=named)
def test_every_kind_says_what_it_is_in_one_sentence(each: Kind) -> None:
    assert each.title
    assert each.summary.endswith(".")
    assert each.summary.count(".") == 1
    assert 0 < each.seconds[0] < each.seconds[1]


@pytest.mark.parametrize("each", kinds(), ids=named)
def test_a_kind_sends_no_field_that_its_request_does_not_have(each: Kind) -> None:
    request = set(BODIES[each.name].__annotations__) | set(
        getattr(BODIES[each.name], "__optional_keys__", ())
    )
    assert set(each.input.model_fields) <= request
    assert each.webhook is ("webhook_url" in request)
    if each.endpoint.path != "/v1/video/generations":
        assert request - {"webhook_url"} == set(each.input.model_fields)


def test_the_video_kinds_together_have_every_field_of_a_video() -> None:
    fields = {
        name for each in kinds() if BODIES[each.name] is requests.Video for name in each.input.model_fields
    }
    assert fields | {"webhook_url"} == set(requests.Video.__annotations__)


@pytest.mark.parametrize("example", [each for each in shown() if each.method == "POST"], ids=str)
def test_every_documented_request_can_be_wished_for(example: Shown) -> None:
    body = dict(example.body or {name: value for name, value in example.form if not value.startswith("@")})
    body.pop("webhook_url", None)
    made = kind_of(example).input.model_validate(body).body()
    assert {name: made.get(name) for name in body} == body


@pytest.mark.parametrize("each", kinds(), ids=named)
def test_what_a_form_leaves_blank_counts_as_not_given(each: Kind) -> None:
    blank = dict.fromkeys(each.input.model_fields, " ") | LEAST[each.name]
    assert each.input.model_validate(blank) == job_input(each.name)


@pytest.mark.parametrize("each", kinds(), ids=named)
def test_a_kind_is_sent_to_its_endpoint_with_the_webhook_where_it_takes_one(
    net: RequestsMock, client: CreativeAI, each: Kind
) -> None:
    net.add("POST", API + each.endpoint.path, json={"id": "x_1", "batch_id": "b_1", "data": [{"url": LINK}]})
    submit_context = SubmitContext(
        REFERENCE, NOW, webhook_url=HOOK, files={"image": IMAGE} if each.uploads else {}
    )
    each.send(client, job_input(each.name), submit_context)
    sent = net.calls[0].request.body
    assert (HOOK.encode() in sent) is each.webhook
    if not each.uploads:
        body = json.loads(sent)
        assert body.pop("webhook_url", None) == (HOOK if each.webhook else None)
        assert body == job_input(each.name).body()


@pytest.mark.parametrize("each", kinds(), ids=named)
def test_without_a_webhook_none_is_named(net: RequestsMock, client: CreativeAI, each: Kind) -> None:
    net.add("POST", API + each.endpoint.path, json={"id": "x_1", "data": [{"url": LINK}]})
    each.send(client, job_input(each.name), SubmitContext(REFERENCE, NOW, files={"image": IMAGE}))
    assert b"webhook_url" not in net.calls[0].request.body


@pytest.mark.parametrize("each", [each for each in kinds() if each.poll], ids=named)
def test_a_job_is_looked_at_where_it_is_documented_and_keeps_its_kind(
    net: RequestsMock, client: CreativeAI, each: Kind
) -> None:
    paths = {"video-batch": "/v1/video/generations/batch/x_1"}
    shared = "/v1/video/generations/x_1" if each.output_kind == "video" else "/api/generate/status/x_1"
    child = {"id": "c_1", "status": "completed", "output_url": LINK}
    net.get(API + paths.get(each.name, shared), json={**child, "id": "x_1", "jobs": [child]})
    assert each.poll is not None
    found = each.poll(client, "x_1", NOW)
    assert found.id == "x_1"
    assert isinstance(found, Batch if each.name == "video-batch" else Generation)
    results = found.results if isinstance(found, Batch) else (found.result,)
    assert [result.kind for result in results if result] == [each.output_kind]


def test_only_images_come_in_the_answer_itself() -> None:
    assert [each.name for each in kinds() if each.mode == "sync"] == ["image", "image-edit"]
    for each in kinds():
        assert (each.poll_schedule is None) is (each.mode == "sync")


def looks(poll_schedule: PollSchedule, until: float) -> list[float]:
    """The ages at which a job is looked at when each look takes no time."""
    age, found = 0.0, []
    while (wait := poll_schedule.wait(age)) is not None and age + wait <= until:
        age += wait
        found.append(age)
    return found


def test_videos_are_looked_at_as_the_reference_recommends_and_then_rarely_for_a_day() -> None:
    poll_schedule = kind("text-to-video").poll_schedule
    assert poll_schedule is not None
    assert looks(poll_schedule, 600) == [*range(10, 121, 10), *range(150, 601, 30)]
    assert looks(poll_schedule, 1900)[-2:] == [1200, 1800]
    assert (poll_schedule.wait(4), poll_schedule.wait(86_399), poll_schedule.wait(86_400)) == (6, 600, None)


@pytest.mark.parametrize(
    "name", ["voice", "compose", "chart-to-video", "background-removal", "upscale", "restore"]
)
def test_short_jobs_are_looked_at_each_three_seconds(name: str) -> None:
    poll_schedule = kind(name).poll_schedule
    assert poll_schedule is not None
    assert looks(poll_schedule, 30) == list(range(3, 31, 3))
    assert poll_schedule.wait(700) == 600
