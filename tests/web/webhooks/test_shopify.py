"""A shop's own webhooks: verified, kept once with their exact bytes, answered at once."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.web.site import Site
from tests.wire.client import wait_until

OpenSite = Callable[..., Site]
SHOP = {
    "SHOPIFY_SHOP": "mugs.myshopify.com",
    "SHOPIFY_CLIENT_ID": "app",
    "SHOPIFY_CLIENT_SECRET": "shpss_the_new_one",
    "SHOPIFY_CLIENT_SECRET_PREVIOUS": "shpss_the_old_one",
}
PRODUCT = json.dumps({"id": 7, "title": "Mug", "variants": [{"sku": "MUG-1"}]}, indent=1).encode()


def post(
    site: Site,
    body: bytes = PRODUCT,
    *,
    secret: str = "shpss_the_new_one",
    path: str = "shopify",
    **said: str,
) -> TestResponse:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    headers = {
        "X-Shopify-Hmac-SHA256": base64.b64encode(digest).decode(),
        "X-Shopify-Topic": "products/create",
        "X-Shopify-Shop-Domain": "mugs.myshopify.com",
        "X-Shopify-Webhook-Id": "w-1",
    }
    headers |= {f"X-Shopify-{name.replace('_', '-').title()}": value for name, value in said.items()}
    return site.client.post(f"/webhooks/shopify/{path}", data=body, headers=headers)


@pytest.fixture
def site(open_site: OpenSite) -> Site:
    return open_site(**SHOP)


@pytest.mark.parametrize("secret", ["shpss_the_new_one", "shpss_the_old_one"])
def test_a_new_product_is_kept_as_it_came_whichever_secret_signed_it(site: Site, secret: str) -> None:
    answer = post(site, secret=secret)
    assert (answer.status_code, answer.json) == (200, {"new": True})
    ((_, kept),) = site.store.shop_events(limit=10)
    assert (kept.connection, kept.shop, kept.webhook_id, kept.body) == (
        *("shopify", "mugs.myshopify.com", "w-1"),
        PRODUCT,
    )


def test_one_that_comes_again_is_answered_well_and_kept_once(site: Site) -> None:
    assert post(site).json == {"new": True}
    assert post(site).json == {"new": False}
    assert len(site.store.shop_events(limit=10)) == 1


@pytest.mark.parametrize(
    "said",
    [
        {"secret": "somebody else's"},
        {"shop_domain": "other.myshopify.com"},
        {"topic": "orders/create"},
        {"hmac_sha256": "not base64!"},
    ],
)
def test_what_is_not_this_shops_new_product_is_refused_and_leaves_no_trace(
    site: Site, said: dict[str, str]
) -> None:
    assert post(site, **said).status_code == 401
    assert site.store.shop_events(limit=10) == []


@pytest.mark.parametrize(
    ("path", "said", "reason"),
    [
        ("shopify", {"secret": "somebody else's"}, "no configured client secret signed this body"),
        ("nobody", {}, "no configured client secret signed this body"),
        ("shopify", {"hmac_sha256": "not base64!"}, "the header X-Shopify-Hmac-SHA256 is not base64"),
        ("shopify", {"topic": "orders/create"}, "the header X-Shopify-Topic is not products/create"),
    ],
)
def test_the_refused_are_counted_with_the_reason_and_shown_after_a_restart(
    site: Site, path: str, said: dict[str, str], reason: str
) -> None:
    assert post(site, path=path, **said).status_code == 401
    wait_until(lambda: site.store.count_refused(since=0) == 1)
    (refused,) = site.store.refused_webhooks(limit=9)
    assert (refused.reason, refused.last_sender) == (f"Shopify webhook: {reason}", "127.0.0.1")
    site.sign_in()
    assert reason in unescape(site.client.get("/deliveries/incoming").text)


def test_a_body_that_names_no_product_is_refused_in_words(site: Site) -> None:
    answer = post(site, b"{}")
    assert (answer.status_code, answer.json) == (400, {"error": "The body names no product: it has no id."})


def test_a_body_beyond_the_cap_is_not_read(site: Site) -> None:
    assert post(site, b"x" * 5_000_001).status_code == 413


@pytest.mark.parametrize(
    "said",
    [{}, {"secret": "somebody else's"}, {"hmac_sha256": ""}, {"hmac_sha256": "not base64!"}, {"topic": "x"}],
)
def test_a_stranger_does_not_learn_which_connections_there_are(
    open_site: OpenSite, said: dict[str, str]
) -> None:
    """The answers are the same with a connection, with one that has no secret to verify with, and without
    any."""
    site = open_site(**SHOP)
    no_secret = open_site(SHOPIFY_SHOP="mugs.myshopify.com", SHOPIFY_ACCESS_TOKEN="shpat_token")
    stranger = {"secret": "a stranger's"} | said
    answers = [
        post(site, **stranger),
        post(site, path="nobody", **stranger),
        post(no_secret, **stranger),
    ]
    assert {(answer.status_code, answer.get_data()) for answer in answers} == {
        (401, answers[0].get_data())
    }, said


def test_nor_from_how_long_it_takes(open_site: OpenSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hash of 5 MB takes milliseconds, so there is one more for nobody."""
    hashes: list[bytes] = []
    new = hmac.new

    def counted(key: bytes, *given: Any) -> Any:
        hashes.append(key)
        return new(key, *given)

    one, two = open_site(**SHOP | {"SHOPIFY_CLIENT_SECRET_PREVIOUS": ""}), open_site(**SHOP)
    monkeypatch.setattr(hmac, "new", counted)
    numbers = set()
    for site, path in ((one, "shopify"), (two, "shopify"), (two, "nobody")):
        hashes.clear()
        assert post(site, secret="a stranger's", path=path).status_code == 401
        numbers.add(len(hashes))
        assert len(set(hashes)) == len(hashes)
    assert numbers == {3}  # the stranger's own signature, and one for each of two secrets


def test_a_database_that_is_gone_is_503_so_that_shopify_tries_again(site: Site) -> None:
    site.database.rename(site.database.with_suffix(".gone"))
    answer = post(site)
    assert answer.status_code == 503
    assert "Send the webhook again." in answer.get_data(as_text=True)
