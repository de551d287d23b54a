"""Which product a result belongs to, from its context: `product_id`, else `handle`, else `sku`."""

import re
from collections.abc import Mapping
from typing import Any

from connectors.base import Memory, NotYet
from connectors.shopify.client import Api
from connectors.shopify.queries import PRODUCT, VARIANTS
from relay.errors import RemoteError

_ID = re.compile(r"(?:gid://shopify/Product/|https://.*/products/)?([0-9]{1,20})")
_SEARCH_LAGS = 120_000  # ms: a product just made is not found by its SKU for some seconds
_CHECK_AGAIN = 20.0
_MOST_PAGES = 10
_HOW_TO_NAME = (
    "Nothing says which product this belongs to. Put ?sku=, ?product_id= or ?handle= at the end of the "
    "webhook address that the generation was started with, or send it as context."
)


def find(api: Api, context: Mapping[str, Any], memory: Memory, now: int) -> str | NotYet:
    """The product's id. What the context names first counts, found or not.

    It is kept in memory; when the context was changed since and names another one, or the connection was
    moved to another shop, everything starts anew.
    """
    named = {name: _word(context.get(name)) for name in ("product_id", "handle", "sku")}
    name = next((name for name, value in named.items() if value), None)
    if name is None:
        raise RemoteError(_HOW_TO_NAME, "record")
    value = named[name]
    if memory.get("named") != [name, value] or memory.get("shop", api.shop) != api.shop:
        memory.clear()
        memory["named"] = [name, value]
    memory["shop"] = api.shop
    if "product" not in memory:
        found = _by_sku(api, value, memory, now) if name == "sku" else _by(api, name, value, now)
        if isinstance(found, NotYet):
            return found
        memory.pop("sku_since", None)
        memory["product"] = found
        memory.save()
    return str(memory["product"])


def _word(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return ""
    return str(value).strip()


def _by(api: Api, name: str, value: str, now: int) -> str:
    identifier = {"handle": value}
    if name == "product_id":
        match = _ID.fullmatch(value)
        if not match:
            sentence = (
                f"{value[:80]!r} is no product id of Shopify: that is the number in the product's address."
            )
            raise RemoteError(sentence, "record")
        identifier = {"id": f"gid://shopify/Product/{match[1]}"}
    found = api.call(PRODUCT, {"identifier": identifier}, now)["productByIdentifier"]
    if not found:
        raise RemoteError(f"The store has no product with {name} {value[:80]!r}. Check it.", "record")
    return str(found["id"])


def _by_sku(api: Api, sku: str, memory: Memory, now: int) -> str | NotYet:
    products = _with_sku(api, sku, now)
    if len(products) > 1:
        raise RemoteError(
            f"{len(products)} products have a variant with the SKU {sku[:80]!r}. Give its product_id.",
            "record",
        )
    if products:
        return products.pop()
    since = memory.setdefault("sku_since", now)
    if now - since < _SEARCH_LAGS:
        memory.save()
        return NotYet(_CHECK_AGAIN, f"Shopify does not find the SKU {sku[:80]!r} yet.")
    del memory["sku_since"]
    memory.save()
    raise RemoteError(f"No product of the store has a variant with the SKU {sku[:80]!r}. Check it.", "record")


def _with_sku(api: Api, sku: str, now: int) -> set[str]:
    """The search finds similar ones too; those that count are equal."""
    escaped = sku.replace("\\", "\\\\").replace('"', '\\"')
    variables: dict[str, Any] = {"query": f'sku:"{escaped}"', "after": None}
    products: set[str] = set()
    for _ in range(_MOST_PAGES):
        page = api.call(VARIANTS, variables, now)["productVariants"]
        products.update(node["product"]["id"] for node in page["nodes"] if (node["sku"] or "").strip() == sku)
        if not page["pageInfo"]["hasNextPage"]:
            break
        variables["after"] = page["pageInfo"]["endCursor"]
    return products
