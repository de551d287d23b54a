"""A picture of a scenario, drawn from the very JSON that is imported: modules in their places, and routes."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

R = 56  # of a module's circle
MARGIN = 120
STYLE = """
  svg { background: #fff; font: 15px system-ui, sans-serif; fill: #222; text-anchor: middle }
  .module { fill: #f3e9ff; stroke: #7c3aed; stroke-width: 3 } .starts { stroke: #c2410c }
  .handler { fill: #f4f4f4; stroke: #777; stroke-dasharray: 6 5 }
  .line { fill: none; stroke: #777; stroke-width: 3 } .fails { stroke-dasharray: 3 7 }
  .name { font-weight: 600 } .kind { font-size: 12px; fill: #555 } .filter { font-size: 13px; fill: #7c3aed }
  @media (prefers-color-scheme: dark) {
    svg { background: #16181d; fill: #e8e8e8 } .module { fill: #2c2340 } .handler { fill: #22262e }
    .kind { fill: #bbb } .line { stroke: #99a } .filter { fill: #c4a7ff } .starts { stroke: #fb923c }
  }
"""
Json = Mapping[str, Any]


def svg(blueprint: Json) -> str:
    modules = list(_all(blueprint["flow"]))
    places = [_place(each) for each in modules]
    width = max(x for x, _ in places) + 2 * MARGIN
    height = max(y for _, y in places) + 2 * MARGIN + 30
    first = modules[0]
    parts = [
        *_lines(blueprint["flow"]),
        *(part for each in modules for part in _module(each, starts=each is first)),
    ]
    drawn = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="{-MARGIN} {-MARGIN} {width} {height}" role="img" '
        f'aria-label="{escape(blueprint["name"])}">\n<style>{STYLE}</style>\n{drawn}\n</svg>\n'
    )


def _all(flow: Sequence[Json]) -> Iterator[Json]:
    for each in flow:
        yield each
        yield from _all(each.get("onerror", ()))
        for route in each.get("routes", ()):
            yield from _all(route["flow"])


def _place(module: Json) -> tuple[int, int]:
    designer = module["metadata"]["designer"]
    return designer["x"], designer["y"]


def _lines(flow: Sequence[Json], before: Json | None = None) -> Iterator[str]:
    for each in flow:
        if before is not None:
            yield _line(before, each, "line")
        if handlers := each.get("onerror", ()):
            yield _line(each, handlers[0], "line fails")
            yield from _lines(handlers)
        for route in each.get("routes", ()):
            yield from _lines(route["flow"], each)
        before = each


def _line(a: Json, b: Json, kind: str) -> str:
    (x1, y1), (x2, y2) = _place(a), _place(b)
    if x1 == x2:
        return f'<path class="{kind}" d="M{x1} {y1 + R + 50} V{y2 - R}"/>'
    return f'<path class="{kind}" d="M{x1 + R} {y1} C{x1 + 150} {y1} {x2 - 150} {y2} {x2 - R} {y2}"/>'


def _module(module: Json, *, starts: bool) -> Iterator[str]:
    x, y = _place(module)
    app, _, what = module["module"].partition(":")
    kind = "module starts" if starts else "handler" if what in ("Break", "Ignore") else "module"
    yield f'<circle class="{kind}" cx="{x}" cy="{y}" r="{R}"/>'
    yield f'<text class="kind" x="{x}" y="{y + 4}">{escape(app)}</text>'
    name = module["metadata"]["designer"].get("name", "Router")
    for number, line in enumerate(textwrap.wrap(name, 24)):
        yield f'<text class="name" x="{x}" y="{y + R + 22 + 19 * number}">{escape(line)}</text>'
    if "filter" in module:
        yield f'<text class="filter" x="{x}" y="{y - R - 12}">only: {escape(module["filter"]["name"])}</text>'
