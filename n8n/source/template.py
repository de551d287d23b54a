"""A template: its workflow, and the words beside it, from which its page and its yellow note are made."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from n8n.source import nodes
from n8n.source.credentials import ALL, Credential
from n8n.source.flow import Flow

WORDS = Path(__file__).parent / "words"
IMPORT = (
    "Import `workflow.json`: in n8n, create a workflow, open its menu, *Import*, *From file*. n8n finds the "
    "credentials by their names; if one is missing, n8n does not publish and names the nodes that need it."
)


@dataclass(frozen=True, slots=True)
class Template:
    """summary   what it does, for the list
    audience  who it is for, after "For"
    before    what to prepare in other tools, a step each
    settings  what to enter in the node Settings; empty: without such a node
    after     steps once it is published: how to try it
    more      what is particular to it
    common    what else to know, for the page alone
    """

    flow: Flow
    summary: str
    audience: str
    before: tuple[str, ...]
    settings: str
    after: tuple[str, ...]
    more: tuple[str, ...]
    common: tuple[str, ...]

    @property
    def credentials(self) -> list[Credential]:
        placed = [node.credentials for _, node in self.flow.nodes.values()]
        return [each for each in ALL if any(given.get(each.kind) == each.name for given in placed)]

    @property
    def needs(self) -> list[str]:
        return [f"{each.label} credential “{each.name}”: {each.enter}." for each in self.credentials]

    @property
    def steps(self) -> Iterator[str]:
        yield from self.before
        for each in self.credentials:
            yield f"Create a credential of type *{each.label}* named `{each.name}`: {each.enter}."
        yield IMPORT
        if self.settings:
            yield f"Open the node *Settings* and enter {self.settings}."
        yield "Publish the workflow."
        yield from self.after

    @property
    def story(self) -> str:
        """The yellow note: about 200 words; the page says the rest."""
        named = "\n".join(f"- {each.label}: `{each.name}`" for each in self.credentials)
        steps = [*self.before, f"Credentials, named exactly so:\n{named}"]
        steps += [f"Node *Settings*: enter {self.settings}."] if self.settings else []
        steps += ["Publish.", *self.after]
        numbered = "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1))
        more = "\n".join(f"- {each}" for each in self.more)
        return (
            f"## {self.flow.title}\n{self.summary}\n**For** {self.audience}\n\n**Set up**\n{numbered}\n\n"
            f"**Good to know**\n{more}\n\nTested with n8n {nodes.TESTED}."
        )


def template(flow: Flow) -> Template:
    """The texts are in words/<slug>.toml; `shared` names those in shared.toml."""
    own, shared = _words(flow.slug), _words("shared")
    return Template(
        flow,
        own["summary"],
        own["audience"],
        tuple(own.get("before", ())),
        own.get("settings", ""),
        tuple(own.get("after", ())),
        tuple(own["more"]),
        tuple(shared[name] for name in own["shared"]),
    )


def _words(name: str) -> dict[str, Any]:
    return tomllib.loads((WORDS / f"{name}.toml").read_text(encoding="utf-8"))
