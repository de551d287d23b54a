"""What may stand where: ids, triggers, routers, error handlers, branches, aggregators, notes, positions."""

from collections.abc import Iterator
from typing import Any

from tests.templates.make_checker.flow import (
    AGGREGATORS,
    IF_ELSE,
    MERGE,
    RESPOND,
    ROUTER,
    WEBHOOK,
    Node,
    Problem,
    as_dict,
    as_list,
    modules_in,
)

DIRECTIVES = {f"builtin:{n}" for n in ("Break", "Commit", "Ignore", "Resume", "Rollback")}
THROWS = {"builtin:ThrowError", "builtin:ThrowWarning"}
WEBHOOKS = {WEBHOOK, "gateway:CustomMailHook"}
TRIGGERS = WEBHOOKS | {
    "airtable:TriggerWatchRecords",
    "google-sheets:watchRows",
    "google-sheets:watchUpdatedCells",
    "scenario-service:StartSubscenario",
}


def ids(nodes: list[Node]) -> Iterator[Problem]:
    first: dict[Any, str] = {}
    for node in nodes:
        own = node.module.get("id")
        if not isinstance(own, int):
            continue
        if own in first:
            yield Problem("duplicate-id", node.path, f"module id {own} is already used at {first[own]}")
        first.setdefault(own, node.path)


def nesting(blueprint: dict[str, Any], nodes: list[Node]) -> Iterator[Problem]:  # noqa: PLR0912 - a rule each
    scenario = as_dict(as_dict(blueprint.get("metadata")).get("scenario"))
    names = [n.name for n in nodes]
    for node in nodes:
        module, name = node.module, node.name
        if name in TRIGGERS and not node.first_of_all:
            yield Problem("trigger", node.path, f"{name} can only be the first module")
        if node.first_of_all and isinstance(module.get("filter"), dict):
            yield Problem("filter", node.path, "the first module of a scenario has nothing to filter")
        if name == ROUTER and isinstance(module.get("filter"), dict):
            yield Problem(
                "filter", node.path, "put the filter on the first module of each route, not on the router"
            )
        if name == ROUTER and not node.last:
            yield Problem(
                "router", node.path, "routes never rejoin, so nothing can follow a router in the same flow"
            )
        if name == ROUTER:
            default = as_dict(module.get("parameters")).get("else")
            if isinstance(default, int) and default >= len(modules_in(module.get("routes"))):
                yield Problem(
                    "router", node.path, f"parameters.else points at route {default}, which does not exist"
                )
            open_routes = [
                r
                for r, route in enumerate(modules_in(module.get("routes")))
                if r != default
                and modules_in(route.get("flow"))
                and not isinstance(modules_in(route["flow"])[0].get("filter"), dict)
            ]
            if len(open_routes) > 1 or (open_routes and isinstance(default, int)):
                yield Problem(
                    "router", node.path, f"routes {open_routes} have no filter and run for every bundle"
                )
        if name in DIRECTIVES and ".onerror" not in node.path:
            yield Problem("error-handler", node.path, f"{name} belongs in an onerror list")
        elif name in DIRECTIVES and not node.last:
            yield Problem("error-handler", node.path, f"nothing can follow {name}")
        if "onerror" in module:
            tail = modules_in(module["onerror"])[-1:] or [{}]
            if str(tail[0].get("module")) not in DIRECTIVES | THROWS:
                yield Problem(
                    "error-handler",
                    f"{node.path}.onerror",
                    "an error handler ends with one of the five directives",
                )
        if name == "builtin:Break" and scenario.get("dlq") is not True:
            yield Problem(
                "error-handler",
                node.path,
                "builtin:Break needs metadata.scenario.dlq = true (store incomplete executions)",
            )
        if name == RESPOND and not (names and names[0] in WEBHOOKS):
            yield Problem("webhook", node.path, f"{RESPOND} needs a scenario that starts with {WEBHOOK}")
        if name in AGGREGATORS:
            feeder = as_dict(module.get("parameters")).get("feeder")
            if not isinstance(feeder, int) or feeder not in node.visible or feeder in node.hidden:
                yield Problem(
                    "aggregator",
                    node.path,
                    f"feeder {feeder} is not a module that runs before it on this path",
                )
        if name == "placeholder:Placeholder":
            yield Problem("placeholder", node.path, "an empty slot was left in the scenario")
        if name == IF_ELSE and sum(b.get("type") == "else" for b in modules_in(module.get("branches"))) > 1:
            yield Problem("if-else", node.path, "at most one else branch")
    yield from _merges(blueprint.get("flow"), "flow")
    if names and names[0] in WEBHOOKS and as_dict(blueprint.get("metadata")).get("instant") is False:
        yield Problem("webhook", "metadata.instant", "a scenario that starts with a webhook is instant")


def _merges(flow: Any, path: str) -> Iterator[Problem]:
    modules = modules_in(flow)
    for i, module in enumerate(modules):
        here = f"{path}[{i}]"
        merging = sum(b.get("merge") is True for b in modules_in(module.get("branches")))
        follows = i + 1 < len(modules) and modules[i + 1].get("module") == MERGE
        if module.get("module") == IF_ELSE and merging and not follows:
            yield Problem("if-else", here, f"branches merge, so {MERGE} must come next")
        if module.get("module") == MERGE:
            before = modules[i - 1] if i else {}
            count = sum(b.get("merge") is True for b in modules_in(before.get("branches")))
            if before.get("module") != IF_ELSE or not count:
                yield Problem(
                    "if-else", here, f"{MERGE} must directly follow a {IF_ELSE} with merging branches"
                )
            for o, output in enumerate(modules_in(module.get("outputs"))):
                if len(as_list(output.get("mappings"))) != count:
                    yield Problem(
                        "if-else",
                        f"{here}.outputs[{o}]",
                        f"needs one mapping for each of the {count} merging branches",
                    )
        for r, route in enumerate(modules_in(module.get("routes"))):
            yield from _merges(route.get("flow"), f"{here}.routes[{r}].flow")
        for b, branch in enumerate(modules_in(module.get("branches"))):
            yield from _merges(branch.get("flow"), f"{here}.branches[{b}].flow")
        yield from _merges(module.get("onerror"), f"{here}.onerror")


def notes(blueprint: dict[str, Any], nodes: list[Node]) -> Iterator[Problem]:
    ids = {n.module.get("id") for n in nodes if isinstance(n.module.get("id"), int)}
    for i, note in enumerate(modules_in(as_dict(blueprint.get("metadata")).get("notes"))):
        for number in as_list(note.get("moduleIds")):
            if not isinstance(number, int) or number not in ids:
                yield Problem("note", f"metadata.notes[{i}]", f"module {number} does not exist")


def layout(nodes: list[Node]) -> Iterator[Problem]:
    taken: dict[tuple[Any, Any], str] = {}
    for node in nodes:
        designer = as_dict(as_dict(node.module.get("metadata")).get("designer"))
        spot = (designer.get("x"), designer.get("y"))
        if not all(isinstance(v, (int, float)) for v in spot):
            continue
        if spot in taken:
            yield Problem("layout", node.path, f"drawn on top of {taken[spot]} at {spot}")
        taken.setdefault(spot, node.path)
