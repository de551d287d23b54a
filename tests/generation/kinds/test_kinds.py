"""The kinds: how each explains itself, is sent and is followed."""

from collections.abc import Callable
from typing import Any, get_type_hints

import pytest
from pydantic import BaseModel
from responses import RequestsMock

from relay.creativeai import Batch, CreativeAI, Generation, called_by, endpoints, requests
from relay.generation.kinds import Kind, PollSchedule, kind, kinds
from relay.generation.kinds.chart import ChartData, Dataset
from relay.generation.kinds.video import BatchPrompt
from relay.models.output_kind import BY_ID_PREFIX
from tests.creativeai.calls import API, NOW, client_of, endpoint_of
from tests.generation.inputs import LINK
from tests.generation.kinds.contract import CONTRACT, Case, check_fields
from tests.reference.creativeai import Shown, shown

# The first kinds as pages show them. Those that are added later stand anywhere between them.
ORDER = [
    "text-to-video",
    "image-to-video",
    "multi-shot",
    "video-batch",
    "chart-to-video",
    "image",
    "image-edit",
    "background-removal",
    "upscale",
    "restore",
    "voice",
    "compose",
]
# The endpoints whose response has the result itself, by the reference.
SYNC = (endpoints.IMAGES, endpoints.IMAGE_EDITS)


def named(each: Kind) -> str:
    return each.name


def request_of(each: Kind) -> Any:
    """The TypedDict of the body that the client's method for its endpoint takes."""
    owner, _, method = called_by()[each.endpoint].partition(".")
    return get_type_hints(getattr(getattr(client_of(), owner.lower()), method))["body"]


def kind_of(example: Shown) -> Kind:
    """The kind whose form would be used for this request."""
    body = example.body or dict(example.form)
    if "multi_shot_prompts" in body:
        return kind("multi-shot")
    if example.path == "/v1/video/generations":
        return kind("image-to-video" if "image_url" in body else "text-to-video")
    return next(each for each in kinds() if each.endpoint == endpoint_of(example))


def test_pages_show_the_kinds_in_this_order_and_names_are_unique() -> None:
    names = [each.name for each in kinds()]
    assert [name for name in names if name in ORDER] == ORDER
    assert len(set(names)) == len(names)
    groups = list(dict.fromkeys(each.group for each in kinds()))
    assert groups == ["Video", "Image", "Voice", "Combine"]
    assert [each.group for each in kinds()] == sorted((each.group for each in kinds()), key=groups.index)
    with pytest.raises(KeyError):
        kind("nothing")


@pytest.mark.heavy
@pytest.mark.parametrize("check", CONTRACT, ids=lambda check: check.__name__)
@pytest.mark.parametrize("each", kinds(), ids=named)
def test_a_kind_keeps_to_the_contract(
    net: RequestsMock, client: CreativeAI, each: Kind, check: Callable[[Case], None]
) -> None:
    check(Case(each, net, client))


@pytest.mark.parametrize("model", [BatchPrompt, ChartData, Dataset], ids=lambda model: model.__name__)
def test_every_field_within_a_field_explains_itself(model: type[BaseModel]) -> None:
    check_fields(model)


def test_each_beginning_that_webhooks_know_is_a_kinds() -> None:
    stated = {prefix.partition("_")[0]: each.output for each in kinds() for prefix in each.id_prefixes}
    assert {prefix: stated.get(prefix) for prefix in BY_ID_PREFIX} == dict(BY_ID_PREFIX)


@pytest.mark.parametrize("each", kinds(), ids=named)
def test_a_kind_sends_no_field_that_its_request_does_not_have(each: Kind) -> None:
    request = request_of(each)
    fields = request.__required_keys__ | request.__optional_keys__
    assert set(each.input.model_fields) <= fields
    assert each.webhook is ("webhook_url" in fields)
    if each.endpoint != endpoints.VIDEOS:
        assert fields - {"webhook_url"} == set(each.input.model_fields)


@pytest.mark.parametrize("each", kinds(), ids=named)
def test_a_kind_requires_what_its_request_requires(each: Kind) -> None:
    required = {name for name, field in each.input.model_fields.items() if field.is_required()}
    assert request_of(each).__required_keys__ <= required
    if each.endpoint != endpoints.VIDEOS:
        assert request_of(each).__required_keys__ == required


def test_the_video_kinds_together_have_every_field_of_a_video() -> None:
    fields = {
        name for each in kinds() if each.endpoint == endpoints.VIDEOS for name in each.input.model_fields
    }
    assert fields | {"webhook_url"} == set(requests.Video.__annotations__)


@pytest.mark.parametrize("example", [each for each in shown() if each.method == "POST"], ids=str)
def test_every_documented_request_can_be_requested(example: Shown) -> None:
    body = dict(example.body or {name: value for name, value in example.form if not value.startswith("@")})
    body.pop("webhook_url", None)
    made = kind_of(example).input.model_validate(body).body()
    assert {name: made.get(name) for name in body} == body


@pytest.mark.parametrize("each", [each for each in kinds() if each.poll], ids=named)
def test_a_job_is_looked_at_where_it_is_documented_and_keeps_its_kind(
    net: RequestsMock, client: CreativeAI, each: Kind
) -> None:
    paths = {
        endpoints.BATCHES: "/v1/video/generations/batch/x_1",
        endpoints.VIDEOS: "/v1/video/generations/x_1",
    }
    path = paths.get(each.endpoint, "/api/generate/status/x_1")
    child = {"id": "c_1", "status": "completed", "output_url": LINK}
    net.get(API + path, json={**child, "id": "x_1", "jobs": [child]})
    assert each.poll is not None
    found = each.poll(client, "x_1", NOW)
    assert found.id == "x_1"
    assert isinstance(found, Batch if each.endpoint == endpoints.BATCHES else Generation)
    results = found.results if isinstance(found, Batch) else (found.result,)
    assert [result.kind for result in results if result] == [each.output_kind]


def test_only_images_come_in_the_response_itself() -> None:
    for each in kinds():
        assert (each.endpoint in SYNC) is (each.mode == "sync")
        assert (each.poll_schedule is None) is (each.mode == "sync")


def looks(poll_schedule: PollSchedule, until: float) -> list[float]:
    """The ages at which a job is looked at when each look takes no time."""
    age, found = 0.0, []
    while (wait := poll_schedule.wait(age)) is not None and age + wait <= until:
        age += wait
        found.append(age)
    return found


def test_videos_are_polled_as_the_reference_recommends_and_then_rarely_for_a_day() -> None:
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
