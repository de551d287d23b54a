"""A template: its scenario, and the texts for its page."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from make.source.scenario import Scenario

WORDS = Path(__file__).parent / "words"


@dataclass(frozen=True, slots=True)
class Template:
    """summary   what it does, for the list
    audience  who it is for, after "For"
    needs     what to prepare, in Make and in other tools
    steps     after the import: what to choose, how to try it
    more      what else to know
    """

    scenario: Scenario
    title: str
    summary: str
    audience: str
    needs: tuple[str, ...]
    steps: tuple[str, ...]
    more: tuple[str, ...]

    @property
    def blueprint(self) -> dict[str, Any]:
        return self.scenario.blueprint(self.title, self.summary)


def template(scenario: Scenario) -> Template:
    words = tomllib.loads((WORDS / f"{scenario.slug}.toml").read_text(encoding="utf-8"))
    return Template(
        scenario,
        words["title"],
        words["summary"],
        words["audience"],
        tuple(words["needs"]),
        tuple(words["steps"]),
        tuple(words["more"]),
    )
