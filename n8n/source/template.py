"""A template: its workflow, and the words beside it, from which its page and its yellow note are made."""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from n8n.source import first_try, nodes
from n8n.source.credentials import ALL, RELAY, RELAY_SIGNING, Credential
from n8n.source.flow import Flow

WORDS = Path(__file__).parent / "words"
IMPORT = (
    "Import `workflow.json`: in n8n, create a workflow, open its menu, *Import*, *From file*. n8n finds the "
    "credentials by their names; if one is missing, n8n does not publish and names the nodes that need it."
)
FIRST_TRY = (
    "For a first try, import `first-try.json` in the same way into a second workflow, which needs no "
    "publishing: *Execute workflow* opens a form."
)


@dataclass(frozen=True, slots=True)
class Template:
    """summary   what it does, for the list
    audience  who it is for
    how       how it works, and what keeps it from paying twice
    before    what to prepare in other tools, a step each
    settings  what to enter in the node Settings; empty: without such a node
    connect   what to set up in the relay once it is published; empty: it works without one
    try_it    what to enter in the form of the first try, and what happens; empty: without that form
    after     more steps once it is published
    customize what to change to make it one's own
    cannot    what it cannot promise
    more      what is particular to it, for the page alone
    tags      its categories in n8n's gallery, and the tools that it works with
    """

    flow: Flow
    summary: str
    audience: str
    how: str
    before: tuple[str, ...]
    settings: str
    connect: str
    try_it: str
    after: tuple[str, ...]
    customize: str
    cannot: str
    more: tuple[str, ...]
    tags: tuple[str, ...]

    @property
    def credentials(self) -> list[Credential]:
        placed = [node.credentials for _, node in self.flow.nodes.values()]
        return [each for each in ALL if any(given.get(each.kind) == each.name for given in placed)]

    @property
    def needs(self) -> list[str]:
        return [f"{each.label} credential “{each.name}”: {each.enter}." for each in self.credentials]

    @property
    def calls_relay(self) -> bool:
        return RELAY in self.credentials

    @property
    def receives(self) -> bool:
        """Whether the relay delivers to it."""
        return RELAY_SIGNING in self.credentials

    @property
    def listens(self) -> list[tuple[str, str]]:
        """The nodes that n8n gives an address, with the path of each behind n8n's own address."""
        found = []
        for _, node in self.flow.nodes.values():
            if node.type.endswith(".webhook"):
                found.append((node.name, f"/webhook/{node.parameters['path']}"))
            elif node.type.endswith(".formTrigger"):
                found.append((node.name, f"/form/{node.parameters['options']['path']}"))
        return found

    @property
    def first_try(self) -> Flow | None:
        """A form that starts it: what other tools do once it is in use."""
        return first_try.form_for(self.flow) if self.try_it else None

    @property
    def steps(self) -> Iterator[str]:
        yield from self.before
        for each in self.credentials:
            yield f"Create a credential of type *{each.label}* named `{each.name}`: {each.enter}."
        yield IMPORT
        if self.settings:
            yield f"Open the node *Settings* and enter {self.settings}."
        yield "Publish the workflow."
        yield from self._tried(FIRST_TRY)

    def _tried(self, opened: str) -> Iterator[str]:
        if self.connect:
            yield self.connect
        if self.try_it:
            yield f"{opened} {self.try_it}"
        yield from self.after

    @property
    def story(self) -> str:
        """The yellow note: about 200 words; the page says the rest."""
        named = ", ".join(f"`{each.name}`" for each in self.credentials)
        steps = [*self.before, f"Credentials, named exactly so: {named}."]
        steps += [f"Node *Settings*: enter {self.settings}."] if self.settings else []
        steps += ["Publish.", *self._tried("First try: the form of `first-try.json`.")]
        return (
            f"## {self.flow.title}\n{self.summary}\n\n**Who's it for**\n{sentence(self.audience)}\n\n"
            f"**How it works**\n{self.how}\n\n**Set up**\n{numbered(steps)}\n\n"
            f"**Customize**\n{self.customize}\n\n**What it cannot promise**\n{self.cannot}"
        )


def template(flow: Flow) -> Template:
    """The texts are in words/<slug>.toml; `shared` names those in shared.toml."""
    own, shared = _words(flow.slug), _words("shared")
    return Template(
        flow,
        own["summary"],
        own["audience"],
        own["how"],
        tuple(own.get("before", ())),
        own.get("settings", ""),
        own.get("connect", ""),
        own.get("try_it", ""),
        tuple(own.get("after", ())),
        own["customize"],
        own.get("cannot", shared["direct"]),
        (*own["more"], *(shared[name] for name in own["shared"]), f"Tested with n8n {nodes.TESTED}."),
        tuple(own["tags"]),
    )


def sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def numbered(steps: Sequence[str]) -> str:
    return "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1))


def _words(name: str) -> dict[str, Any]:
    return tomllib.loads((WORDS / f"{name}.toml").read_text(encoding="utf-8"))
