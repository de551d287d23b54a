"""Looks at an n8n workflow without n8n: what would not import, not run, leak something or read badly."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from n8n.source.limits import FAILURE
from tests.templates import n8n_layout

Workflow = Mapping[str, Any]
Node = Mapping[str, Any]
Catalogue = Mapping[str, Any]

TOP = {"id", "name", "nodes", "connections", "active", "settings", "pinData", "meta"}
OF_NODE = {"id", "name", "type", "typeVersion", "position", "parameters"}
BESIDE = {
    "credentials",
    "webhookId",
    "retryOnFail",
    "maxTries",
    "waitBetweenTries",
    "onError",
    "executeOnce",
    "alwaysOutputData",
}
MOST_NODES = 36
STICKY = "stickyNote"
RESULTS = ("Completed", "Failed")
LISTS = {"googleSheets": "read", "airtable": "search", "dataTable": "get"}  # an item for each that is there
BEGINS = ("webhook", "formTrigger", "scheduleTrigger", "manualTrigger", "errorTrigger")
SECRETS = re.compile(
    r"xox[abp]-\w|pat[A-Za-z0-9]{14}|rph_\w+_\w|shp(at|ss)_\w|whsec_[A-Za-z0-9+/]|AKIA\w|-----BEGIN|"
    r"Bearer [\w.-]{20}|ya29\.|eyJ[A-Za-z0-9]"
)
FORBIDDEN = re.compile(r"\$env\b|\brequire\(|\bprocess\.|\bfetch\(|\beval\(")
NAMED = re.compile(r"\$\('([^']+)'\)|\$\(\"([^\"]+)\"\)")


def problems(workflow: Workflow, catalogue: Catalogue) -> list[str]:
    """Sentences; none when all is well."""
    rules = (structure, lines, expressions, secrets, behaviour, lists, n8n_layout.layout)
    found = [each for rule in rules for each in rule(workflow)]
    return [*found, *known(workflow, catalogue)]


def kind(node: Node) -> str:
    return str(node["type"]).rpartition(".")[2]


def working(workflow: Workflow) -> list[Node]:
    """All that are not notes."""
    return [each for each in workflow["nodes"] if kind(each) != STICKY]


def texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)


def structure(workflow: Workflow) -> Iterator[str]:
    if set(workflow) != TOP:
        yield f"The file has other keys than {sorted(TOP)}: {sorted(workflow)}."
    if workflow.get("active") is not False or workflow.get("pinData"):
        yield "A template is not active and has no pinned data."
    if workflow.get("settings", {}).get("executionOrder") != "v1":
        yield "settings.executionOrder is not v1."
    if workflow.get("meta") != {"templateCredsSetupCompleted": False}:
        yield "meta says more than that credentials are still to be set up."
    nodes = workflow["nodes"]
    for name in ("id", "name", "webhookId"):
        given = [each[name] for each in nodes if name in each]
        yield from (f"Two nodes have the {name} {each}." for each in set(given) if given.count(each) > 1)
    for node in nodes:
        if not OF_NODE <= set(node) <= OF_NODE | BESIDE:
            yield f"{node.get('name')} has keys that it should not have, or lacks some."
    if len(working(workflow)) > MOST_NODES:
        yield f"More than {MOST_NODES} nodes: {len(working(workflow))}."


def outputs(node: Node) -> int:
    given = node["parameters"]
    if kind(node) == "switch":
        return len(given["rules"]["values"]) + (given["options"].get("fallbackOutput") == "extra")
    return 2 if kind(node) in ("if", "splitInBatches") or "onError" in node else 1


def targets(workflow: Workflow) -> Iterator[tuple[str, int, str]]:
    for source, kinds in workflow["connections"].items():
        for number, ends in enumerate(kinds.get("main", [])):
            yield from ((source, number, each["node"]) for each in ends)


def lines(workflow: Workflow) -> Iterator[str]:
    nodes = {each["name"]: each for each in working(workflow)}
    for source, number, target in targets(workflow):
        if source not in nodes or target not in nodes:
            yield f"A line goes from {source} to {target}, and one of them is not there."
        elif number >= outputs(nodes[source]):
            yield f"{source} has no output {number}."
        elif kind(nodes[target]) in BEGINS:
            yield f"A line goes into {target}, which begins a workflow."
    before = ancestors(workflow)
    for name, node in nodes.items():
        begun = kind(node) in BEGINS or any(kind(nodes[each]) in BEGINS for each in before[name])
        if not begun:
            yield f"Nothing leads to {name}."


def ancestors(workflow: Workflow) -> dict[str, set[str]]:
    """Of each node, those that can have run before it."""
    names = {each["name"] for each in working(workflow)}
    direct: dict[str, set[str]] = {name: set() for name in names}
    for source, _, target in targets(workflow):
        if {source, target} <= names:
            direct[target].add(source)
    found: dict[str, set[str]] = {}
    for name in names:
        seen: set[str] = set()
        waiting = list(direct[name])
        while waiting:
            each = waiting.pop()
            if each not in seen:
                seen.add(each)
                waiting.extend(direct[each])
        found[name] = seen
    return found


def expressions(workflow: Workflow) -> Iterator[str]:
    before = ancestors(workflow)
    for node in working(workflow):
        for text in texts(node["parameters"]):
            code = kind(node) == "code"
            if FORBIDDEN.search(text):
                yield f"{node['name']} uses what n8n does not give it: {text[:60]}"
            if not code and text.count("{{") != text.count("}}"):
                yield f"{node['name']} has braces without their others: {text[:60]}"
            if not code and "{{" in text and not text.startswith("="):
                yield f"{node['name']} has an expression that is taken for a text: {text[:60]}"
            for single, double in NAMED.findall(text):
                name = single or double
                if name not in before[node["name"]]:
                    yield f"{node['name']} asks for {name}, which cannot have run before it."


def secrets(workflow: Workflow) -> Iterator[str]:
    for node in workflow["nodes"]:
        if any(SECRETS.search(text) for text in texts(node["parameters"])):
            yield f"{node['name']} holds what looks like a secret."
        for each in node.get("credentials", {}).values():
            if set(each) != {"id", "name"} or each["id"] is not None:
                yield f"{node['name']} names a credential by more or less than its name and no id."
        if kind(node) == "crypto" and {"secret", "key"} & set(node["parameters"]):
            yield f"{node['name']} has its secret in the node."


def behaviour(workflow: Workflow) -> Iterator[str]:
    nodes = {each["name"]: each for each in working(workflow)}
    before = ancestors(workflow)
    answers = {name for name, each in nodes.items() if kind(each) == "respondToWebhook"}
    for name, node in nodes.items():
        given, what = node["parameters"], kind(node)
        after = {each for each in nodes if name in before[each]}
        if what == "webhook":
            if given.get("responseMode") == "responseNode" and not answers & after:
                yield f"{name} is never answered."
            checked = any(kind(nodes[each]) == "crypto" for each in after)
            if given.get("authentication") != "headerAuth" and not (
                given["options"].get("rawBody") and checked
            ):
                yield f"{name} asks for no key and checks no signature."
        if what == "respondToWebhook" and not given["options"].get("responseCode"):
            yield f"{name} does not say which status it answers."
        if what == "switch":
            rules = given["rules"]["values"]
            if given["options"].get("fallbackOutput") != "extra" or not all(
                r.get("outputKey") for r in rules
            ):
                yield f"{name} has outputs without a name, or none for the rest."
        yield from _network(
            node, {end for source, out, end in targets(workflow) if (source, out) == (name, 1)}
        )


def lists(workflow: Workflow) -> Iterator[str]:
    """n8n ends an execution as successful where a list is empty: what was paid for would go unseen."""
    nodes = {each["name"]: each for each in working(workflow)}
    for name in sorted(_after_results(workflow, nodes)):
        node = nodes[name]
        if (kind(node), node["parameters"].get("operation")) not in LISTS.items():
            continue
        if not node.get("alwaysOutputData"):
            yield f"{name} ends the execution of a result without a word if the list is empty."
        elif not any(f"$('{name}').all(1)" in text for each in nodes.values() for text in texts(each)):
            yield f"{name} gives an empty item beside its error output, and nothing tells them apart."


def _after_results(workflow: Workflow, nodes: Mapping[str, Node]) -> set[str]:
    """All that a result leads to, but for the waiting and what it goes back to."""
    seen: set[str] = set()
    waiting = [
        target
        for source, number, target in targets(workflow)
        if kind(nodes[source]) == "switch"
        and [*nodes[source]["parameters"]["rules"]["values"], {}][number].get("outputKey") in RESULTS
    ]
    while waiting:
        each = waiting.pop()
        if each not in seen and each != FAILURE:
            seen.add(each)
            waiting.extend(target for source, _, target in targets(workflow) if source == each)
    return seen


def _network(node: Node, when_failed: set[str]) -> Iterator[str]:
    """`when_failed`: what its error output leads to."""
    name, given, what = node["name"], node["parameters"], kind(node)
    again = node.get("retryOnFail", False)
    caught = node.get("onError") == "continueErrorOutput" and bool(when_failed)
    if what == "httpRequest":
        if not given["options"].get("timeout"):
            yield f"{name} may wait for ever."
        paid = "api.creativeai.run" in given["url"] and given["method"] == "POST"
        if paid and again:
            yield f"{name} costs credits and is repeated blindly."
        if given["method"] in ("GET", "HEAD") and not (again or caught):
            yield f"{name} is not tried again when it fails."
    if what in ("airtable", "googleSheets"):
        if not caught:
            yield f"{name} leaves nobody a word when it fails."
        if again:
            yield f"{name} answers a limit by quick repeats, which makes it last longer."
    if what == "removeDuplicates" and again:
        yield f"{name} would take its own first try for the first of its kind."
    if what == "set" and "error" in _assigned(given):
        yield f"{name} sets a field named error, which n8n takes for a failure of every node that it passes."


def _assigned(given: Mapping[str, Any]) -> set[str]:
    return {each["name"] for each in given.get("assignments", {}).get("assignments", ())}


def known(workflow: Workflow, catalogue: Catalogue) -> Iterator[str]:
    for node in workflow["nodes"]:
        versions = catalogue["nodes"].get(node["type"])
        if versions is None:
            yield f"n8n has no node of the type {node['type']}."
            continue
        found = versions.get(f"{node['typeVersion']:g}")
        if found is None:
            yield f"{node['name']}: {node['type']} has no version {node['typeVersion']:g}."
            continue
        for path in _paths(node["parameters"], found["parameters"]):
            yield f"{node['name']}: {node['type']} {node['typeVersion']:g} has no parameter {path}."
        if kind(node) != "httpRequest":  # it takes every kind
            odd = set(node.get("credentials", {})) - set(found["credentials"])
            yield from (f"{node['name']}: {node['type']} takes no credential {each}." for each in sorted(odd))


def _paths(given: Mapping[str, Any], parameters: Mapping[str, Any], before: str = "") -> Iterator[str]:
    """Those that the catalogue does not have; below null anything goes."""
    for name, value in given.items():
        if name not in parameters:
            yield f"{before}{name}"
            continue
        below = parameters[name]
        for each in value if isinstance(value, list) else [value]:
            if below is not None and isinstance(each, Mapping):
                yield from _paths(each, below, f"{before}{name}.")
