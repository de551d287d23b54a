"""Where things stand on n8n's canvas, in its pixels, and the JSON that n8n imports."""

import uuid
from typing import Any

from n8n.source.flow import Flow, Node, Note, Place

NODE = 96  # a node is a square; its name stands under it
COLUMN, ROW = 240, 346
MARGIN = 60  # of a note, beside its nodes
ABOVE, BELOW = 150, 76  # room for a note's text, and for the names of nodes
STORY_WIDTH = 520
YELLOW, WHITE = 1, 7
_NAMES = uuid.UUID("0d1b6e0c-7a7c-4c55-9b1e-7f0c6d6c2f4e")
Json = dict[str, Any]


def workflow(flow: Flow, story: str) -> Json:
    """The whole file; `story` is the text of the yellow note."""
    nodes = [_node(flow, place, node) for place, node in flow.nodes.values()]
    notes = [_story(flow, story), *(_note(flow, number, note) for number, note in enumerate(flow.notes, 1))]
    return {
        "id": flow.id,
        "name": flow.title,
        "nodes": [*nodes, *notes],
        "connections": _connections(flow),
        "active": False,
        "settings": {"executionOrder": "v1"},
        "pinData": {},
        "meta": {"templateCredsSetupCompleted": False},
    }


def _id(flow: Flow, name: str) -> str:
    """The same on every run: a change of one node changes only its lines."""
    return str(uuid.uuid5(_NAMES, f"{flow.slug}/{name}"))


def _node(flow: Flow, place: Place, node: Node) -> Json:
    """A credential's id is null, so that n8n looks for its name: without the key it takes any of its kind."""
    made: Json = {
        "id": _id(flow, node.name),
        "name": node.name,
        "type": node.type,
        "typeVersion": node.version,
        "position": [place.column * COLUMN, place.row * ROW],
        "parameters": dict(node.parameters),
        **node.settings,
    }
    if node.listens:
        made["webhookId"] = _id(flow, f"{node.name}/webhook")
    if node.credentials:
        made["credentials"] = {kind: {"id": None, "name": name} for kind, name in node.credentials.items()}
    return made


def _note(flow: Flow, number: int, note: Note) -> Json:
    left, top = note.first.column * COLUMN - MARGIN, note.first.row * ROW - ABOVE
    width = (note.last.column - note.first.column) * COLUMN + NODE + 2 * MARGIN
    height = (note.last.row - note.first.row) * ROW + NODE + ABOVE + BELOW
    return _sticky(flow, f"Note {number}", note.text, at=(left, top), size=(width, height), color=WHITE)


def _story(flow: Flow, text: str) -> Json:
    """To the left of everything, its top level with the topmost note's."""
    left = min(place.column for place, _ in flow.nodes.values()) * COLUMN - MARGIN - 24 - STORY_WIDTH
    top = min(place.row for place, _ in flow.nodes.values()) * ROW - ABOVE
    height = 48 + 22 * lines_of(text, STORY_WIDTH)
    return _sticky(flow, "Read me first", text, at=(left, top), size=(STORY_WIDTH, height), color=YELLOW)


def lines_of(text: str, width: int) -> int:
    """How many lines it takes on the canvas; a heading's are as high as two."""
    per_line = (width - 40) / 7.0
    lines = 0
    for paragraph in text.split("\n"):
        heading = paragraph.startswith("#")
        share = len(paragraph) * (1.6 if heading else 1.0) / per_line
        lines += max(1, -int(-share // 1)) * (2 if heading else 1)
    return lines


def _sticky(
    flow: Flow, name: str, text: str, *, at: tuple[int, int], size: tuple[int, int], color: int
) -> Json:
    return {
        "id": _id(flow, name),
        "name": name,
        "type": "n8n-nodes-base.stickyNote",
        "typeVersion": 1,
        "position": list(at),
        "parameters": {"content": text, "width": size[0], "height": size[1], "color": color},
    }


def _connections(flow: Flow) -> Json:
    made: dict[str, dict[str, list[list[Json]]]] = {}
    for line in flow.lines:
        outputs = made.setdefault(line.source, {"main": []})["main"]
        outputs.extend([] for _ in range(line.output + 1 - len(outputs)))
        outputs[line.output].append({"node": line.target, "type": "main", "index": line.input})
    return made
