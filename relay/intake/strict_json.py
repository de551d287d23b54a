"""JSON as RFC 8259 has it: UTF-8, no NaN or Infinity, nested no deeper than it can be walked.

What is legal JSON but cannot be stored as text (a lone surrogate from a prompt cut in mid-emoji, NUL) is
replaced by U+FFFD: the raw bytes are kept beside it, and refusing would use up CreativeAI's attempts.
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
        value = _DECODER.decode(body.decode("utf-8"))
    except UnicodeDecodeError:
        raise MalformedEventError("The body is not UTF-8.") from None
    except RecursionError:
        raise MalformedEventError(f"The body is nested deeper than {DEEPEST} levels.") from None
    except ValueError as error:
        raise MalformedEventError(f"The body is not strict JSON: {error}.") from None
    if not isinstance(value, dict):
        raise MalformedEventError("The body is not a JSON object.")
    if body.count(b"{") + body.count(b"[") > DEEPEST and _depth(value) > DEEPEST:
        raise MalformedEventError(f"The body is nested deeper than {DEEPEST} levels.")
    return storable(value) if b"\\u" in body else value


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is not a number")


def _float(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def _integer(text: str) -> int | float | None:
    return int(text) if len(text) < _LONGEST_INTEGER else _float(text)


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_float, parse_int=_integer)


def _depth(value: Any) -> int:
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
