"""A template: its scenario, and the words beside it, from which its page is made."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from make.source.scenario import Scenario

WORDS = Path(__file__).parent / "words"


@dataclass(frozen=True, slots=True)
class Template:
    """sentence  what it does, for the list
    whom      who it is for, after "For"
    needs     what has to be there, in Make and in other tools
    steps     after the import: what to choose, how to try it
    more      what else is to be known
    """

    scenario: Scenario
    title: str
    sentence: str
    whom: str
    needs: tuple[str, ...]
    steps: tuple[str, ...]
    more: tuple[str, ...]

    @property
    def blueprint(self) -> dict[str, Any]:
        return self.scenario.blueprint(self.title, self.sentence)


def template(scenario: Scenario) -> Template:
    words = tomllib.loads((WORDS / f"{scenario.slug}.toml").read_text(encoding="utf-8"))
    return Template(
        scenario,
        words["title"],
        words["sentence"],
        words["whom"],
        tuple(words["needs"]),
        tuple(words["steps"]),
        tuple(words["more"]),
    )
