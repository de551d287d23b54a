"""An ID or a name in an address is read as it is, slashes too; one that nobody knows is a plain 404."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from urllib.parse import quote

import pytest
from werkzeug.test import run_wsgi_app

from relay.front.message import Request, split_target
from relay.front.wsgi import make_environ
from tests.web.api.client import PROBLEM, Caller
from tests.web.site import Site
from tests.wire import generation

OpenSite = Callable[..., Site]

# IDs as CreativeAI, a provider or a gateway may give them.
IDS = [
    "vgen_1",
    "fal-ai/kling/vgen_1",
    "a//b",
    "/a",
    "a/",
    "//evil.example/x",
    "../a",
    "a/../b",
    "a/./b",
    "a%2Fb",
    "a%b",
    "a b?c#d&e=f",
    "gid://shopify/Video/7",
    "ü/日本",
    "a\\b",
    "a;b/c",
    "api",
    "state.json",
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with closing(Site(tmp_path_factory.mktemp("ids") / "data")) as site:
        for each in IDS:
            assert site.post(generation(each)).status_code == 202
        site.sign_in()
        yield site


@pytest.fixture(scope="module")
def caller(site: Site) -> Caller:
    return Caller(site)


@pytest.mark.parametrize("vendor_id", IDS)
def test_a_generation_is_found_by_any_id(caller: Caller, vendor_id: str) -> None:
    answer = caller.get(f"/api/generations/{quote(vendor_id, safe='')}")
    assert (answer.status_code, answer.json["id"]) == (200, vendor_id)
    page = caller.site.client.get(f"/generations/{quote(vendor_id, safe='')}")
    assert (page.status_code, page.headers["Location"]) == (303, "/deliveries/incoming")


@pytest.mark.parametrize("vendor_id", IDS)
def test_it_comes_through_the_server_as_it_was_sent(caller: Caller, vendor_id: str) -> None:
    target = f"/api/generations/{quote(vendor_id, safe='')}".encode()
    path, query = split_target(target)
    sent = [(name.lower().encode(), value.encode()) for name, value in caller.headers.items()]
    environ = make_environ(Request("GET", target, path, query, headers=sent), ("127.0.0.1", 80), None)
    body, status, _ = run_wsgi_app(caller.site.app.wsgi_app, environ, buffered=True)
    assert (status, json.loads(b"".join(body))["id"]) == ("200 OK", vendor_id)


@pytest.mark.parametrize("vendor_id", ["fal-ai/kling/vgen_1", "a//b", "gid://shopify/Video/7"])
def test_slashes_need_not_be_encoded(caller: Caller, vendor_id: str) -> None:
    assert caller.get(f"/api/generations/{vendor_id}").json["id"] == vendor_id
    assert caller.site.client.get(f"/generations/{vendor_id}").status_code == 303


LABELS = [
    ("shop%2Fmugs", "shop/mugs"),
    ("shop/mugs", "shop/mugs"),
    ("MUG%2F1%20red", "MUG/1 red"),
    ("a%252Fb", "a%2Fb"),
    ("gid%3A%2F%2Fshopify%2FProduct%2F7", "gid:/shopify/Product/7"),
]


@pytest.mark.parametrize(("sent", "label"), LABELS)
def test_a_label_with_slashes_is_a_label(open_site: OpenSite, sent: str, label: str) -> None:
    site = open_site()
    assert site.post(generation("vgen_1"), path=f"/webhooks/creativeai/{sent}").status_code == 202
    assert [each.label for each in site.store.events(limit=9)] == [label]


# Rule -> what it says of a name that nobody knows, besides 404.
NOT_FOUND_BUT: dict[str, Sequence[int]] = {
    "/api/jobs/<id>/link": (404, 415, 308),  # the request is read first
    "/login/<token>": (303, 404, 308),  # the page to sign in
    "/settings/share/<share_id>/revoke": (303, 404, 308),  # the page, which says that nothing was revoked
    "/settings/tokens/<token_id>/revoke": (303, 404, 308),
    "/webhooks/shopify/<connection>": (401, 404, 308),  # which connections there are is for no stranger
}
UNKNOWN = ["unknown", "z/y", "z//y", "/z", "z/", "../..", "//evil.example/z", "z%2Fy", "é", "z\x00", "%"]


@pytest.mark.heavy
@pytest.mark.parametrize("value", UNKNOWN)
def test_what_nobody_knows_is_not_found_at_any_address_of_the_app(caller: Caller, value: str) -> None:
    """Neither an error of the relay nor, by way of a slash too many, another host."""
    rules = [each for each in caller.site.app.url_map.iter_rules() if each.arguments]
    assert len(rules) > 40
    for rule in rules:
        for method in {"GET", "POST"} & (rule.methods or set()):
            path = re.sub("<[^>]+>", lambda _: quote(value, safe=""), rule.rule)
            answer = caller.site.client.open(path, method=method, headers=caller.headers)
            asked = (method, rule.rule, value, answer.status_code)
            if rule.rule in NOT_FOUND_BUT:
                assert answer.status_code in NOT_FOUND_BUT[rule.rule], asked
            elif answer.status_code == 308:
                assert answer.headers["Location"].startswith("http://localhost/"), asked
            else:
                assert answer.status_code == 404, asked
                assert (answer.content_type == PROBLEM) == rule.rule.startswith("/api/"), asked
