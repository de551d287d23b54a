"""Under https the cookie is bound to this host, and a browser that came once never comes by http again."""

import pytest

from tests.web.conftest import OpenSite
from tests.web.site import PASSWORD

PUBLIC = {"PUBLIC_URL": "https://relay.example.com"}
PROXY = {"TRUSTED_PROXIES": "1"}
BY_HTTPS = {"X-Forwarded-Proto": "https"}


@pytest.mark.parametrize(
    ("environ", "headers", "is_https"),
    [
        (PUBLIC, {}, True),
        (PUBLIC | PROXY, BY_HTTPS, True),
        (PROXY, BY_HTTPS, True),
        (PROXY, {}, False),
        ({}, BY_HTTPS, False),
        ({"PUBLIC_URL": "http://relay.lan"}, {}, False),
        ({}, {}, False),
    ],
    ids=str,
)
def test_the_cookie_and_the_promise_of_https(
    open_site: OpenSite, environ: dict[str, str], headers: dict[str, str], is_https: bool
) -> None:
    """The last but two: a header of a client that no proxy vouches for says nothing."""
    site = open_site(**environ)
    answer = site.client.post("/login", data={"password": PASSWORD}, headers=headers)
    name, _, attributes = answer.headers["Set-Cookie"].partition("=")
    assert name == ("__Host-relay_session" if is_https else "relay_session")
    assert ("; Secure" in attributes) == is_https
    assert "; Path=/" in attributes
    assert "HttpOnly" in attributes
    assert "Domain" not in attributes
    for path in ("/login", "/healthz", "/api/jobs", "/nothing"):
        promised = site.client.get(path, headers=headers).headers.get("Strict-Transport-Security", "")
        assert ("max-age=31536000" in promised) == is_https
