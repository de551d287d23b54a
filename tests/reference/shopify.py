"""Shopify's own schema and recorded answers, which lie beside the repository and not in it.

Only tests marked `needs_shopify` may use them; they are skipped where the data is absent.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLSchema, build_schema

PATH = Path(__file__).parents[3] / "shared" / "data" / "shopify"

needs_shopify = pytest.mark.skipif(
    not PATH.is_dir(), reason="Shopify's schema and recorded answers are not beside the repository"
)


@cache
def schema() -> GraphQLSchema:
    return build_schema((PATH / "admin-schema.graphql").read_text(encoding="utf-8"))


def recorded(name: str) -> dict[str, Any]:
    """A request and its response: `query` and `variables`, `status` and `body`."""
    return dict(json.loads((PATH / "recorded" / f"{name}.json").read_text(encoding="utf-8")))


def shape(value: Any) -> Any:
    """Field names and JSON types, the order of fields too."""
    if isinstance(value, dict):
        return [(name, shape(inner)) for name, inner in value.items()]
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return type(value).__name__
