"""A form is ours if it came from the address that was called, or from PUBLIC_URL; else the proxy is named."""

from html import unescape

import pytest

from tests.web.conftest import OpenSite
from tests.web.site import PASSWORD

INSIDE = "127.0.0.1:8000"  # the Host that a proxy sends unless it is told to pass the client's


@pytest.mark.parametrize(
    ("public_url", "host", "origin"),
    [
        ("http://relay.lan", INSIDE, "http://relay.lan"),
        ("http://relay.lan", INSIDE, "http://relay.lan:80"),
        ("http://relay.lan:80", INSIDE, "http://relay.lan"),
        ("http://relay.lan:8080", "relay", "http://relay.lan:8080"),
        ("https://relay.example.com", INSIDE, "https://relay.example.com"),
        ("https://Relay.Example.com/", INSIDE, "https://relay.example.com"),
        ("http://[2001:db8::7]:8000", INSIDE, "http://[2001:db8::7]:8000"),
        ("http://relay.lan", "192.168.1.20:8000", "http://192.168.1.20:8000"),
        ("", "relay.lan", "http://relay.lan"),
        ("", "relay.lan", "https://relay.lan"),
        ("", "relay.lan:80", "http://relay.lan"),
        ("", INSIDE, f"http://{INSIDE}"),
    ],
)
def test_a_form_from_an_address_of_ours_is_taken(
    open_site: OpenSite, public_url: str, host: str, origin: str
) -> None:
    site = open_site(PUBLIC_URL=public_url)
    answer = site.client.post("/login", data={"password": PASSWORD}, headers={"Host": host, "Origin": origin})
    assert answer.status_code == 303


@pytest.mark.parametrize(
    ("public_url", "origin"),
    [
        ("http://relay.lan", "http://relay.lan.evil.example"),
        ("http://relay.lan", "http://relay.lan:81"),
        ("http://relay.lan", "https://relay.lan"),
        ("http://relay.lan", "http://user@evil.example"),
        ("http://relay.lan", "http://evil.example"),
        ("", "http://relay.lan"),
        ("", "http://127.0.0.1"),
    ],
)
def test_any_other_is_refused_with_what_a_proxy_must_pass(
    open_site: OpenSite, public_url: str, origin: str
) -> None:
    site = open_site(PUBLIC_URL=public_url)
    answer = site.client.post(
        "/login", data={"password": PASSWORD}, headers={"Host": INSIDE, "Origin": origin}
    )
    text = unescape(answer.text)
    assert answer.status_code == 403
    assert "sent from another site, so nothing was changed" in text
    assert f"came from {origin}" in text
    assert (public_url or f"http://{INSIDE}") in text
    assert "proxy_set_header Host $http_host" in text
    assert f"PUBLIC_URL={origin}" in text


@pytest.mark.parametrize("origin", ["null", "", "file://", "about:blank", "http://[::1", "http://x:99999"])
def test_what_is_no_web_page_is_refused_without_advice_about_proxies(
    open_site: OpenSite, origin: str
) -> None:
    site = open_site(PUBLIC_URL="http://relay.lan")
    answer = site.client.post("/login", data={"password": PASSWORD}, headers={"Origin": origin})
    assert answer.status_code == 403
    assert "proxy" not in answer.text


@pytest.mark.parametrize("says", ["cross-site", "same-site"])
def test_what_the_browser_says_of_the_site_comes_before_the_origin(open_site: OpenSite, says: str) -> None:
    site = open_site(PUBLIC_URL="http://relay.lan")
    headers = {"Sec-Fetch-Site": says, "Origin": "http://relay.lan"}
    assert site.client.post("/login", data={"password": PASSWORD}, headers=headers).status_code == 403
