"""The Slack lookalike answers as an incoming webhook does, and holds messages to the limits of blocks."""

from typing import Any

import pytest

from sandbox import PlannedResponse, Sandbox
from tests.sandbox.client import Client

HOOK = "/services/T000/B000/token"


def plain(length: int) -> dict[str, str]:
    return {"type": "plain_text", "text": "x" * length}


def marked(length: int) -> dict[str, str]:
    return {"type": "mrkdwn", "text": "x" * length}


def button(url: str = "https://example.com") -> dict[str, Any]:
    return {"type": "button", "text": plain(5), "url": url}


def image(**fields: Any) -> dict[str, Any]:
    return {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "A kite"} | fields


def section(**fields: Any) -> dict[str, Any]:
    return {"type": "section", **fields}


DIVIDER = {"type": "divider"}
FIT = [
    [{"type": "header", "text": plain(150)}],
    [section(text=marked(3000))],
    [section(fields=[marked(800)] * 10)],
    [{"type": "context", "elements": [marked(10)] * 10}],
    [{"type": "actions", "elements": [button()] * 25}],
    [image(alt_text="x" * 2000)],
    [DIVIDER] * 50,
]
DO_NOT_FIT = [
    [{"type": "header", "text": plain(151)}],
    [{"type": "header", "text": marked(5)}],
    [{"type": "header"}],
    [section(text=marked(3001))],
    [section(text=marked(0))],
    [section(fields=[marked(10)] * 11)],
    [section(fields=[marked(2001)])],
    [section()],
    [{"type": "context", "elements": [marked(10)] * 11}],
    [{"type": "actions", "elements": [button()] * 26}],
    [{"type": "actions", "elements": [button("https://example.com/" + "x" * 3000)]}],
    [image(image_url="https://example.com/" + "x" * 3000)],
    [image(alt_text="x" * 2001)],
    [image(alt_text=None)],
    [DIVIDER] * 51,
    [{"type": "unheard of"}],
    ["not a block"],
    {"type": "divider"},
]


def post(client: Client, message: object) -> tuple[int, str]:
    answer = client.call("POST", HOOK, json=message)
    return answer.status_code, answer.text


def test_a_message_is_answered_ok_and_kept(client: Client, sandbox: Sandbox) -> None:
    assert post(client, {"text": "Done"}) == (200, "ok")
    (item,) = sandbox.received("slack")
    assert (item.path, item.body) == (HOOK, '{"text": "Done"}')


@pytest.mark.parametrize("blocks", FIT)
def test_blocks_within_the_limits_are_taken(client: Client, blocks: object) -> None:
    assert post(client, {"text": "Done", "blocks": blocks}) == (200, "ok")


@pytest.mark.parametrize("blocks", DO_NOT_FIT)
def test_blocks_over_a_limit_are_refused(client: Client, blocks: object) -> None:
    assert post(client, {"text": "Done", "blocks": blocks}) == (400, "invalid_blocks")


def test_blocks_that_are_too_long_together_are_refused(client: Client) -> None:
    assert post(client, {"blocks": [section(text=marked(2900))] * 5}) == (400, "msg_blocks_too_long")


def test_a_message_without_text_is_refused(client: Client) -> None:
    assert post(client, {"blocks": []}) == (400, "no_text")


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"payload={}", b"\xff"])
def test_what_is_not_a_json_object_is_refused(client: Client, raw: bytes) -> None:
    answer = client.call("POST", HOOK, data=raw)
    assert (answer.status_code, answer.text) == (400, "invalid_payload")


def test_any_other_answer_can_be_ordered(client: Client, sandbox: Sandbox) -> None:
    sandbox.plan_response("slack", PlannedResponse(404, "no_service"))
    assert post(client, {"text": "Done"}) == (404, "no_service")
    assert post(client, {"text": "Done"}) == (200, "ok")
