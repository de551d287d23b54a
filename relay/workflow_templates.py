"""The templates for n8n and Make that come with the relay, with this install's own address filled in."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from relay.errors import RelayError
from relay.resources import FOLDERS

TOOLS = ("n8n", "make")  # folders
PLACEHOLDER = "https://relay.example.com"


class TemplateError(RelayError):
    """Why there are no templates, as a sentence."""


@dataclass(frozen=True, slots=True)
class Template:
    """needs        sentences on what to prepare
    cannot       what it cannot promise
    tags         what it is about, and the tools that it works with
    tested       what it was tested with
    listens      what gets an address in the tool, with the path behind the tool's own; "": not known before
    calls_relay  whether it calls this relay's API, with its name in a header
    receives     whether this relay delivers to it
    form         the file of a form for the first try, if it has one
    """

    tool: str
    slug: str
    title: str
    summary: str
    needs: tuple[str, ...]
    cannot: str
    tags: tuple[str, ...]
    tested: str
    listens: tuple[tuple[str, str], ...]
    calls_relay: bool
    receives: bool
    path: Path
    form: Path | None

    @property
    def name(self) -> str:
        return f"{self.tool}/{self.slug}"

    @property
    def filename(self) -> str:
        return f"{self.slug}.json"

    @property
    def is_direct(self) -> bool:
        """It talks to CreativeAI alone, so the relay sees nothing of it."""
        return not (self.calls_relay or self.receives)

    def text(self, public_url: str) -> str:
        """The file to import. Without a public address the placeholder stays."""
        return _filled_in(self.path, public_url)

    def first_try(self, public_url: str) -> str | None:
        """A second file to import: a form that starts the template."""
        return _filled_in(self.form, public_url) if self.form else None

    def steps(self) -> list[str]:
        """The numbered set-up of its README."""
        lines = (self.path.parent / "README.md").read_text(encoding="utf-8").splitlines()
        numbered = (line.partition(". ") for line in lines)
        return [step for number, _, step in numbered if number.isdecimal() and step]

    def picture(self) -> Path:
        return self.path.parent / "picture.svg"


def templates(root: Path = FOLDERS) -> list[Template]:
    """In the order of their lists. Raises TemplateError where the folders are missing."""
    found = []
    for tool in TOOLS:
        listed = root / tool / "index.json"
        if listed.exists():
            entries = json.loads(listed.read_text(encoding="utf-8"))["templates"]
            found += [_template(tool, root / tool / each["slug"], each) for each in entries]
    if not found:
        raise TemplateError("The templates are missing: put the folders n8n and make beside the code.")
    return found


@cache
def names(root: Path = FOLDERS) -> frozenset[str]:
    """Of all of them; none where the folders are missing."""
    try:
        return frozenset(each.name for each in templates(root))
    except TemplateError:
        return frozenset()


def _template(tool: str, folder: Path, listed: Mapping[str, Any]) -> Template:
    return Template(
        tool,
        listed["slug"],
        listed["title"],
        listed["summary"],
        tuple(listed["needs"]),
        listed["cannot"],
        tuple(listed["tags"]),
        listed["tested"],
        tuple((each["node"], each["path"]) for each in listed["listens"]),
        listed["calls_relay"],
        listed["receives"],
        folder / listed["file"],
        folder / listed["first_try"] if listed["first_try"] else None,
    )


def _filled_in(path: Path, public_url: str) -> str:
    text = path.read_text(encoding="utf-8")
    return text.replace(PLACEHOLDER, public_url.rstrip("/")) if public_url else text
