"""What CreativeAI's API takes and answers: a table of ours with its methods, paths, fields, order and types.

The values are invented. The vendor's own reference, with which a test compares the table, lies beside the
repository and not in it (`creativeai_original`).
"""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class WebhookSample:
    """`body` is the text exactly as it is sent; `headers` without the signature."""

    event: str
    delivery_id: str
    headers: dict[str, str]
    body: str

    @property
    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.body))


@dataclass(frozen=True)
class Shown:
    """A request of the reference: a JSON body, or the fields of a form (files as `@name`)."""

    method: str
    path: str
    body: dict[str, Any] | None = None
    form: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return f"{self.method} {self.path} {json.dumps(self.body)[:60] if self.body else ''}"


@cache
def _table() -> dict[str, Any]:
    return dict(json.loads(Path(__file__).with_name("creativeai.json").read_text(encoding="utf-8")))


def samples() -> dict[str, list[dict[str, Any]]]:
    """Answers by their heading, `GET /v1/... — 200 OK`. Several may stand under the same one."""
    return dict(_table()["answers"])


def sample(heading: str) -> dict[str, Any]:
    """The only sample whose heading begins so; spaces and dashes count as one space."""
    wanted = _plain(heading)
    hits = [each for key, group in samples().items() if _plain(key).startswith(wanted) for each in group]
    if len(hits) != 1:
        raise LookupError(f"{len(hits)} samples are headed {heading!r}; there are {list(samples())}")
    return hits[0]


def samples_under(heading: str) -> list[dict[str, Any]]:
    """All samples under this heading."""
    wanted = _plain(heading)
    return [each for key, group in samples().items() if _plain(key) == wanted for each in group]


def endpoints() -> set[tuple[str, str]]:
    """(method, path) of all that can be called, aliases too."""
    return {(method, path) for method, _, path in (each.partition(" ") for each in _table()["endpoints"])}


def prices() -> dict[str, int]:
    """Credits by kind, of those that have a fixed price."""
    return dict(_table()["prices"])


def shown() -> list[Shown]:
    """At least one request for each documented body."""
    return [
        Shown(each["method"], each["path"], each.get("body"), tuple(map(tuple, each.get("form", ()))))
        for each in _table()["requests"]
    ]


def webhook_samples() -> list[WebhookSample]:
    """One webhook of each event."""
    return [
        WebhookSample(
            each["headers"]["X-CreativeAI-Event"],
            each["headers"]["X-CreativeAI-Delivery-Id"],
            each["headers"],
            json.dumps(each["body"], indent=2, ensure_ascii=False),
        )
        for each in _table()["webhooks"]
    ]


def shape(value: Any) -> Any:
    """Field names and JSON types: what two bodies of the same kind have in common."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value[:1]]
    return type(value).__name__


def _plain(heading: str) -> str:
    return re.sub(r"[\s\u2014-]+", " ", heading).strip()
