"""Every n8n template in a real n8n, as its file is: what it does when all is well, and when something is not.

`make test-n8n` runs this in a network of its own, where the hosts with fixed names are the sandbox.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from sandbox import Fault
from tests.templates.n8n_scene import Scene
from tests.templates.n8n_stories import STORIES, Story
from tests.templates.n8n_world import PATIENCE, SLUGS, World, world
from tests.wire import wait_until

pytestmark = pytest.mark.n8n

every_story = pytest.mark.parametrize("story", STORIES, ids=lambda story: story.slug)


@pytest.fixture(scope="module")
def made(installed_n8n: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(installed_n8n, tmp_path_factory.mktemp("n8n")) as made:
        yield made


@pytest.fixture
def scene(made: World, request: pytest.FixtureRequest) -> Scene:
    number = len(made.sandbox.jobs) + made.n8n.last()
    return Scene(made, f"SKU-{number}")


def _ends(story: Story, scene: Scene, wanted: Any) -> None:
    """Until all is quiet: then it stands there as wanted, once."""

    def there() -> bool:
        try:
            return bool(story.seen(scene) == wanted(scene))
        except (ValueError, AssertionError):  # the job is not there yet
            return False

    with suppress(TimeoutError):
        wait_until(there, PATIENCE, pause=0.2)
    scene.world.settle()
    assert story.seen(scene) == wanted(scene), scene.errors


def test_there_is_a_story_for_every_template() -> None:
    assert sorted(story.slug for story in STORIES) == SLUGS


@every_story
def test_a_request_ends_in_the_tools(story: Story, scene: Scene) -> None:
    story.begin(scene)
    _ends(story, scene, story.completed)


@every_story
def test_three_deliveries_of_one_webhook_have_one_effect(story: Story, scene: Scene) -> None:
    scene.order(Fault.DUPLICATE, story.jobs)
    story.begin(scene)
    _ends(story, scene, story.completed)


@every_story
def test_a_render_that_fails_is_told_with_its_reason(story: Story, scene: Scene) -> None:
    scene.order(Fault.FAILED, story.failing)
    story.begin(scene)
    _ends(story, scene, story.failed)


@pytest.mark.parametrize("story", [each for each in STORIES if each.asks], ids=lambda story: story.slug)
def test_creativeai_is_asked_again_when_it_is_not_there(story: Story, scene: Scene) -> None:
    scene.order(Fault.UNAVAILABLE, 2)
    story.begin(scene)
    _ends(story, scene, story.completed)


@every_story
def test_what_nobody_signed_rightly_is_refused_and_goes_no_further(story: Story, scene: Scene) -> None:
    for entrance in story.entrances:
        body = json.dumps(dict(entrance.strange)).encode()
        for headers in ({}, entrance.sign(body, "another secret, as long as the right one")):
            assert scene.post(f"webhook/{entrance.path}", body, headers).status_code == 401
        cut = scene.post(f"webhook/{entrance.path}", body + b" ", entrance.sign(body))
        assert cut.status_code == 401
    for path, refused in story.keyed.items():
        assert scene.knock(path) == refused
    scene.world.settle()
    assert scene.received == []
    assert scene.jobs == []


@every_story
def test_a_status_that_nobody_knows_changes_nothing(story: Story, scene: Scene) -> None:
    for entrance in story.entrances:
        body = json.dumps(dict(entrance.strange)).encode()
        assert scene.post(f"webhook/{entrance.path}", body, entrance.sign(body)).status_code == 200
    scene.world.settle()
    assert scene.received == []
    assert scene.jobs == []
