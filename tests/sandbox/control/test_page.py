"""The sandbox's page: a form per fault that works without scripts, and what happened so far."""

import re

import pytest

from sandbox import Fault, Sandbox
from tests.sandbox.client import Client


def page(client: Client) -> str:
    answer = client.call("GET", "/sandbox")
    assert answer.headers["Content-Type"].startswith("text/html")
    return answer.text


def test_there_is_a_button_for_every_fault_and_no_script(client: Client) -> None:
    text = page(client)
    assert set(re.findall(r'name="next" value="([^"]+)"', text)) == set(Fault)
    assert "<script" not in text


@pytest.mark.parametrize("name", [Fault.DUPLICATE, Fault.FAILED_THEN_COMPLETED])
def test_a_button_injects_and_comes_back_to_the_page(client: Client, sandbox: Sandbox, name: Fault) -> None:
    answer = client.call("POST", "/sandbox/faults", data={"next": name}, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sandbox")
    assert f"Pending: {name}." in page(client)
    client.create()
    assert "None pending" in page(client)


def test_a_status_request_can_fail_by_button(client: Client) -> None:
    client.call("POST", "/sandbox/faults", data={"lookups": "503"})
    job = client.create().json()["id"]
    assert client.call("GET", f"/v1/video/generations/{job}").status_code == 503
    assert client.status(job)["status"] == "processing"


def test_an_empty_request_is_rejected(client: Client) -> None:
    for rest in ({"data": {}}, {"json": {}}):
        assert client.call("POST", "/sandbox/faults", **rest).status_code == 400


def test_jobs_and_webhooks_are_shown_and_their_words_escaped(client: Client) -> None:
    job = client.create_with_webhook(prompt="<b>bold</b>")
    client.pass_time(150)
    text = page(client)
    assert job in text
    assert "&lt;b&gt;bold" in text
    assert "<b>" not in text
    assert "video.generation.completed" in text
