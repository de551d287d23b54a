"""`python -m bench.structure [PATH]`: how the code is laid out, and which rooms import which.

A room is a folder of modules, however deep; a module directly in relay, connectors or sandbox is one too.
tests/test_imports.py reads imports with the same functions.
"""

import argparse
import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

PACKAGES = ("relay", "connectors", "sandbox")
Graph = Mapping[str, set[str]]


@dataclass(frozen=True, slots=True)
class Module:
    name: str
    path: Path
    is_package: bool

    @property
    def package(self) -> str:
        return self.name if self.is_package else self.name.rpartition(".")[0]


@dataclass(frozen=True, slots=True)
class Import:
    """`source` is the module that is loaded; `bound` is the name that now means `full`."""

    line: int
    source: str
    full: str
    bound: str


def modules_of(root: Path) -> dict[str, Module]:
    found = {}
    for path in (path for package in PACKAGES for path in sorted((root / package).rglob("*.py"))):
        parts = path.relative_to(root).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        found[name] = Module(name, path, is_package)
    return found


def tree_of(module: Module) -> ast.Module:
    return ast.parse(module.path.read_text(encoding="utf-8"))


def imports_of(module: Module, modules: Mapping[str, Module], tree: ast.Module) -> Iterator[Import]:
    """Every import, also those inside functions and conditions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                full, bound = (alias.name, alias.asname) if alias.asname else (first, first)
                yield Import(node.lineno, alias.name, full, bound)
        elif isinstance(node, ast.ImportFrom):
            parts = module.package.split(".")
            base = parts[: len(parts) + 1 - node.level] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                full = f"{source}.{alias.name}"
                loaded = full if full in modules else source
                yield Import(node.lineno, loaded, full, alias.asname or alias.name)


def names_of(tree: ast.Module, aliases: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """Line and full dotted name of every name that comes from an import."""
    for node in ast.walk(tree):
        if not isinstance(node, (ast.Attribute, ast.Name)):
            continue
        parts: list[str] = []
        part: ast.expr = node
        while isinstance(part, ast.Attribute):
            parts.append(part.attr)
            part = part.value
        if isinstance(part, ast.Name) and part.id in aliases:
            yield node.lineno, ".".join([aliases[part.id], *reversed(parts)])


def room_of(module: Module) -> str:
    return module.name if module.package in PACKAGES else module.package


def rooms_of(root: Path) -> dict[str, set[str]]:
    """Each room with the other rooms it imports."""
    modules = modules_of(root)
    room = {name: room_of(module) for name, module in modules.items()}
    graph: dict[str, set[str]] = {each: set() for each in room.values()}
    for name, module in modules.items():
        for each in imports_of(module, modules, tree_of(module)):
            if each.source in room:
                graph[room[name]].add(room[each.source])
    return {each: imported - {each} for each, imported in graph.items()}


def circles_of(graph: Graph) -> list[list[str]]:
    """Groups that import one another, by whatever way; by Tarjan's algorithm."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in sorted(graph.get(node, ())):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            start = stack.index(node)
            group = stack[start:]
            del stack[start:]
            if len(group) > 1:
                found.append(sorted(group))

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return sorted(found)


def importers_of(name: str, root: Path) -> list[str]:
    """Modules that load exactly this one, not something in it."""
    modules = modules_of(root)
    return sorted(
        importer
        for importer, module in modules.items()
        if any(each.source == name for each in imports_of(module, modules, tree_of(module)))
    )


def table(root: Path) -> str:
    modules, graph = modules_of(root), rooms_of(root)
    folders = Counter(str(module.path.parent.relative_to(root)) for module in modules.values())
    circles = circles_of(graph)
    in_relay = {room_of(module) for module in modules.values() if module.package == "relay"}
    into = sum(len(imported & in_relay) for room, imported in graph.items() if room not in in_relay)
    out = sum(len(graph[room] - in_relay) for room in in_relay)
    rows: Iterable[tuple[str, object]] = (
        ("modules", len(modules)),
        ("folders with code", len(folders)),
        ("most modules in a folder", ", ".join(f"{name} {count}" for name, count in folders.most_common(5))),
        ("rooms", len(graph)),
        ("arrows between rooms", sum(map(len, graph.values()))),
        ("arrows from other rooms to modules directly in relay/", into),
        ("arrows from modules directly in relay/ to other rooms", out),
        ("circles of rooms", "; ".join(" <-> ".join(each) for each in circles) or "none"),
        ("modules that import `relay` itself", ", ".join(importers_of("relay", root)) or "none"),
    )
    lines = ["| what | |", "| --- | --- |", *(f"| {name} | {value} |" for name, value in rows)]
    lines += ["", "| folder | modules |", "| --- | --- |"]
    lines += [f"| {name} | {count} |" for name, count in sorted(folders.items())]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.structure", description=__doc__)
    default = Path(__file__).parent.parent
    parser.add_argument("path", type=Path, nargs="?", default=default, help="of a checkout")
    print(table(parser.parse_args().path))


if __name__ == "__main__":
    main()
