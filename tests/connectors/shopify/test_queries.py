"""What the connector asks is what Shopify's schema of its version offers, variables included."""

import json
from typing import Any

import pytest
from graphql import parse, validate
from graphql.execution.values import get_variable_values
from graphql.language import OperationDefinitionNode

from connectors.shopify import queries
from connectors.shopify.queries import Document
from tests.connectors.contract import Kept
from tests.connectors.shopify.store import SKU, Store, images, video
from tests.reference.shopify import schema

DOCUMENTS = {name: each for name, each in vars(queries).items() if isinstance(each, Document)}


def operation(text: str) -> OperationDefinitionNode:
    (found,) = parse(text).definitions
    assert isinstance(found, OperationDefinitionNode)
    return found


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
def test_every_document_is_valid_and_asks_for_nothing_deprecated(document: Document) -> None:
    assert validate(schema(), parse(document.text)) == []
    names = [each.name.value for each in operation(document.text).selection_set.selections]  # type: ignore[union-attr]
    assert document.root in names
    root = schema().mutation_type if "mutation" in document.text else schema().query_type
    assert root is not None
    assert not any(root.fields[name].deprecation_reason for name in names)


@pytest.fixture(scope="module")
def sent() -> list[dict[str, Any]]:
    """Every request of deliveries that go through each of the connector's operations."""
    store = Store()
    memory = Kept()
    store.connector.check()
    store.connector.product_picture("gid://shopify/Product/1", 0)
    bowl = store.order("products", title="Bowl", sku="BOWL-1", handle="bowl")["id"]
    store.deliver(video(), SKU, memory)
    store.deliver(images(2), {"product_id": bowl})
    store.deliver(images(2, "other"), {"handle": "bowl"})
    kept = Kept()
    store.once(images(1, "third"), SKU, kept)
    kept["attaching"], kept["before"] = [0], []
    store.deliver(images(1, "third"), SKU, kept)
    bodies = [json.loads(each.body) for each in store.sandbox.received("shopify") if "graphql" in each.path]
    store.close()
    return bodies


def test_every_request_has_variables_that_fit_the_schema(sent: list[dict[str, Any]]) -> None:
    seen = set()
    for body in sent:
        asked = operation(body["query"])
        found = get_variable_values(schema(), list(asked.variable_definitions or ()), body["variables"])
        assert not isinstance(found, list), found
        seen.add(body["query"])
    assert seen == {document.text for document in DOCUMENTS.values()}
