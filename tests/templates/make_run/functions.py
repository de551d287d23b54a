"""Make's functions that the blueprints use, as its help describes them."""

import base64
import hashlib
import hmac
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

NAMES: Mapping[str, Any] = {
    "null": None,
    "true": True,
    "false": False,
    "emptystring": "",
    "emptyarray": [],
    "space": " ",
    "newline": "\n",
}


def _empty(value: Any) -> bool:
    return value is None or value == ""


def _if(condition: Callable[[], Any], yes: Callable[[], Any], no: Callable[[], Any]) -> Any:
    return yes() if condition() else no()


def _ifempty(value: Callable[[], Any], instead: Callable[[], Any]) -> Any:
    found = value()
    return instead() if _empty(found) else found


def _switch(value: Callable[[], Any], *cases: Callable[[], Any]) -> Any:
    found = value()
    for known, result in zip(cases[::2], cases[1::2], strict=False):
        if known() == found:
            return result()
    return cases[-1]() if len(cases) % 2 else None


LAZY: Mapping[str, Callable[..., Any]] = {"if": _if, "ifempty": _ifempty, "switch": _switch}


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict | list | bool):
        raise TypeError(f"a text is expected, not {value!r}")
    return str(value)


def _map(array: Any, key: str, filter_key: str = "", *wanted: Any) -> list[Any]:
    items = [each for each in array or [] if isinstance(each, dict)]
    if filter_key:
        items = [each for each in items if each.get(filter_key) in wanted]
    return [each.get(key) for each in items]


def _get(value: Any, place: Any) -> Any:
    if isinstance(value, list):
        return value[place - 1] if 1 <= place <= len(value) else None
    return value.get(place) if isinstance(value, dict) else None


def _sha256(text: Any, encoding: str = "hex", key: str = "") -> str:
    data = _text(text).encode()
    digest = hmac.new(key.encode(), data, hashlib.sha256) if key else hashlib.sha256(data)
    return digest.hexdigest() if encoding == "hex" else base64.b64encode(digest.digest()).decode()


def _add_days(moment: datetime, days: int) -> datetime:
    return moment + timedelta(days=days)


def _parse_number(text: str, decimal: str = ".") -> float | int:
    number = float(text.replace(decimal, "."))
    return int(number) if number.is_integer() else number


def moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    read = datetime.fromisoformat(value)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "length": lambda value: len(value) if isinstance(value, str | list) else 0,
    "lower": lambda text: _text(text).lower(),
    "trim": lambda text: _text(text).strip(),
    "capitalize": lambda text: _text(text)[:1].upper() + _text(text)[1:],
    "replace": lambda text, old, new: _text(text).replace(old, new),
    "split": lambda text, sign: _text(text).split(sign),
    "toString": _text,
    "parseNumber": _parse_number,
    "md5": lambda text: hashlib.md5(_text(text).encode(), usedforsecurity=False).hexdigest(),
    "sha256": _sha256,
    "map": _map,
    "get": _get,
    "min": min,
    "ceil": math.ceil,
    "first": lambda array: array[0] if array else None,
    "last": lambda array: array[-1] if array else None,
    "add": lambda array, *values: [*array, *values],
    "join": lambda array, sign: sign.join(_text(each) for each in array or []),
    "addDays": _add_days,
}
