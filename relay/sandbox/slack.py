"""A Slack incoming webhook: POST /services/<team>/<bot>/<token>, answers and limits as Slack's.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks and, for the limits of blocks,
https://docs.slack.dev/reference/block-kit/blocks. What came is in the inbox `slack`.
"""

import json
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request

from relay.sandbox.destinations import Inboxes

INBOX = "slack"
MOST_BLOCKS = 50
MOST_CHARACTERS = 13_000  # of all blocks together; not documented, seen
BLOCKS_TOO_LONG = "msg_blocks_too_long"


def slack(inboxes: Inboxes) -> Blueprint:
    routes = Blueprint("slack", __name__)

    @routes.post("/services/<team>/<bot>/<token>")
    def incoming(team: str, bot: str, token: str) -> Response:  # noqa: ARG001 - any hook exists here
        return inboxes.answer(INBOX, lambda: _answer(refusal(request.get_data())))

    return routes


def _answer(error: str) -> Response:
    return Response(error or "ok", status=400 if error else 200, mimetype="text/html")


def refusal(raw: bytes) -> str:
    """Slack's word for what is wrong with a message, or nothing."""
    try:
        message = json.loads(raw)
    except ValueError:
        return "invalid_payload"
    if not isinstance(message, dict):
        return "invalid_payload"
    blocks = message.get("blocks") or []
    if not message.get("text") and not blocks:
        return "no_text"
    if not isinstance(blocks, list) or len(blocks) > MOST_BLOCKS or not all(map(_fits, blocks)):
        return "invalid_blocks"
    return BLOCKS_TOO_LONG if len(json.dumps(blocks, ensure_ascii=False)) > MOST_CHARACTERS else ""


def _fits(block: object) -> bool:
    if not isinstance(block, dict):
        return False
    rule = BLOCKS.get(str(block.get("type")))
    return rule is not None and rule(block)


def _text(value: object, most: int) -> bool:
    """A text object, not empty and not too long."""
    return isinstance(value, dict) and _string(value.get("text"), most)


def _string(value: object, most: int) -> bool:
    return isinstance(value, str) and 0 < len(value) <= most


def _header(block: dict[str, Any]) -> bool:
    return _text(block.get("text"), 150) and block["text"].get("type") == "plain_text"


def _section(block: dict[str, Any]) -> bool:
    fields = block.get("fields", [])
    if "text" not in block and not fields:
        return False
    if "text" in block and not _text(block["text"], 3000):
        return False
    return isinstance(fields, list) and len(fields) <= 10 and all(_text(field, 2000) for field in fields)


def _context(block: dict[str, Any]) -> bool:
    elements = block.get("elements")
    return isinstance(elements, list) and 0 < len(elements) <= 10


def _actions(block: dict[str, Any]) -> bool:
    elements = block.get("elements")
    if not isinstance(elements, list) or not 0 < len(elements) <= 25:
        return False
    return all(isinstance(one, dict) and ("url" not in one or _string(one["url"], 3000)) for one in elements)


def _image(block: dict[str, Any]) -> bool:
    return _string(block.get("image_url"), 3000) and _string(block.get("alt_text"), 2000)


BLOCKS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "header": _header,
    "section": _section,
    "context": _context,
    "actions": _actions,
    "image": _image,
    "divider": lambda block: True,  # noqa: ARG005 - it has nothing that could be wrong
}
