"""The language between {{ and }}: read into a tree, and evaluated over the bundles of earlier modules.

A missing value is None everywhere, as Make does not tell missing from empty in what the blueprints use.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from tests.templates.make_checker.expressions import expressions
from tests.templates.make_run.functions import FUNCTIONS, LAZY, NAMES

Bundles = Mapping[int, Any]
_TOKEN = re.compile(
    r'"(?:[^"]|"")*"|`[^`]*`|\d+(?:\.\d+(?![\w`]))?|[A-Za-z_$][\w$]*|!=|<=|>=|[-+*/=<>&|().;\[\]]'
)
_ORDER = (("|",), ("&",), ("=", "!=", "<", ">", "<=", ">="), ("+", "-"), ("*", "/"))


class ExpressionError(ValueError):
    """What Make would not understand, or this interpreter does not know."""


def evaluate(text: Any, bundles: Bundles, names: Mapping[str, Any]) -> Any:
    """A value with its expressions replaced. One expression alone keeps its type; beside text it is text."""
    if isinstance(text, dict):
        return {name: evaluate(each, bundles, names) for name, each in text.items()}
    if isinstance(text, list):
        return [evaluate(each, bundles, names) for each in text]
    if not isinstance(text, str):
        return text
    spans = list(expressions(text))
    if len(spans) == 1 and spans[0][:2] == (0, len(text)):
        return _value(spans[0][2], bundles, names)
    made, position = "", 0
    for start, end, source in spans:
        made += text[position:start] + as_text(_value(source, bundles, names))
        position = end
    return made + text[position:]


def as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        raise ExpressionError(f"A collection is put into a text: {json.dumps(value)[:80]}")
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _value(source: str | None, bundles: Bundles, names: Mapping[str, Any]) -> Any:
    if source is None:
        raise ExpressionError("{{ without }}")
    reader = _Reader(source, bundles, {**NAMES, **names})
    value = reader.binary(0)()
    if reader.tokens[reader.at :]:
        raise ExpressionError(f"{reader.tokens[reader.at]} is not expected in {source}")
    return value


Thunk = Callable[[], Any]


class _Reader:
    """Reads into functions without arguments, since `if` evaluates only the branch that it takes."""

    def __init__(self, source: str, bundles: Bundles, names: Mapping[str, Any]) -> None:
        self.tokens = _TOKEN.findall(source)
        if _TOKEN.sub("", source).strip():
            raise ExpressionError(f"not readable: {source}")
        self.at = 0
        self._bundles, self._names = bundles, names

    def _next(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def _take(self, expected: str = "") -> str:
        token = self._next()
        if expected and token != expected:
            raise ExpressionError(f"{expected} is expected, not {token or 'the end'}")
        self.at += 1
        return token

    def binary(self, level: int) -> Thunk:
        if level == len(_ORDER):
            return self._primary()
        left = self.binary(level + 1)
        while self._next() in _ORDER[level]:
            left = _operation(self._take(), left, self.binary(level + 1))
        return left

    def _primary(self) -> Thunk:  # noqa: PLR0911 - a case for each kind of token
        token = self._take()
        if token == "-":
            return _operation("-", _constant(0), self._primary())
        if token == "(":
            inner = self.binary(0)
            self._take(")")
            return inner
        if token.startswith('"'):
            return _constant(token[1:-1].replace('""', '"'))
        if token.startswith("`"):
            return self._path(int(token.strip("`")))
        if token[:1].isdigit():
            if self._next() == ".":
                return self._path(int(token))
            return _constant(float(token) if "." in token else int(token))
        if self._next() == "(":
            return self._call(token)
        if token not in self._names:
            raise ExpressionError(f"unknown name {token}")
        return _constant(self._names[token])

    def _path(self, module: int) -> Thunk:
        if module not in self._bundles:
            raise ExpressionError(f"module {module} has not run")
        value = self._bundles[module]
        while self._next() in (".", "["):
            if self._take() == ".":
                value = _field(value, self._take().strip("`"))
            else:
                place = int(self._take()) if self._next() != "]" else 1
                self._take("]")
                value = value[place - 1] if isinstance(value, list) and place <= len(value) else None
        return _constant(value)

    def _call(self, name: str) -> Thunk:
        self._take("(")
        arguments = []
        while self._next() != ")":
            arguments.append(self.binary(0))
            if self._next() != ")":
                self._take(";")
        self._take(")")
        if name in LAZY:
            return lambda: LAZY[name](*arguments)
        if name not in FUNCTIONS:
            raise ExpressionError(f"unknown function {name}()")
        return lambda: FUNCTIONS[name](*(each() for each in arguments))


def _constant(value: Any) -> Thunk:
    return lambda: value


def _field(value: Any, name: str) -> Any:
    """Of an array, that of its first item, as Make has it."""
    if isinstance(value, list):
        value = value[0] if value else None
    return value.get(name) if isinstance(value, dict) else None


def _operation(sign: str, left: Thunk, right: Thunk) -> Thunk:
    if sign == "|":
        return lambda: bool(left()) or bool(right())
    if sign == "&":
        return lambda: bool(left()) and bool(right())
    return lambda: _calculated(sign, left(), right())


def _calculated(sign: str, a: Any, b: Any) -> Any:
    if sign == "=":
        return a == b
    if sign == "!=":
        return a != b
    x, y = (float(each or 0) for each in (a, b))
    return {
        "<": x < y,
        ">": x > y,
        "<=": x <= y,
        ">=": x >= y,
        "+": x + y,
        "-": x - y,
        "*": x * y,
        "/": x / y if y else None,
    }[sign]
