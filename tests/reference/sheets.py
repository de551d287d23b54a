"""Whether calls of Google Sheets fit what Google says of it: requests, and good answers.

What Google says is a table of ours, `sheets.json`. Google's own document, with which a test compares it,
lies beside the repository and not in it.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from relay.http.client import Http

HOST = "https://sheets.googleapis.com/"


@cache
def description() -> dict[str, Any]:
    return dict(json.loads(Path(__file__).with_name("sheets.json").read_text(encoding="utf-8")))


@contextmanager
def every_request_fits() -> Iterator[None]:
    """Looks at each request that goes out, and lets it pass; fails at the end if one does not fit."""
    send, found = Http.send, list[str]()

    def watched(http: Http, method: str, url: str, **rest: Any) -> Any:
        found.extend(misfits(method, url, rest.get("body")))
        return send(http, method, url, **rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Http, "send", watched)
        yield
    assert found == []


def misfits(method: str, url: str, body: bytes | None) -> list[str]:
    """What in a request does not fit Google's description. Nothing, for another host."""
    if not url.startswith(HOST):
        return []
    parts = urlsplit(url)
    called = _called(method, parts.path)
    if not called:
        return [f"no method is called by {method} {unquote(parts.path)}"]
    query = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    return [*_query(called, query), *_body(called, body)]


def answer_misfits(method: str, url: str, answer: object) -> list[str]:
    """What in a good answer to this request does not fit."""
    return list(_value(answer, _called(method, urlsplit(url).path)["response"], "answer"))


def _called(method: str, path: str) -> dict[str, Any]:
    """The method that a request calls; an empty one for none."""
    for each in description()["methods"].values():
        if each["httpMethod"] == method and _pattern(each).fullmatch(path.lstrip("/")):
            return each
    return {}


def _pattern(method: Mapping[str, Any]) -> re.Pattern[str]:
    """A parameter in the path holds no / : or other sign that would have to be escaped."""
    parts = re.split(r"\{\w+\}", method["flatPath"])
    return re.compile(r"(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})+".join(map(re.escape, parts)))


def _query(method: Mapping[str, Any], query: list[tuple[str, str]]) -> Iterator[str]:
    known = {**description()["parameters"], **method["parameters"]}
    for name, value in query:
        rule = known.get(name)
        if rule is None or rule["location"] != "query":
            yield f"unknown parameter {name}"
        elif value not in rule.get("enum", [value]) or value.endswith("UNSPECIFIED"):
            yield f"{name}={value} is none of {rule.get('enum')}"
        elif rule["type"] == "boolean" and value not in ("true", "false"):
            yield f"{name}={value} is no boolean"
        elif not rule.get("repeated") and [each for each, _ in query].count(name) > 1:
            yield f"{name} is there more than once"
    if "valueInputOption" in method["parameters"] and "valueInputOption" not in dict(query):
        yield "valueInputOption is missing"


def _body(method: Mapping[str, Any], body: bytes | None) -> Iterator[str]:
    wanted = method.get("request")
    if not wanted or body is None:
        if bool(wanted) != (body is not None):
            yield "a body where none belongs, or none where one does"
        return
    yield from _value(json.loads(body), wanted, "body")


def _value(value: Any, rule: Mapping[str, Any], where: str) -> Iterator[str]:
    """A value by its JSON schema; `any` is what a cell may hold."""
    if "$ref" in rule:
        rule = {"type": "object", **description()["schemas"][rule["$ref"]]}
    kind = rule["type"]
    if kind == "object":
        properties = rule.get("properties", {})
        for name, inner in (value if isinstance(value, dict) else {"": value}).items():
            if name not in properties or properties[name].get("readOnly"):
                yield f"{where} has no field {name!r}"
            else:
                yield from _value(inner, properties[name], f"{where}.{name}")
    elif kind == "array":
        for number, inner in enumerate(value if isinstance(value, list) else [object()]):
            yield from _value(inner, rule["items"], f"{where}[{number}]")
    elif not _is_plain(value, rule):
        yield f"{where} is {value!r}"


def _is_plain(value: Any, rule: Mapping[str, Any]) -> bool:
    kinds: dict[str, tuple[type, ...]] = {
        "string": (str,),
        "boolean": (bool,),
        "integer": (int,),
        "any": (str, bool, int, float, type(None)),
    }
    return type(value) in kinds[rule["type"]] and value in rule.get("enum", [value])
