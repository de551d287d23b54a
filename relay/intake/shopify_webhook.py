"""Shopify's webhook for a new product: who signed it, for which store, and which product it is about.

https://shopify.dev/docs/apps/build/webhooks/verify-deliveries. Only the body is signed, so the topic and the
store in the headers are compared with what was configured.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from relay.errors import MalformedEventError, SignatureError
from relay.intake.strict_json import parse_object

TOPIC = "products/create"
_PRODUCT = re.compile(r"gid://shopify/Product/[0-9]+")


@dataclass(frozen=True, slots=True)
class ProductCreated:
    """A product as it was when it was created; Shopify may repeat the webhook under the same `webhook_id`.

    product_id   gid://shopify/Product/<number>
    images       their addresses, often none yet: they are uploaded after the product is created
    """

    webhook_id: str
    shop: str
    product_id: str
    title: str = ""
    handle: str = ""
    status: str = ""
    tags: tuple[str, ...] = ()
    skus: tuple[str, ...] = ()
    images: tuple[str, ...] = ()


def accept_product(
    body: bytes, headers: Mapping[str, str], *, shop: str, secrets: Collection[bytes]
) -> ProductCreated:
    """The product, from an authentic webhook of this store. `headers` have lower-case names.

    Raises SignatureError (not signed, or for another store or topic) and MalformedEventError.
    """
    verify(body, _header(headers, "hmac-sha256"), secrets)
    expected = {"shop-domain": shop, "topic": TOPIC}
    for name, value in expected.items():
        if _header(headers, name) != value:
            raise SignatureError(f"the header X-Shopify-{name.title()} is not {value}")
    return read_product(body, _header(headers, "webhook-id"), shop)


def read_product(body: bytes, webhook_id: str, shop: str) -> ProductCreated:
    """From a body that was verified when it came. Raises MalformedEventError."""
    return _product(parse_object(body), webhook_id, shop)


def verify(body: bytes, signature: str, secrets: Collection[bytes]) -> None:
    """Raises SignatureError unless one of the secrets signed the body: base64 of HMAC-SHA256, not hex."""
    if not secrets:
        raise SignatureError("no client secret of Shopify's app is configured")
    if not signature:
        raise SignatureError("the header X-Shopify-Hmac-SHA256 is missing")
    try:
        given = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        raise SignatureError("the header X-Shopify-Hmac-SHA256 is not base64") from None
    matches = [hmac.compare_digest(hmac.new(secret, body, "sha256").digest(), given) for secret in secrets]
    if not any(matches):
        raise SignatureError("no configured client secret signed this body")


def _header(headers: Mapping[str, str], name: str) -> str:
    """Both spellings are in use: X-Shopify-... and Shopify-..."""
    return (headers.get(f"x-shopify-{name}") or headers.get(f"shopify-{name}") or "").strip()


def _product(body: Mapping[str, Any], webhook_id: str, shop: str) -> ProductCreated:
    product_id = _text(body.get("admin_graphql_api_id"))
    if not _PRODUCT.fullmatch(product_id):
        number = body.get("id")
        if not isinstance(number, int) or isinstance(number, bool) or number <= 0:
            raise MalformedEventError("The body names no product: it has no id.")
        product_id = f"gid://shopify/Product/{number}"
    return ProductCreated(
        # Without an id of its own a repeat is known by the product: it is created only once.
        webhook_id=webhook_id or product_id,
        shop=shop,
        product_id=product_id,
        title=_text(body.get("title")),
        handle=_text(body.get("handle")),
        status=_text(body.get("status")),
        tags=tuple(filter(None, (tag.strip() for tag in _text(body.get("tags")).split(",")))),
        skus=_each(body.get("variants"), "sku"),
        images=_each(body.get("images"), "src"),
    )


def _each(items: object, name: str) -> tuple[str, ...]:
    """The texts under this name, each once, in order."""
    rows = items if isinstance(items, list) else []
    texts = (_text(row.get(name)).strip() for row in rows if isinstance(row, dict))
    return tuple(dict.fromkeys(filter(None, texts)))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
