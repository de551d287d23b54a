"""Voices, composed videos, charts and utilities: what they take, how long they last, what they make."""

import pytest
import requests

from sandbox import Sandbox
from tests.sandbox.client import Client
from tests.sandbox.conftest import StartSandbox
from tests.sandbox.creativeai.requests import PICTURE, REQUESTS
from tests.sandbox.creativeai.test_video import Connect

SECONDS = {
    "voice": (12, "audio/mpeg"),
    "compose": (20, "video/mp4"),
    "chart-to-video": (45, "video/mp4"),
    "background-removal": (3, "image/png"),
    "upscale": (5, "image/png"),
    "restore": (4, "image/png"),
}


@pytest.mark.parametrize("word", SECONDS)
def test_a_job_is_pending_processing_and_completed_in_its_time(
    client: Client, sandbox: Sandbox, word: str
) -> None:
    seconds, mime = SECONDS[word]
    path = f"/api/generate/{word}"
    answer = client.post(path, **REQUESTS[path])
    assert answer.status_code == 202
    status = f"/api/generate/status/{answer.json()['id']}"
    assert client.get(status)["status"] == "PENDING"
    client.pass_time(1)
    assert client.get(status)["status"] == "PROCESSING"
    client.pass_time(seconds - 1)
    done = client.get(status)
    assert done["status"] == "COMPLETED"
    assert requests.get(done["output_url"], timeout=5).headers["Content-Type"] == mime
    assert client.get(f"/api/v1/model/prediction/{done['id']}") == done


def test_a_removed_background_is_transparent(client: Client) -> None:
    job = client.post("/api/generate/background-removal", image_url=PICTURE).json()["id"]
    client.pass_time(3)
    link = client.get(f"/api/generate/status/{job}")["output_url"]
    assert requests.get(link, timeout=5).content[25] == 6


@pytest.mark.parametrize(
    ("word", "name", "value"),
    [
        ("voice", "text", ""),
        ("voice", "text", "x" * 5001),
        ("voice", "text", "nsfw"),
        ("voice", "voice", "adam"),
        ("voice", "language", "xx"),
        ("voice", "speed", 2.5),
        ("voice", "webhook_url", "here"),
        ("compose", "audio_url", None),
        ("compose", "replace_audio", "yes"),
        ("chart-to-video", "chart_image_url", None),
        ("chart-to-video", "animation_style", "spin"),
        ("chart-to-video", "chart_data", []),
        ("upscale", "scale", 8),
        ("restore", "image_url", None),
    ],
)
def test_a_wrong_parameter_is_named(client: Client, word: str, name: str, value: object) -> None:
    path = f"/api/generate/{word}"
    answer = client.post(path, **(REQUESTS[path] | {name: value}))
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, name)


def test_the_longest_text_and_chart_data_are_taken(client: Client) -> None:
    assert client.post("/api/generate/voice", text="x" * 5000, speed=0.5).status_code == 202
    data = {"type": "line", "labels": ["Q1"], "datasets": [{"label": "Revenue", "data": [1.2]}]}
    assert client.post("/api/generate/chart-to-video", chart_data=data).status_code == 202


def test_they_do_not_count_as_videos(client: Client) -> None:
    for _ in range(10):
        assert client.post("/api/generate/restore", image_url=PICTURE).status_code == 202
    assert [client.create().status_code for _ in range(3)] == [202] * 3


def test_a_shorter_render_shortens_all_in_proportion(start: StartSandbox, connect: Connect) -> None:
    client = connect(start(render_seconds=15))
    job = client.post("/api/generate/voice", **REQUESTS["/api/generate/voice"]).json()["id"]
    client.pass_time(1.2)
    assert client.get(f"/api/generate/status/{job}")["status"] == "COMPLETED"


def test_a_native_video_is_a_video_like_any_other(client: Client) -> None:
    answer = client.post("/api/v1/model/generateVideo", prompt="A kite")
    job = answer.json()["id"]
    assert client.get(f"/api/v1/model/prediction/{job}") == client.status(job)


def test_a_voice_is_no_video(client: Client) -> None:
    job = client.post("/api/generate/voice", **REQUESTS["/api/generate/voice"]).json()["id"]
    assert client.call("GET", f"/v1/video/generations/{job}").status_code == 404
