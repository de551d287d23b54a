"""Makes n8n_catalogue.json: names and versions from an installed n8n's own descriptions of its nodes.

    python -m tests.templates.n8n_trim <n8n>/node_modules/n8n-nodes-base

Only for the nodes and versions that the templates use: types, versions, names of parameters and credentials.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

CATALOGUE = Path(__file__).with_name("n8n_catalogue.json")
TEMPLATES = Path(__file__).parents[2] / "n8n"
PREFIX = "n8n-nodes-base."
Tree = dict[str, Any]


def trimmed(descriptions: Iterable[Mapping[str, Any]], used: set[tuple[str, float]], version: str) -> Tree:
    nodes: Tree = {}
    for each in descriptions:
        for number in _listed(each["version"]):
            name = PREFIX + each["name"].removeprefix(PREFIX)
            if (name, float(number)) in used:
                nodes.setdefault(name, {})[f"{number:g}"] = {
                    "parameters": _names(each["properties"], number),
                    "credentials": sorted({given["name"] for given in each.get("credentials", ())}),
                }
    return {"n8n": version, "nodes": dict(sorted(nodes.items()))}


def _names(properties: Iterable[Mapping[str, Any]], version: float) -> Tree:
    """Name to what may be below it; null: anything. Names that stand several times are put together."""
    found: Tree = {}
    for each in properties:
        if not _shown(each, version):
            continue
        _add(found, each["name"], _below(each, version))
    return dict(sorted(found.items()))


def _add(tree: Tree, name: str, below: Tree | None) -> None:
    known = tree.setdefault(name, below)
    if known is None or below is None:
        tree[name] = None
    else:
        for each, deeper in below.items():
            _add(known, each, deeper)


def _below(each: Mapping[str, Any], version: float) -> Tree | None:
    if each["type"] == "collection":
        return _names(each.get("options", ()), version)
    if each["type"] == "fixedCollection":
        return {group["name"]: _names(group["values"], version) for group in each.get("options", ())}
    return None


def _shown(each: Mapping[str, Any], version: float) -> bool:
    options = each.get("displayOptions", {})
    show = options.get("show", {}).get("@version")
    hide = options.get("hide", {}).get("@version")
    return (show is None or _any(show, version)) and not (hide is not None and _any(hide, version))


def _any(wanted: Iterable[Any], version: float) -> bool:
    return any(_holds(each, version) for each in wanted)


def _holds(wanted: Any, version: float) -> bool:
    if not isinstance(wanted, Mapping):
        return float(wanted) == version
    ((word, limit),) = wanted["_cnd"].items()
    if word == "between":
        return bool(limit["from"] <= version <= limit["to"])
    return bool(
        {
            "eq": lambda: version == limit,
            "not": lambda: version != limit,
            "gte": lambda: version >= limit,
            "gt": lambda: version > limit,
            "lte": lambda: version <= limit,
            "lt": lambda: version < limit,
        }[word]()
    )


def _listed(version: Any) -> list[float]:
    return [float(each) for each in (version if isinstance(version, list) else [version])]


def _used() -> set[tuple[str, float]]:
    files = (json.loads(path.read_text(encoding="utf-8")) for path in TEMPLATES.glob("*/workflow.json"))
    return {(node["type"], float(node["typeVersion"])) for each in files for node in each["nodes"]}


def main(package: Path) -> None:
    descriptions = json.loads((package / "dist/types/nodes.json").read_text(encoding="utf-8"))
    version = json.loads((package.parent / "n8n/package.json").read_text(encoding="utf-8"))["version"]
    made = trimmed(descriptions, _used(), version)
    CATALOGUE.write_text(json.dumps(made, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
