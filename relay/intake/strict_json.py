"""JSON of callers who can be told what is wrong with it: UTF-8, nested no deeper than it can be walked.

What is legal JSON but cannot be stored as text (a lone surrogate from a prompt cut in mid-emoji, NUL) is
replaced by U+FFFD. Numbers that no number can hold are infinite or NaN here, so that the caller of
`parse_object` can name their fields. What is signed by CreativeAI is read by `lenient_body`.
"""

import json
import math
import re
from typing import Any

from relay.errors import MalformedEventError

DEEPEST = 64

_LONGEST_INTEGER = 300  # characters: ids are whole, and every one is still a float
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def parse_object(body: bytes) -> dict[str, Any]:
    """The object in `body`. Raises MalformedEventError, whose message says what is wrong."""
    try:
        value = _DECODER.decode(body.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise MalformedEventError("The body is not UTF-8.") from None
    except RecursionError:
        raise MalformedEventError(f"The body is nested deeper than {DEEPEST} levels.") from None
    except ValueError as error:
        raise MalformedEventError(f"The body is not strict JSON: {error}.") from None
    if not isinstance(value, dict):
        raise MalformedEventError("The body is not a JSON object.")
    if body.count(b"{") + body.count(b"[") > DEEPEST and depth_of(value) > DEEPEST:
        raise MalformedEventError(f"The body is nested deeper than {DEEPEST} levels.")
    return storable(value) if b"\\u" in body else value


def numbers_beyond_bounds(value: Any, path: str = "") -> list[str]:
    """Where numbers are that are none (`NaN`) or beyond all bounds (`1e999`), as in `input.items.0.price`."""
    if isinstance(value, float):
        return [] if math.isfinite(value) else [path]
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = [(str(number), item) for number, item in enumerate(value)]
    else:
        return []
    found = (numbers_beyond_bounds(item, f"{path}.{name}" if path else name) for name, item in inner)
    return [each for paths in found for each in paths]


def integer(text: str) -> int | float:
    """With all its digits, or infinite."""
    return int(text) if len(text) < _LONGEST_INTEGER else float(text)


_DECODER = json.JSONDecoder(parse_int=integer)


def depth_of(value: Any) -> int:
    level, depth = [value], 0
    while level:
        depth += 1
        level = [
            child
            for item in level
            if isinstance(item, (dict, list))
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, (dict, list))
        ]
    return depth


def storable(value: Any) -> Any:
    """`value` with U+FFFD for what no store can hold as text."""
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_UNSTORABLE.sub("\ufffd", name): storable(item) for name, item in value.items()}
    if isinstance(value, list):
        return [storable(item) for item in value]
    return value
