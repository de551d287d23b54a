"""The templates for n8n and Make that come with the relay, with this install's own address filled in."""

import json
from dataclasses import dataclass
from pathlib import Path

from relay.errors import RelayError
from relay.resources import FOLDERS

TOOLS = ("n8n", "make")  # folders
PLACEHOLDER = "https://relay.example.com"


class TemplateError(RelayError):
    """Why there are no templates, as a sentence."""


@dataclass(frozen=True, slots=True)
class Template:
    """`needs` are sentences on what to prepare; `tested` names what it was tested with."""

    tool: str
    slug: str
    title: str
    summary: str
    needs: tuple[str, ...]
    tested: str
    path: Path

    @property
    def name(self) -> str:
        return f"{self.tool}/{self.slug}"

    @property
    def filename(self) -> str:
        return f"{self.slug}.json"

    def text(self, public_url: str) -> str:
        """The file to import. Without a public address the placeholder stays."""
        text = self.path.read_text(encoding="utf-8")
        return text.replace(PLACEHOLDER, public_url.rstrip("/")) if public_url else text

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
            for each in json.loads(listed.read_text(encoding="utf-8"))["templates"]:
                path = root / tool / each["slug"] / each["file"]
                about = (each["title"], each["summary"], tuple(each["needs"]), each["tested"])
                found.append(Template(tool, each["slug"], *about, path))
    if not found:
        raise TemplateError("The templates are missing: put the folders n8n and make beside the code.")
    return found
