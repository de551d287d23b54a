"""Reads requests, answers and webhooks out of the vendor's API reference, which lies beside the repository.

Only the test that compares our table with it uses it, and is skipped where it is absent.
"""

import ast
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.reference.creativeai import Shown, WebhookSample

PATH = Path(__file__).parents[3] / "shared" / "creativeai" / "api-reference.txt"

needs_reference = pytest.mark.skipif(
    not PATH.is_file(), reason="the vendor's API reference is not beside the repository"
)


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


def shown() -> list[Shown]:
    """Every curl command, the Python request, and the bodies that stand alone under `POST ...`."""
    text = PATH.read_text(encoding="utf-8")
    commands = re.findall(r"^curl .*?(?=\n\n|\n#|\ncurl |\nStatus|\Z)", text, re.MULTILINE | re.DOTALL)
    found = [_curl(command) for command in commands]
    for address, body in re.findall(
        r"requests\.post\(\s*\"([^\"]+)\".*?json=(\{.*?\n    \})", text, re.DOTALL
    ):
        found.append(Shown("POST", urlsplit(address).path, ast.literal_eval(body)))
    for heading, bodies in samples().items():
        if (match := re.match(r"POST (/v1/\S+) . (.*)", heading)) and not match[2].startswith("20"):
            found += [Shown("POST", match[1], body) for body in bodies]
    return found


def _curl(command: str) -> Shown:
    words = shlex.split(command.replace("\\\n", " "))
    address = next(word for word in words if word.startswith("https://api."))
    values = {flag: words[at + 1] for at, flag in enumerate(words[:-1]) if flag in ("-X", "-d")}
    fields = [words[at + 1].partition("=") for at, flag in enumerate(words[:-1]) if flag == "-F"]
    return Shown(
        values.get("-X", "GET"),
        urlsplit(address).path,
        json.loads(values["-d"]) if "-d" in values else None,
        tuple((name, value) for name, _, value in fields),
    )


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
