"""Filters: whether a bundle goes on to a module."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.templates.make_run.expressions import as_text
from tests.templates.make_run.functions import moment

Conditions = Sequence[Sequence[Mapping[str, Any]]]


def passes(conditions: Conditions, value_of: Callable[[Any], Any]) -> bool:
    """One group of conditions, at least, is true as a whole."""
    return any(all(_holds(each, value_of) for each in group) for group in conditions)


def _holds(condition: Mapping[str, Any], value_of: Callable[[Any], Any]) -> bool:
    a, operator = value_of(condition["a"]), condition["o"]
    if operator in ("exist", "notexist"):
        return bool((a is not None) == (operator == "exist"))
    b = value_of(condition["b"])
    kind, _, name = operator.partition(":")
    return _KINDS[kind](name, a, b)


def _text(name: str, a: Any, b: Any) -> bool:
    x, y = as_text(a), as_text(b)
    if name.endswith(":ci"):
        name, x, y = name.removesuffix(":ci"), x.lower(), y.lower()
    found = {
        "equal": lambda: x == y,
        "contain": lambda: y in x,
        "startwith": lambda: x.startswith(y),
        "pattern": lambda: re.search(y, x) is not None,
    }
    return not found[name.removeprefix("not")]() if name.startswith("not") else found[name]()


def _number(name: str, a: Any, b: Any) -> bool:
    if a is None or a == "":
        return False
    x, y = float(a), float(b)
    return {
        "equal": x == y,
        "notequal": x != y,
        "less": x < y,
        "lessorequal": x <= y,
        "greater": x > y,
        "greaterorequal": x >= y,
    }[name]


def _boolean(name: str, a: Any, b: Any) -> bool:
    return (as_text(a) == as_text(b)) == (name == "equal")


def _date(name: str, a: Any, b: Any) -> bool:
    if not a:
        return False
    return {"greater": moment(a) > moment(b), "less": moment(a) < moment(b)}[name]


_KINDS: Mapping[str, Callable[[str, Any, Any], bool]] = {
    "text": _text,
    "number": _number,
    "boolean": _boolean,
    "date": _date,
}
