"""Looks at how an n8n workflow lies on the canvas: notes that explain, nothing on top of another."""

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

Node = Mapping[str, Any]
Box = tuple[float, float, float, float]  # left, top, right, bottom

NODE = 96
NAME = 60  # height of a node's name, below it
YELLOW, WHITE = 1, 7
LETTER, LINE = 7.0, 22.0  # of a note's text, in pixels


def layout(workflow: Mapping[str, Any]) -> Iterator[str]:
    notes = [each for each in workflow["nodes"] if each["type"].endswith(".stickyNote")]
    nodes = [each for each in workflow["nodes"] if not each["type"].endswith(".stickyNote")]
    yellow = [each for each in notes if each["parameters"]["color"] == YELLOW]
    white = [each for each in notes if each["parameters"]["color"] == WHITE]
    if len(yellow) != 1 or len(yellow) + len(white) != len(notes):
        yield "There is not exactly one yellow note for the whole and white ones for the rest."
    for one, other in combinations(notes, 2):
        if _overlap(_note(one), _note(other)):
            yield f"The notes {one['name']} and {other['name']} overlap."
    for one, other in combinations(nodes, 2):
        if _overlap(_node(one), _node(other)):
            yield f"{one['name']} and {other['name']} overlap."
    for node in nodes:
        system = [each for each in white if _within(_node(node), _note(each))]
        if len(system) != 1:
            yield f"{node['name']} lies in {len(system)} notes."
    for note in notes:
        yield from _readable(note, [each for each in nodes if _within(_node(each), _note(note))])


def _readable(note: Node, inside: list[Node]) -> Iterator[str]:
    """Its text ends above its nodes, or above its end."""
    given = note["parameters"]
    end = min((each["position"][1] for each in inside), default=note["position"][1] + given["height"])
    room = end - note["position"][1]
    if _height(given["content"], given["width"]) > room:
        yield f"The text of {note['name']} does not fit: {given['content'][:40]!r}."


def _height(text: str, width: float) -> float:
    per_line = (width - 32) / LETTER
    lines = 0.0
    for paragraph in text.split("\n"):
        heading = paragraph.startswith("#")
        wide = len(paragraph.lstrip("# ")) * (1.4 if heading else 1)
        lines += max(1, -(-wide // per_line)) * (1.3 if heading else 1)
    return lines * LINE + 16


def _node(node: Node) -> Box:
    x, y = node["position"]
    return x, y, x + NODE, y + NODE + NAME


def _note(note: Node) -> Box:
    (x, y), given = note["position"], note["parameters"]
    return x, y, x + given["width"], y + given["height"]


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _within(one: Box, other: Box) -> bool:
    return other[0] <= one[0] and other[1] <= one[1] and one[2] <= other[2] and one[3] <= other[3]
