"""Reads the wire samples: a request with its answer, or a service's refusals; each file states its origin."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from relay.errors import Whose

PATH = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Sample:
    """`request` has method, url and headers, and of query, body, form and parts what the call has.

    A GraphQL query in it has single spaces; `body` is what was answered, JSON or text.
    """

    name: str
    request: dict[str, Any]
    status: int
    headers: dict[str, str]
    body: Any

    @property
    def text(self) -> str:
        return as_text(self.body)


def sample(name: str) -> Sample:
    """`airtable/upsert` is the file airtable/upsert.json."""
    found = _file(name)
    answer = found["answer"]
    return Sample(name, found["request"], answer["status"], answer.get("headers", {}), answer["body"])


def refusals(name: str) -> dict[Whose, tuple[tuple[int, str], ...]]:
    """Whose fault -> the answers that say so, as status and body."""
    found = _file(name)
    return {
        whose: tuple((status, as_text(body)) for status, body in found[whose])
        for whose in ("transient", "record", "connection")
        if whose in found
    }


def refusal(name: str, word: str) -> tuple[int, str]:
    """The only one of these refusals with this word in it, or with this status."""
    every = [each for group in refusals(name).values() for each in group]
    (found,) = (each for each in every if word in each[1] or word == str(each[0]))
    return found


def shape(value: Any) -> Any:
    """Field names and JSON types, in no order. Of a list the different things that are in it."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        found = {json.dumps(each, sort_keys=True): each for each in map(shape, value)}
        return [found[text] for text in sorted(found)]
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return "number" if is_number else type(value).__name__


def as_text(body: Any) -> str:
    return body if isinstance(body, str) else json.dumps(body)


@cache
def _file(name: str) -> dict[str, Any]:
    return dict(json.loads((PATH / f"{name}.json").read_text(encoding="utf-8")))
