"""JSON values read leniently: what is of another type than documented counts as not said."""

import math
from collections.abc import Mapping
from typing import Any


def text(value: object) -> str:
    """A text that any store can keep: NUL and halves of surrogate pairs are replaced."""
    if not isinstance(value, str):
        return ""
    return value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def whole(value: object) -> int | None:
    found = number(value)
    return None if found is None else int(found)


def flag(value: object) -> bool | None:
    """Also as headers spell it."""
    if isinstance(value, str):
        return {"true": True, "1": True, "false": False, "0": False}.get(value.strip().lower())
    return value if isinstance(value, bool) else None


def mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def objects(value: object) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def identifier(payload: Mapping[str, Any], *names: str) -> str:
    """The first of these fields that holds an id. Ids are opaque; a number is one too."""
    for name in names:
        value = payload.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**30:
            return str(value)
        if found := text(value).strip():
            return found
    return ""
