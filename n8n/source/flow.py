"""A workflow as it is written here: nodes on a grid, the lines between them, and notes that explain them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Parameters = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Node:
    """One node. `credentials` is kind to name; the file never has more of them than that name.

    settings  what stands beside the parameters: retryOnFail, onError
    listens   whether n8n gives it an address, and so wants a webhookId
    """

    name: str
    type: str
    version: float
    parameters: Parameters
    credentials: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    listens: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A cell of the grid: columns to the right, rows down."""

    column: int
    row: int


@dataclass(frozen=True, slots=True)
class Line:
    source: str
    output: int
    target: str
    input: int


@dataclass(frozen=True, slots=True)
class Note:
    """Explains the cells from `first` to `last`, which it lies behind."""

    text: str
    first: Place
    last: Place


class Flow:
    """One workflow while it is being put together.

    `id` is stable and invented: n8n's command line imports no workflow without one.
    """

    def __init__(self, slug: str, workflow_id: str, title: str) -> None:
        self.slug, self.id, self.title = slug, workflow_id, title
        self.nodes: dict[str, tuple[Place, Node]] = {}
        self.lines: list[Line] = []
        self.notes: list[Note] = []

    def put(self, column: int, row: int, node: Node, *, after: str = "", output: int = 0) -> str:
        """Places a node, and draws the line to it; returns its name."""
        if node.name in self.nodes:
            raise ValueError(f"There are two nodes named {node.name}.")
        self.nodes[node.name] = (Place(column, row), node)
        if after:
            self.line(after, node.name, output=output)
        return node.name

    def line(self, source: str, target: str, *, output: int = 0, into: int = 0) -> None:
        self.lines.append(Line(source, output, target, into))

    def note(self, text: str, first: tuple[int, int], last: tuple[int, int] | None = None) -> None:
        self.notes.append(Note(text, Place(*first), Place(*(last or first))))
