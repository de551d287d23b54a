"""The sandbox's own addresses: send any payload, and see what was sent and received."""

import json
from typing import Any

import pytest

from sandbox import SIGNING_SECRET, Sandbox
from tests.sandbox.client import Client, signature, until


def send(client: Client, **asked: Any) -> Any:
    asked = {
        "event": "voice.generation.completed",
        "webhook_url": f"{client.sandbox.url}/inbox/relay",
    } | asked
    answer = client.call("POST", "/sandbox/send", json=asked)
    until(lambda: not client.sandbox.due)
    return answer


def test_a_raw_text_is_sent_as_it_is_and_signed(client: Client, sandbox: Sandbox) -> None:
    raw = '{\n  "id": "voice_1",\n  "credits": 1.0\n}\n'
    answer = send(client, raw=raw, delivery_id="voice_1")
    assert (answer.status_code, answer.json()) == (202, {"delivery_id": "voice_1"})
    (item,) = sandbox.received("relay")
    assert item.body == raw
    assert item.headers["X-Creativeai-Event"] == "voice.generation.completed"
    assert item.headers["X-Creativeai-Delivery-Id"] == "voice_1"
    assert item.headers["X-Creativeai-Signature"] == signature(SIGNING_SECRET, raw)


@pytest.mark.parametrize(
    ("body", "delivery_id"), [({"id": "a"}, "a"), ({"batch_id": "b"}, "b"), ({}, "sandbox")]
)
def test_the_delivery_id_is_that_of_the_body(
    client: Client, sandbox: Sandbox, body: dict[str, str], delivery_id: str
) -> None:
    send(client, body=body)
    (item,) = sandbox.received("relay")
    assert item.headers["X-Creativeai-Delivery-Id"] == delivery_id
    assert json.loads(item.body) == body


@pytest.mark.parametrize(
    ("asked", "param"),
    [({}, "body"), ({"body": []}, "body"), ({"raw": "{}", "webhook_url": "x"}, "webhook_url")],
)
def test_a_payload_that_cannot_be_sent_is_refused(client: Client, asked: dict[str, Any], param: str) -> None:
    answer = send(client, **asked)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == param


def test_the_same_can_be_sent_from_python(client: Client, sandbox: Sandbox) -> None:
    sandbox.send(f"{sandbox.url}/inbox/relay", "video.generation.completed", "not even JSON", "v1")
    sandbox.send(f"{sandbox.url}/inbox/relay", "video.generation.completed", {"id": "v2"})
    until(lambda: not sandbox.due)
    assert {item.body for item in sandbox.received("relay")} == {"not even JSON", '{"id":"v2"}'}


def test_attempts_and_arrivals_can_be_read(client: Client) -> None:
    send(client, raw="{}")
    (attempt,) = client.call("GET", "/sandbox/webhooks").json()["attempts"]
    assert (attempt["status"], attempt["body"], attempt["number"]) == (200, "{}", 1)
    (item,) = client.call("GET", "/sandbox/inbox").json()["received"]
    assert (item["name"], item["path"], item["body"], item["status"]) == ("relay", "/inbox/relay", "{}", 200)
