"""Pipelines over the API: asked for as a whole, shown step by step, canceled and taken up again."""

import io
import json
from hashlib import sha256
from typing import Any

import pytest
from werkzeug.test import TestResponse

from relay.models.job import UploadedFile
from tests.generation.kinds.test_image_size import png
from tests.web.conftest import OpenSite
from tests.web.site import N8N, Site

TOKEN = "cr_of-the-test"
INPUT = {"edit_prompt": "White studio", "video_prompt": "It turns", "voice_text": "Meet the mug."}
COMMERCE = {"preset": "commerce", "input": INPUT, "context": {"sku": "MUG-1"}}
LARGER = {"name": "larger", "kind": "upscale", "input": {"image_url": "https://example.com/a.png"}}
CLEAN = {"name": "clean", "kind": "restore", "inputs": {"image_url": "larger"}}


@pytest.fixture
def site(open_site: OpenSite) -> Site:
    made = open_site(CREATIVEAI_API_KEY="key-of-the-test", **N8N)
    made.store.add_token("test", sha256(TOKEN.encode()).hexdigest(), now=1)
    return made


def post(site: Site, path: str, body: object = None, key: str = "", **files: bytes) -> TestResponse:
    headers = {"Authorization": f"Bearer {TOKEN}"} | ({"Idempotency-Key": key} if key else {})
    if not files:
        return site.client.post(path, json=body, headers=headers)
    parts: dict[str, Any] = {name: (io.BytesIO(each), "a.png", "image/png") for name, each in files.items()}
    return site.client.post(path, data=parts | {"pipeline": json.dumps(body)}, headers=headers)


def create(site: Site, *steps: object) -> dict[str, Any]:
    answer = post(site, "/api/pipelines", {"steps": steps or [LARGER, CLEAN]})
    assert answer.status_code == 201, answer.text
    return dict(answer.json or {})


def faults(answer: TestResponse) -> set[str]:
    assert answer.status_code == 422, answer.text
    return {each["field"] for each in (answer.json or {})["errors"]}


def test_steps_are_asked_for_as_a_whole_and_shown(site: Site) -> None:
    made = create(site)
    assert (made["status"], made["estimate"]) == ("queued", 6)
    larger, clean = made["steps"]
    assert (larger["step"], larger["fan_out"], larger["status"]) == ("larger", False, "queued")
    assert (clean["step"], clean["fan_out"], clean["status_reason"]) == ("clean", True, "Waits for larger.")
    assert clean["inputs"] == {"image_url": "larger"}
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert site.client.get(f"/api/pipelines/{made['id']}", headers=headers).json == made
    listed = site.client.get(f"/api/jobs?pipeline_id={made['id']}", headers=headers).json
    assert {each["id"] for each in listed["items"]} == {larger["id"], clean["id"]}


