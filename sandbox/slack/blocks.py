"""What Slack refuses in a message's blocks.

https://docs.slack.dev/reference/block-kit/blocks
"""

import json
from collections.abc import Callable
from typing import Any

MOST_BLOCKS = 50
MOST_CHARACTERS = 13_000  # of all blocks together; not documented, seen
INVALID = "invalid_blocks"
TOO_LONG = "msg_blocks_too_long"


def refusal(blocks: object) -> str:
    """Slack's word for what is wrong, or nothing."""
    if not isinstance(blocks, list) or len(blocks) > MOST_BLOCKS or not all(map(_fits, blocks)):
        return INVALID
    return TOO_LONG if len(json.dumps(blocks, ensure_ascii=False)) > MOST_CHARACTERS else ""


def images(blocks: list[dict[str, Any]]) -> list[tuple[int, str]]:
    """Place and address of each picture that Slack has to fetch."""
    return [(place, block["image_url"]) for place, block in enumerate(blocks) if block["type"] == "image"]


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
