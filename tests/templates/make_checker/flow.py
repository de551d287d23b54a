"""A blueprint's modules in the order they run, each with what it can see from where it stands."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

ROUTER, IF_ELSE, MERGE = "builtin:BasicRouter", "builtin:BasicIfElse", "builtin:BasicMerge"
WEBHOOK, RESPOND = "gateway:CustomWebHook", "gateway:WebhookRespond"
AGGREGATORS = {"builtin:BasicAggregator", "util:TextAggregator"}


@dataclass(frozen=True)
class Problem:
    code: str
    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.code} {self.path or '.'}: {self.message}"


@dataclass
class Node:
    """One module with what it can see from where it stands."""

    module: dict[str, Any]
    path: str
    last: bool
    first_of_all: bool
    visible: set[int] = field(default_factory=set)
    hidden: dict[int, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return str(self.module.get("module"))


def as_dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def modules_in(value: Any) -> list[dict[str, Any]]:
    return [m for m in value if isinstance(m, dict)] if isinstance(value, list) else []


def walk(
    flow: Any,
    path: str = "flow",
    seen: list[int] | None = None,
    hidden: dict[int, str] | None = None,
) -> Iterator[Node]:
    """Every module with the ids that ran before it on the same path."""
    seen, hidden = list(seen or []), dict(hidden or {})
    modules = modules_in(flow)
    for i, module in enumerate(modules):
        here = f"{path}[{i}]"
        node = Node(module, here, i == len(modules) - 1, here == "flow[0]", set(seen), dict(hidden))
        yield node
        own = module.get("id")
        inner = seen + ([own] if isinstance(own, int) else [])
        for r, route in enumerate(modules_in(module.get("routes"))):
            yield from walk(route.get("flow"), f"{here}.routes[{r}].flow", inner, hidden)
        for b, branch in enumerate(modules_in(module.get("branches"))):
            yield from walk(branch.get("flow"), f"{here}.branches[{b}].flow", inner, hidden)
        if "onerror" in module:
            yield from walk(module["onerror"], f"{here}.onerror", inner, hidden)
        if node.name in AGGREGATORS:
            feeder = as_dict(module.get("parameters")).get("feeder")
            if isinstance(feeder, int) and feeder in seen:
                for inside in seen[seen.index(feeder) :]:
                    hidden[inside] = f"inside the loop that module {own} aggregates"
        if isinstance(own, int):
            seen.append(own)


def texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from texts(item, f"{path}.{key}")
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from texts(item, f"{path}[{i}]")


def pairs(value: Any, path: str) -> Iterator[tuple[str, str, str]]:
    """Name and value of headers, query parameters, variables and the like."""
    if isinstance(value, dict):
        name = value.get("name", value.get("key"))
        if isinstance(name, str) and isinstance(value.get("value"), str):
            yield path, name, value["value"]
        for key, item in value.items():
            yield from pairs(item, f"{path}.{key}")
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from pairs(item, f"{path}[{i}]")


def evaluated(node: Node) -> Iterator[tuple[str, str]]:
    """The places of a module where Make evaluates expressions."""
    for key in ("parameters", "mapper", "filter", "flags", "outputs", "filters"):
        yield from texts(node.module.get(key), f"{node.path}.{key}")
    for b, branch in enumerate(modules_in(node.module.get("branches"))):
        yield from texts(branch.get("conditions"), f"{node.path}.branches[{b}].conditions")
