"""Every n8n template in a real n8n, as its file is: what it does when all is well, and when something is not.

`make test-n8n` runs this in a network of its own, where the hosts with fixed names are the sandbox. The
templates know nothing of each other, so that all of them run at the same time.
"""

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest

from sandbox import Fault, PlannedResponse
from tests.templates.n8n_scene import Scene
from tests.templates.n8n_stories import STORIES, Story
from tests.templates.n8n_world import SLUGS, World
from tests.wire import wait_until

pytestmark = pytest.mark.n8n

PATIENCE = 300.0  # a film comes after three callbacks, and n8n is slow beside seven others


def _scenes(world: World, stories: Iterable[Story]) -> dict[Story, Scene]:
    number = len(world.sandbox.jobs) + world.n8n.last()
    return {
        story: Scene(world, f"SKU-{number}-{place}X", story.slug, story.calls_back, story.silent)
        for place, story in enumerate(stories)
    }


def _play(scenes: dict[Story, Scene]) -> None:
    for story, scene in scenes.items():
        story.prepare(scene)
    with ThreadPoolExecutor(len(scenes)) as threads:
        list(threads.map(lambda each: each[0].begin(each[1]), scenes.items()))


def _seen(story: Story, scene: Scene) -> Any:
    try:
        return story.seen(scene)
    except (ValueError, AssertionError) as error:  # the job is not there
        return error


def _end(scenes: dict[Story, Scene], outcome: str) -> None:
    """Until all is quiet: then it is there as wanted, once."""

    def wanted(story: Story) -> Any:
        try:
            return getattr(story, outcome)(scenes[story])
        except (ValueError, AssertionError) as error:
            return repr(error)

    with suppress(TimeoutError):
        wait_until(lambda: all(_seen(*each) == wanted(each[0]) for each in scenes.items()), PATIENCE, pause=1)
    next(iter(scenes.values())).world.settle()
    found = {story.slug: _seen(story, scene) for story, scene in scenes.items()}
    errors = [error for scene in scenes.values() for error in scene.errors]
    assert found == {story.slug: wanted(story) for story in scenes}, errors


def test_there_is_a_story_for_every_template() -> None:
    assert sorted(story.slug for story in STORIES) == SLUGS


def test_a_render_that_fails_is_reported_with_its_reason(made: World) -> None:
    scenes = _scenes(made, STORIES)
    for _ in range(sum(story.failing for story in STORIES)):
        made.sandbox.inject(Fault.FAILED)
    _play(scenes)
    _end(scenes, "failed")


def test_a_request_ends_in_the_tools_once_though_creativeai_is_busy_and_then_calls_three_times(
    made: World,
) -> None:
    scenes = _scenes(made, STORIES)
    for _ in range(2 * sum(story.asks for story in STORIES)):
        made.sandbox.inject(Fault.UNAVAILABLE)
    for _ in range(sum(story.jobs for story in STORIES)):
        made.sandbox.inject(Fault.DUPLICATE)
    _play(scenes)
    _end(scenes, "completed")


def test_a_result_finds_its_row_though_the_response_to_its_request_was_lost(made: World) -> None:
    """By its mark: the generation was paid for."""
    slugs = ("image-to-video-airtable", "image-to-video-sheets-slack", "catalogue-batch")
    scenes = _scenes(made, [each for each in STORIES if each.slug in slugs])
    for _ in range(sum(story.jobs for story in scenes)):
        made.sandbox.inject(Fault.LOST_ANSWER)
    _play(scenes)
    _end(scenes, "completed")


def test_a_result_that_cannot_be_saved_is_refused_and_sent_again_by_the_relay(made: World) -> None:
    """Saved once and announced once, also when the relay delivers what was saved."""
    [(story, scene)] = _scenes(made, [each for each in STORIES if each.slug == "behind-the-relay"]).items()
    busy = json.dumps({"errors": [{"error": "RATE_LIMIT_REACHED", "message": "Rate limit exceeded."}]})
    story.begin(scene)
    made.sandbox.plan_response("airtable", PlannedResponse(429, busy), times=3)  # the job's ID may take two
    _end({story: scene}, "completed")
    assert scene.ran("Respond 429 or 503") >= 1
    [job] = scene.jobs
    made.command("replay", "--generation", job.id, "--yes")
    wait_until(lambda: scene.ran("Accept with 200") == 2, PATIENCE, pause=1)
    _end({story: scene}, "completed")


def test_what_nobody_signed_rightly_is_refused_and_goes_no_further(made: World) -> None:
    scenes = _scenes(made, STORIES)
    for story, scene in scenes.items():
        for entrance in story.entrances:
            body = json.dumps(dict(entrance.strange)).encode()
            for headers in ({}, entrance.sign(body, "another secret, as long as the right one")):
                assert scene.post(f"webhook/{entrance.path}", body, headers).status_code == 401
            cut = scene.post(f"webhook/{entrance.path}", body + b" ", entrance.sign(body))
            assert cut.status_code == 401
        for path, refused in story.keyed.items():
            assert scene.knock(path) == refused
    _changes_nothing(scenes)


def test_a_status_that_nobody_knows_changes_nothing(made: World) -> None:
    scenes = _scenes(made, STORIES)
    for story, scene in scenes.items():
        for entrance in story.entrances:
            body = json.dumps(dict(entrance.strange)).encode()
            assert scene.post(f"webhook/{entrance.path}", body, entrance.sign(body)).status_code == 200
    _changes_nothing(scenes)


def _changes_nothing(scenes: dict[Story, Scene]) -> None:
    next(iter(scenes.values())).world.settle()
    for scene in scenes.values():
        assert scene.received == []
        assert scene.jobs == []