def get(site: Site, path: str, **query: Any) -> dict[str, Any]:
    answer = site.client.get(path, query_string=query, headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200, answer.text
    return dict(answer.json or {})


def test_pipelines_are_listed_newest_first_page_by_page(site: Site) -> None:
    assert get(site, "/api/pipelines") == {"items": [], "next": None}
    made = [create(site) for _ in range(3)]
    found, before = [], ""
    while before is not None:
        listed = get(site, "/api/pipelines", limit=2, before=before)
        found += listed["items"]
        before = listed["next"]
    assert found == [
        {name: value for name, value in each.items() if name != "steps"} for each in reversed(made)
    ]


def test_a_preset_tells_its_fields_files_and_steps(site: Site) -> None:
    (preset,) = get(site, "/api/presets")["items"]
    assert (preset["name"], preset["title"]) == ("commerce", "Product video with a voice")
    assert preset["summary"].endswith(".")
    assert set(preset["input"]["required"]) == {"edit_prompt", "video_prompt", "voice_text"}
    assert [each["name"] for each in preset["uploads"] if each["required"]] == ["image"]
    asked = {"preset": preset["name"], "input": INPUT}
    made = post(site, "/api/pipelines", asked, image=png(64, 48)).json["steps"]
    steps = {each["name"]: (each["kind"], each["inputs"]) for each in preset["steps"]}
    assert steps == {each["step"]: (each["kind"], each["inputs"]) for each in made}


def test_the_preset_takes_its_photo_beside_its_input(site: Site) -> None:
    answer = post(site, "/api/pipelines", COMMERCE, image=png(64, 48))
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == f"/api/pipelines/{answer.json['id']}"
    steps = {each["step"]: each for each in answer.json["steps"]}
    assert (answer.json["name"], steps.keys()) == ("commerce", {"edit", "video", "voice", "compose"})
    assert {each["context"]["sku"] for each in steps.values()} == {"MUG-1"}
    assert site.store.files(steps["edit"]["id"]) == (
        UploadedFile("image", "a.png", "image/png", png(64, 48)),
    )


def test_a_step_takes_its_file_by_its_name(site: Site) -> None:
    edit = {"name": "edit", "kind": "image-edit", "input": {"prompt": "Brighter"}}
    answer = post(site, "/api/pipelines", {"steps": [edit]}, **{"edit.image": png(8, 8)})
    assert answer.status_code == 201, answer.text
    assert faults(post(site, "/api/pipelines", {"steps": [edit]}, image=png(8, 8))) == {"image", "edit.image"}


def test_one_key_makes_one_pipeline(site: Site) -> None:
    first = post(site, "/api/pipelines", COMMERCE, "k", image=png(8, 8))
    again = post(site, "/api/pipelines", COMMERCE, "k", image=png(8, 8))
    other = post(site, "/api/pipelines", COMMERCE, "k", image=png(8, 9))
    assert (first.status_code, again.status_code, again.json) == (201, 200, first.json)
    assert faults(other) == {"Idempotency-Key"}
    assert site.count("job") == 4


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"steps"}),
        ({"preset": "commerce", "steps": [LARGER]}, {"steps"}),
        ({"steps": [LARGER], "input": {"a": 1}}, {"input"}),
        ({"preset": "opera"}, {"preset"}),
        (
            {"preset": "commerce", "input": INPUT | {"duration": 99, "voice_text": ""}},
            {"input.duration", "input.voice_text", "image"},
        ),
        ({"steps": [{"name": "a b", "kind": "voice"}]}, {"steps.0.name"}),
        ({"steps": [{"name": "a", "kind": "voice"}, CLEAN]}, {"a.text", "clean.image_url"}),
        ({"steps": [LARGER], "context": {"sku": "x" * 3000}}, {"context"}),
    ],
)
def test_every_fault_is_named_and_nothing_is_stored(site: Site, body: object, fields: set[str]) -> None:
    assert faults(post(site, "/api/pipelines", body)) == fields
    assert (site.count("job"), site.count("pipeline")) == (0, 0)


def test_canceling_and_resuming(site: Site) -> None:
    path = f"/api/pipelines/{create(site)['id']}"
    assert post(site, f"{path}/resume").status_code == 409
    canceled = post(site, f"{path}/cancel").json
    assert {each["status"] for each in canceled["steps"]} == {"canceled"}
    assert post(site, f"{path}/cancel").status_code == 409
    resumed = post(site, f"{path}/resume").json
    assert {each["status"] for each in resumed["steps"]} == {"queued"}


def test_what_lost_its_photo_is_not_taken_up(site: Site) -> None:
    edit = {"name": "edit", "kind": "image-edit", "input": {"prompt": "Brighter"}}
    made = post(site, "/api/pipelines", {"steps": [edit]}, **{"edit.image": png(8, 8)}).json
    post(site, f"/api/pipelines/{made['id']}/cancel")
    answer = post(site, f"/api/pipelines/{made['id']}/resume")
    assert answer.status_code == 409
    assert answer.json["detail"].startswith("edit cannot be retried")


@pytest.mark.parametrize("what", ["", "/cancel", "/resume"])
def test_an_unknown_pipeline_is_told_so(site: Site, what: str) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    send = site.client.post if what else site.client.get
    assert send(f"/api/pipelines/pipe_none{what}", headers=headers).status_code == 404


def test_without_the_vendors_key_nothing_is_begun(open_site: OpenSite) -> None:
    site = open_site(**N8N)
    site.store.add_token("test", sha256(TOKEN.encode()).hexdigest(), now=1)
    answer = post(site, "/api/pipelines", {"steps": [LARGER]})
    assert answer.status_code == 409
    assert "CREATIVEAI_API_KEY" in answer.json["detail"]


def test_a_step_that_no_days_budget_covers_is_refused(open_site: OpenSite) -> None:
    site = open_site(CREATIVEAI_API_KEY="key-of-the-test", CREATIVEAI_CREDITS_PER_DAY="2", **N8N)
    site.store.add_token("test", sha256(TOKEN.encode()).hexdigest(), now=1)
    assert faults(post(site, "/api/pipelines", {"steps": [LARGER]})) == {"input"}
