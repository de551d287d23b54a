"""Checks a blueprint that is to be handed out: structure, references, nothing of an account, no secret.

`blueprint.schema.json` has what real exports look like; the modules here have the rules that need the whole
flow.
"""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from tests.templates.make_checker import json_bodies, publishing, references, structure
from tests.templates.make_checker.flow import Problem, walk


def check(blueprint: Any) -> list[Problem]:
    """All problems of one blueprint, in the order of the checks."""
    return list(_problems(blueprint))


@cache
def schema() -> dict[str, Any]:
    return dict(json.loads(Path(__file__).with_name("blueprint.schema.json").read_text(encoding="utf-8")))


def _problems(blueprint: Any) -> Iterator[Problem]:
    yield from _schema_problems(blueprint, schema())
    if isinstance(blueprint, dict) and isinstance(blueprint.get("flow"), list):
        nodes = list(walk(blueprint["flow"]))
        yield from structure.ids(nodes)
        yield from structure.nesting(blueprint, nodes)
        yield from references.references(nodes)
        yield from structure.notes(blueprint, nodes)
        yield from publishing.modules(nodes, _known(schema()))
        yield from publishing.account(blueprint, nodes)
        yield from json_bodies.bodies(nodes)
        yield from structure.layout(nodes)
    yield from publishing.secrets(blueprint)


def _known(schema: dict[str, Any]) -> set[str]:
    """The modules of the verified table."""
    return {
        module
        for group in schema["$defs"]["knownModule"]["anyOf"]
        for module in schema["$defs"][group["$ref"].rsplit("/", 1)[1]]["enum"]
    }


def _schema_problems(blueprint: Any, schema: dict[str, Any]) -> Iterator[Problem]:
    validator = Draft202012Validator(schema)
    for error in sorted(validator.iter_errors(blueprint), key=lambda e: list(map(str, e.absolute_path))):
        steps = list(error.schema_path)
        if error.validator == "anyOf" and steps[-2:] == ["module", "anyOf"]:
            yield Problem(
                "schema",
                _dotted(error),
                f"{error.instance} is not a module of this app seen in any real blueprint",
            )
            continue
        deep = best_match([error]) if error.context else error
        message = deep.message
        if deep.validator == "enum" and len(message) > 160:
            message = f"{deep.instance!r} is not one of the {len(deep.validator_value)} known values"
        elif deep.validator == "not" and deep.validator_value == {}:
            message = "is not a field of this module at this version"
        elif len(message) > 300:
            message = f"{message[:140]} ... {message[-140:]}"
        yield Problem("schema", _dotted(deep), message)


def _dotted(error: ValidationError) -> str:
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in error.absolute_path).lstrip(".")
