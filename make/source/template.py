"""A template: its scenario, and the texts for its page."""

import tomllib
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from make.source.scenario import Scenario

WORDS = Path(__file__).parent / "words"


@dataclass(frozen=True, slots=True)
class Template:
    """summary   what it does, for the list
    about     paragraphs on how it works and what it promises, for its page and the note in Make
    audience  who it is for, after "For"
    needs     what to prepare, in Make and in other tools
    steps     after the import: what to choose, how to try it
    more      what else to know
    """

    scenario: Scenario
    title: str
    summary: str
    about: tuple[str, ...]
    audience: str
    needs: tuple[str, ...]
    steps: tuple[str, ...]
    more: tuple[str, ...]

    @property
    def blueprint(self) -> dict[str, Any]:
        paragraphs = (each.replace("`", "").replace("*", "") for each in self.about)
        note = "".join(f"<p>{escape(each, quote=False)}</p>" for each in paragraphs)
        return self.scenario.blueprint(self.title, self.summary, f"<p><b>{self.title}</b></p>{note}")


def template(scenario: Scenario) -> Template:
    words = tomllib.loads((WORDS / f"{scenario.slug}.toml").read_text(encoding="utf-8"))
    return Template(
        scenario,
        words["title"],
        words["summary"],
        tuple(words["about"]),
        words["audience"],
        tuple(words["needs"]),
        tuple(words["steps"]),
        tuple(words["more"]),
    )
