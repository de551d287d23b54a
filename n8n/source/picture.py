"""A picture of a workflow, drawn from the very JSON that is imported: notes, lines, nodes with their "
"names."""

import textwrap
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from n8n.source.layout import NODE, YELLOW

MARGIN = 30
STICKY = "n8n-nodes-base.stickyNote"
STYLE = """
  svg { background: #fff; font: 14px system-ui, sans-serif; fill: #222 }
  .note { fill: #f4f4f4; stroke: #ccc } .story { fill: #fff6d6; stroke: #e6d28a }
  .node { fill: #fff; stroke: #555; stroke-width: 2 } .starts { stroke: #c2410c; stroke-width: 3 }
  .line { fill: none; stroke: #777; stroke-width: 2 } .name { text-anchor: middle; font-weight: 600 }
  .kind { text-anchor: middle; font-size: 11px; fill: #555 } .head { font-weight: 700; font-size: 16px }
  @media (prefers-color-scheme: dark) {
    svg { background: #16181d; fill: #e8e8e8 }
    .note { fill: #22262e; stroke: #3a404b } .story { fill: #3a3420; stroke: #6b5d2c }
    .node { fill: #2b303a; stroke: #aab } .line { stroke: #99a } .kind { fill: #bbb }
    .starts { stroke: #fb923c }
  }
"""
Json = Mapping[str, Any]


def svg(workflow: Json) -> str:
    notes = [each for each in workflow["nodes"] if each["type"] == STICKY]
    nodes = [each for each in workflow["nodes"] if each["type"] != STICKY]
    left = min(each["position"][0] for each in notes) - MARGIN
    top = min(each["position"][1] for each in notes) - MARGIN
    width = max(_right(each) for each in notes) + MARGIN - left
    height = max(_bottom(each) for each in notes) + MARGIN - top
    parts = [
        *(part for each in notes for part in _note(each)),
        *_lines(workflow),
        *(part for each in nodes for part in _node(each)),
    ]
    drawn = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="{left} {top} {width} {height}" role="img" '
        f'aria-label="{escape(workflow["name"])}">\n<style>{STYLE}</style>\n{drawn}\n</svg>\n'
    )


def _right(note: Json) -> int:
    return int(note["position"][0] + note["parameters"]["width"])


def _bottom(note: Json) -> int:
    return int(note["position"][1] + note["parameters"]["height"])


def _note(note: Json) -> Iterator[str]:
    (x, y), given = note["position"], note["parameters"]
    kind = "story" if given["color"] == YELLOW else "note"
    yield f'<rect class="{kind}" x="{x}" y="{y}" width="{given["width"]}" height="{given["height"]}" rx="6"/>'
    at = y + 28
    for paragraph in given["content"].split("\n"):
        words = paragraph.lstrip("# ").replace("**", "").replace("`", "").replace("*", "")
        head = paragraph.startswith("#")
        per_line = int((given["width"] - 32) / (8.6 if head else 7.0))
        for line in textwrap.wrap(words, per_line) or [""]:
            style = ' class="head"' if head else ""
            yield f'<text{style} x="{x + 16}" y="{at}">{escape(line)}</text>'
            at += 22


def _lines(workflow: Json) -> Iterator[str]:
    at = {each["name"]: each["position"] for each in workflow["nodes"]}
    for source, kinds in workflow["connections"].items():
        outputs = kinds["main"]
        for number, targets in enumerate(outputs):
            share = NODE * (number + 1) / (len(outputs) + 1)
            for target in targets:
                (x1, y1), (x2, y2) = at[source], at[target["node"]]
                way = _way(x1 + NODE, y1 + share, x2, y2 + NODE / 2)
                yield f'<path class="line" d="{way}"/>'


def _way(x1: float, y1: float, x2: float, y2: float) -> str:
    """A curve to the right; back to the left, a way around below or between the rows."""
    if x2 > x1:
        bend = max(60, (x2 - x1) / 2)
        return f"M{x1} {y1:g} C{x1 + bend:g} {y1:g} {x2 - bend:g} {y2:g} {x2} {y2:g}"
    between = max(y1, y2) - NODE if abs(y2 - y1) > NODE else y1 + NODE + 20
    return f"M{x1} {y1:g} h24 V{between:g} H{x2 - 24} V{y2:g} h24"


def _node(node: Json) -> Iterator[str]:
    x, y = node["position"]
    kind = node["type"].rpartition(".")[2]
    starts = " starts" if kind == "webhook" or kind.endswith("Trigger") else ""
    middle = f"{x + NODE / 2:g}"
    yield f'<rect class="node{starts}" x="{x}" y="{y}" width="{NODE}" height="{NODE}" rx="10"/>'
    for number, line in enumerate(textwrap.wrap(_spaced(kind), 12)):
        yield f'<text class="kind" x="{middle}" y="{y + 44 + 15 * number}">{escape(line)}</text>'
    for number, line in enumerate(textwrap.wrap(node["name"], 22)):
        yield f'<text class="name" x="{middle}" y="{y + NODE + 22 + 18 * number}">{escape(line)}</text>'


def _spaced(kind: str) -> str:
    """respondToWebhook: respond to webhook."""
    return "".join(f" {each.lower()}" if each.isupper() else each for each in kind)
