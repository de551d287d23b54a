"""What we know of Shopify's Admin API: a schema of what is used, and answers with invented values.

Shopify's own schema and answers recorded of real stores, with which a test compares both, lie beside the
repository and not in it.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from graphql import GraphQLSchema, build_schema

_HERE = Path(__file__).parent


@cache
def schema() -> GraphQLSchema:
    return build_schema((_HERE / "shopify.graphql").read_text(encoding="utf-8"))


@cache
def answers() -> dict[str, Any]:
    """By name: a `request` (`query`, `variables`) and its `response` (`status`, `body`)."""
    return dict(json.loads((_HERE / "shopify_answers.json").read_text(encoding="utf-8")))


def recorded(name: str) -> dict[str, Any]:
    return dict(answers()[name])


def shape(value: Any) -> Any:
    """Field names and JSON types, the order of fields too."""
    if isinstance(value, dict):
        return [(name, shape(inner)) for name, inner in value.items()]
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return type(value).__name__
