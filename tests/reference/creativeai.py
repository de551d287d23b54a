"""Reads the samples out of the vendor's API reference, which lies beside the repository and not in it.

Only tests marked `needs_reference` may use it; they are skipped where the reference is absent.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PATH = Path(__file__).parents[3] / "shared" / "creativeai" / "api-reference.txt"

needs_reference = pytest.mark.skipif(
    not PATH.is_file(), reason="the vendor's API reference is not beside the repository"
)


@dataclass(frozen=True)
class WebhookSample:
    """`body` is the text exactly as printed; `headers` without the signature, which is printed as a gap."""

    event: str
    delivery_id: str
    headers: dict[str, str]
    body: str

    @property
    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.body))


def samples() -> dict[str, list[dict[str, Any]]]:
    """Every JSON object that stands alone, by the line before it: `GET /v1/... 200 OK`, without its `//`.

    Several samples may stand under the same line; they keep the order of the text.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for lines, text in _objects():
        heading = lines[-1].lstrip("/# ")
        if "webhook" not in heading.lower() and not heading.startswith("X-"):
            found.setdefault(heading, []).append(json.loads(text))
    return found


def sample(heading: str) -> dict[str, Any]:
    """The only sample whose heading begins so; spaces and dashes count as one space."""
    wanted = _plain(heading)
    hits = [each for key, group in samples().items() if _plain(key).startswith(wanted) for each in group]
    if len(hits) != 1:
        raise LookupError(f"{len(hits)} samples are headed {heading!r}; there are {list(samples())}")
    return hits[0]


def samples_under(heading: str) -> list[dict[str, Any]]:
    """All samples under this heading, in the order of the text."""
    wanted = _plain(heading)
    return [each for key, group in samples().items() if _plain(key) == wanted for each in group]


def endpoints() -> set[tuple[str, str]]:
    """(method, path) of all that the text says can be called, aliases too; ids as they are printed."""
    text = PATH.read_text(encoding="utf-8")
    found = set(re.findall(r"\b(GET|POST) ?(/(?:v1|api)/[\w/{}:.-]*\w\}?)", text))
    for curl in re.findall(r"curl ((?:-X POST )?)https://api\.creativeai\.run(/\S+)", text):
        found.add(("POST" if curl[0] else "GET", curl[1]))
    return found | {("POST", path) for path in re.findall(r"(/v1/\S+) as an exact alias", text)}


def webhook_samples() -> list[WebhookSample]:
    """Every webhook printed with its headers, in the order of the text, repeated ones too."""
    found = []
    for lines, text in _objects():
        headers = dict(line.split(": ", 1) for line in lines if re.match(r"[A-Z][\w-]+: ", line))
        headers.pop("X-CreativeAI-Signature", None)
        if event := headers.get("X-CreativeAI-Event"):
            found.append(WebhookSample(event, headers["X-CreativeAI-Delivery-Id"], headers, text))
    return found


def shape(value: Any) -> Any:
    """Field names and JSON types: what two bodies of the same kind have in common."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value[:1]]
    return type(value).__name__


def _objects() -> Iterator[tuple[list[str], str]]:
    """Each object that begins and ends at the margin, with the lines of the paragraph before it."""
    lines = PATH.read_text(encoding="utf-8").split("\n")
    for start, line in enumerate(lines):
        if line == "{":
            end = lines.index("}", start)
            yield _paragraph_before(lines, start), "\n".join(lines[start : end + 1])


def _paragraph_before(lines: list[str], start: int) -> list[str]:
    last = start
    while not lines[last - 1].strip():
        last -= 1
    first = last
    while lines[first - 1].strip():
        first -= 1
    return lines[first:last]


def _plain(heading: str) -> str:
    return re.sub(r"[\s\u2014-]+", " ", heading).strip()
