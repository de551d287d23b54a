"""A template: its scenario, and the texts for its page."""

import json
import tomllib
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from make.source import shared
from make.source.scenario import Scenario

WORDS = Path(__file__).parent / "words"


@dataclass(frozen=True, slots=True)
class Template:
    """summary   what it does, for the list
    about     paragraphs on how it works and what it promises, for its page and the note in Make
    audience  who it is for, after "For"
    cannot    what it cannot promise; without a relay, the note in Make says that too
    needs     what to prepare, in Make and in other tools
    steps     after the import: what to choose, how to try it
    more      what else to know
    tags      what it is about, and the tools that it works with
    receives  whether the relay delivers to it
    """

    scenario: Scenario
    title: str
    summary: str
    about: tuple[str, ...]
    audience: str
    cannot: str
    needs: tuple[str, ...]
    steps: tuple[str, ...]
    more: tuple[str, ...]
    tags: tuple[str, ...]
    receives: bool

    @property
    def calls_relay(self) -> bool:
        """Whether one of its modules calls the relay's API; its header says which template calls."""
        return f'"{shared.CALLER}"' in json.dumps(self.scenario.blueprint("", "", ""))

    @property
    def blueprint(self) -> dict[str, Any]:
        direct = not (self.calls_relay or self.receives)
        said = [*self.about, f"What this scenario cannot promise: {self.cannot}"] if direct else self.about
        paragraphs = (each.replace("`", "").replace("*", "") for each in said)
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
        words["cannot"],
        tuple(words["needs"]),
        tuple(words["steps"]),
        tuple(words["more"]),
        tuple(words["tags"]),
        words.get("receives", False),
    )
