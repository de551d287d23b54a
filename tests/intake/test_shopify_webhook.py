"""Shopify's webhook for a new product: whose it is, for which store, and what is read of it."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from relay.errors import MalformedEventError, SignatureError
from relay.intake.shopify_webhook import ProductCreated, accept_product

SHOP = "clay-and-co.myshopify.com"
SECRET = b"shpss_s3cret"
OLDER = b"shpss_0lder"
PRODUCT = {
    "id": 788032119674292922,
    "admin_graphql_api_id": "gid://shopify/Product/788032119674292922",
    "title": "Example T-Shirt",
    "handle": "example-t-shirt",
    "status": "active",
    "tags": "example, mens, t-shirt",
    "variants": [{"sku": "SHIRT-S"}, {"sku": "SHIRT-M"}, {"sku": "SHIRT-M"}, {"sku": None}],
    "images": [{"src": "https://cdn.shopify.com/a.png"}],
}


def sign(body: bytes, secret: bytes = SECRET) -> str:
    """RFC 2104 by hand, so that ours is checked by something else than itself."""
    key = secret.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(each ^ 0x36 for each in key) + body).digest()
    return base64.b64encode(hashlib.sha256(bytes(each ^ 0x5C for each in key) + inner).digest()).decode()


def post(
    body: bytes | dict[str, Any] = PRODUCT, prefix: str = "x-shopify-", **changes: str | None
) -> ProductCreated:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {
        "hmac-sha256": sign(raw),
        "shop-domain": SHOP,
        "topic": "products/create",
        "webhook-id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
        **{name.replace("_", "-"): value for name, value in changes.items()},
    }
    sent = {f"{prefix}{name}": value for name, value in headers.items() if value is not None}
    return accept_product(raw, sent, shop=SHOP, secrets=[SECRET, OLDER])


def test_an_authentic_webhook_gives_the_product() -> None:
    assert post() == ProductCreated(
        webhook_id="b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
        shop=SHOP,
        product_id="gid://shopify/Product/788032119674292922",
        title="Example T-Shirt",
        handle="example-t-shirt",
        status="active",
        tags=("example", "mens", "t-shirt"),
        skus=("SHIRT-S", "SHIRT-M"),
        images=("https://cdn.shopify.com/a.png",),
    )


def test_both_spellings_of_the_headers_are_taken() -> None:
    assert post(prefix="shopify-") == post()


def test_the_older_secret_is_taken_while_the_secret_changes() -> None:
    raw = json.dumps(PRODUCT).encode()
    assert post(raw, hmac_sha256=sign(raw, OLDER)) == post()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"hmac_sha256": None}, "missing"),
        ({"hmac_sha256": "not base64!"}, "not base64"),
        ({"hmac_sha256": "\u00e4\u00e4\u00e4\u00e4"}, "not base64"),
        ({"hmac_sha256": sign(b"another body")}, "no configured client secret"),
        (
            {"hmac_sha256": sign(json.dumps(PRODUCT).encode(), b"another secret")},
            "no configured client secret",
        ),
        ({"hmac_sha256": base64.b64encode(b"short").decode()}, "no configured client secret"),
        ({"shop_domain": "another.myshopify.com"}, "Shop-Domain"),
        ({"shop_domain": None}, "Shop-Domain"),
        ({"topic": "products/update"}, "Topic"),
        ({"topic": None}, "Topic"),
    ],
)
def test_what_is_not_from_this_store_is_refused(changes: dict[str, str | None], words: str) -> None:
    with pytest.raises(SignatureError) as caught:
        post(**changes)
    assert words in caught.value.reason
    assert "shpss" not in caught.value.reason


def test_a_signature_in_hex_is_not_shopify_s() -> None:
    raw = json.dumps(PRODUCT).encode()
    with pytest.raises(SignatureError):
        post(raw, hmac_sha256=hmac.new(SECRET, raw, hashlib.sha256).hexdigest())


def test_without_a_secret_nothing_is_taken() -> None:
    with pytest.raises(SignatureError, match="no client secret"):
        accept_product(b"{}", {"x-shopify-hmac-sha256": sign(b"{}", b"")}, shop=SHOP, secrets=[])


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"{}", b'{"id": "7"}', b'{"id": true}', b'{"id": -1}'])
def test_what_is_no_product_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedEventError):
        post(body)


def test_nothing_is_read_before_the_signature_is_right() -> None:
    with pytest.raises(SignatureError):
        post(b"\xff not json", hmac_sha256=sign(b"else"))


def test_strange_fields_do_no_harm() -> None:
    odd = {"id": 7, "title": None, "tags": ["a"], "variants": [7, {"sku": 7}], "images": {"src": "x"}}
    assert post(odd, webhook_id=None) == ProductCreated(
        webhook_id="gid://shopify/Product/7", shop=SHOP, product_id="gid://shopify/Product/7"
    )
