"""The way into a store: tokens had, kept and renewed, a missing one explained, nothing secret shown."""

import json
import threading
from collections.abc import Callable
from urllib.parse import parse_qs

import pytest
from responses import RequestsMock

from relay.errors import RemoteError
from tests.connectors.contract import (
    CONTEXT,
    FOUR_IMAGES,
    KEY,
    NOW,
    VIDEO,
    Kept,
    Refusal,
    asked,
    field_errors,
)
from tests.connectors.files import GivenFiles
from tests.connectors.shopify.wire import SCOPES, SHOP, TOKEN, TOKEN_URL, URL, Shop, connect, fault
from tests.samples import refusal


def grant(token: str, seconds: int = 86_399) -> str:
    return json.dumps({"access_token": token, "scope": "write_products", "expires_in": seconds})


def no_token(word: str) -> Refusal:
    return Refusal(*refusal("shopify/refusals.token", word))


APP = {"client_id": "app-id", "client_secret": "shpss_s3cretS3cret"}


def test_a_token_is_had_by_client_credentials_and_kept_until_five_minutes_before_its_end() -> None:
    connector, shop = connect(**APP), Shop()
    with RequestsMock(assert_all_requests_are_fired=False) as net:
        shop.on(net)
        net.post(TOKEN_URL, body=grant("first"))
        net.post(TOKEN_URL, body=grant("second"))
        for now in (NOW, NOW + 86_098_000, NOW + 86_099_000):
            connector.deliver(FOUR_IMAGES, CONTEXT, KEY, Kept(), GivenFiles(), now)
        calls = [each.request for each in net.calls if each.request.url == TOKEN_URL]
    assert len(calls) == 2
    assert parse_qs(calls[0].body.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["app-id"],
        "client_secret": [APP["client_secret"]],
    }  # type: ignore[union-attr]
    assert calls[0].headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert (shop.tokens[0], shop.tokens[-1]) == ("first", "second")


def test_a_refused_token_is_renewed_once_and_no_more() -> None:
    shop = Shop({"RelayVariants": [Refusal(401), Refusal(401)]})
    with RequestsMock(assert_all_requests_are_fired=False) as net:
        shop.on(net)
        net.post(TOKEN_URL, body=grant("first"))
        net.post(TOKEN_URL, body=grant("second"))
        with pytest.raises(RemoteError) as caught:
            connect(**APP).deliver(VIDEO, CONTEXT, KEY, Kept(), GivenFiles(), NOW)
    assert (caught.value.whose, shop.tokens) == ("connection", ["first", "second"])


def test_a_fixed_token_that_is_refused_is_not_tried_again() -> None:
    shop = Shop({"RelayVariants": [Refusal(401)]})
    assert fault(shop).whose == "connection"
    assert shop.tokens == [TOKEN]


def test_many_hands_renew_a_token_once() -> None:
    connector, shop, begin = connect(**APP), Shop(), threading.Barrier(4)

    def work() -> None:
        begin.wait()
        connector.check()

    with RequestsMock(assert_all_requests_are_fired=False) as net:
        shop.on(net)
        net.post(TOKEN_URL, body=grant("first"))
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len([each for each in net.calls if each.request.url == TOKEN_URL]) == 1


@pytest.mark.parametrize(
    ("answer", "whose", "words"),
    [
        (no_token("shop_not_permitted"), "connection", "different Shopify organizations"),
        (no_token("invalid_client"), "connection", "Client ID or client secret is wrong"),
        (no_token("app_not_installed"), "connection", "not installed"),
        (Refusal(400, '{"error":"unheard"}'), "connection", "Check client ID"),
        (Refusal(401), "connection", "Check client ID"),
        (Refusal(403), "connection", "Check client ID"),
        (Refusal(404), "connection", "store's name"),
        (Refusal(302), "connection", "myshopify.com"),
        (Refusal(429), "transient", "wait"),
        (Refusal(500), "transient", "retries automatically"),
        (Refusal(200, "<html>"), "transient", "not JSON"),
        (Refusal(200, "{}"), "transient", "retries automatically"),
    ],
)
def test_a_token_that_is_not_given_is_explained(answer: Refusal, whose: str, words: str) -> None:
    with RequestsMock() as net:
        net.post(TOKEN_URL, status=answer.status, body=answer.body)
        with pytest.raises(RemoteError) as caught:
            connect(**APP).deliver(VIDEO, CONTEXT, KEY, Kept(), GivenFiles(), NOW)
    assert caught.value.whose == whose
    assert words in caught.value.message
    assert caught.value.message.endswith(".")


def test_neither_a_client_secret_nor_its_token_is_shown() -> None:
    said: list[str] = []
    for status in (200, 400, 401, 403, 404, 429, 500):
        for place, echo in (
            (URL, f"{APP['client_secret']} t0kenT0kenT0ken"),
            (TOKEN_URL, APP["client_secret"]),
        ):
            with RequestsMock(assert_all_requests_are_fired=False) as net:
                net.post(TOKEN_URL, body=grant("t0kenT0kenT0ken")) if place == URL else None
                net.post(place, status=status, body=echo)
                with pytest.raises(RemoteError) as caught:
                    connect(**APP).deliver(VIDEO, CONTEXT, KEY, Kept(), GivenFiles(), NOW)
            said += [caught.value.message, caught.value.answer]
    assert not [each for each in said if "t0kenT0kenT0ken" in each or APP["client_secret"] in each]


def found_by_check(change: Callable[[Shop], object]) -> tuple[bool, str]:
    shop = Shop()
    change(shop)
    with RequestsMock(assert_all_requests_are_fired=False) as net:
        shop.on(net)
        found = asked(connect().check)
    return found.ok, found.message


def test_check_names_the_store_the_missing_scope_and_the_ended_version() -> None:
    assert found_by_check(lambda _: None) == (
        True,
        "The store Clay & Co answers, and the relay may change its products.",
    )
    ok, said = found_by_check(lambda shop: setattr(shop, "version", "2027-01"))
    assert ok
    assert "2027-01" in said
    lacking = {"shop": {"name": "Clay"}, "currentAppInstallation": {"accessScopes": SCOPES[:1]}}
    ok, said = found_by_check(lambda shop: setattr(shop, "RelayShop", lambda _: lacking))
    assert not ok
    assert "write_products" in said


@pytest.mark.parametrize(
    "shop",
    [
        "clay",
        "https://clay.myshopify.com",
        "clay.myshopify.com/",
        "clay.myshopify.com.evil.example",
        "-a.myshopify.com",
        "Clay.myshopify.com",
        "clay.myshopify.com\n",
        "a@clay.myshopify.com",
    ],
)
def test_only_a_store_at_shopify_gets_the_secret(shop: str) -> None:
    assert list(field_errors("shopify", {"shop": shop, "access_token": TOKEN})) == ["shop"]


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({}, ["client_secret"]),
        ({"client_id": "a"}, ["client_secret"]),
        ({"client_secret": "b"}, ["client_secret"]),
        ({"access_token": ""}, ["client_secret"]),
        ({"client_id": "a", "client_secret": "b"}, []),
        ({"access_token": "a"}, []),
        ({"access_token": "a", "client_secret": "b", "client_secret_previous": "c"}, []),
        ({"access_token": "a", "largest_video_mb": "1025"}, ["largest_video_mb"]),
    ],
)
def test_a_way_in_is_asked_for(given: dict[str, str], wrong: list[str]) -> None:
    assert list(field_errors("shopify", {"shop": SHOP, **given})) == wrong
