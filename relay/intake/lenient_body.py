"""The body of an authentic webhook, whatever it looks like: to refuse it would only use up the attempts.

The raw bytes are kept beside what is read here, so a reading that loses something loses nothing for good.
"""

import json
import math
from email.message import Message
from typing import Any

from relay.intake.strict_json import DEEPEST, depth_of, integer, storable


def read(body: bytes, content_type: str = "") -> list[dict[str, Any]]:
    """The objects in the body, usually one; none when it is no JSON or holds none. Never raises."""
    text = _decoded(body, content_type)
    try:
        value = _DECODER.decode(text)
        if isinstance(value, str):  # JSON within JSON
            value = _DECODER.decode(value)
    except (ValueError, RecursionError):
        return []
    found = [each for each in value if isinstance(each, dict)] if isinstance(value, list) else [value]
    if not isinstance(found[0] if found else None, dict):
        return []
    if body.count(b"{") + body.count(b"[") > DEEPEST and depth_of(value) > DEEPEST:
        return []
    return [storable(each) for each in found] if "\\u" in text or "\x00" in text else found


def _decoded(body: bytes, content_type: str) -> str:
    """UTF-8, with or without a byte order mark, as JSON is; else what its header says."""
    try:
        text = body.decode(json.detect_encoding(body))
    except UnicodeDecodeError:
        text = _decoded_as(body, _charset(content_type))
    return text.lstrip("\ufeff")


def _decoded_as(body: bytes, charset: str) -> str:
    try:
        return body.decode(charset)
    except (UnicodeError, LookupError):
        return body.decode("utf-8", "replace")


def _charset(content_type: str) -> str:
    header = Message()
    header["Content-Type"] = content_type
    return header.get_content_charset("utf-8")


def _float(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def _integer(text: str) -> int | float | None:
    number = integer(text)
    return number if math.isfinite(number) else None


# A number that is none counts as not said; a bare line break in a text is taken as it is.
_DECODER = json.JSONDecoder(
    parse_constant=lambda _: None, parse_float=_float, parse_int=_integer, strict=False
)
