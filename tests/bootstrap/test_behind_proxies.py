"""What a request says of itself reaches pages and webhooks alike, and only as far as proxies are trusted."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
import requests

from relay.bootstrap.behind_proxies import address_of, behind_proxies
from relay.config.platform import proxies
from relay.front.message import Request
from relay.front.wsgi import Environ, Start, make_environ
from relay.security.client_address import Proxies
from tests.web.site import PASSWORD
from tests.wire.program import RelayProcess

ONE = Proxies((1,), sets_host=True)
RENDER = proxies({"RENDER": "true"}, trusted=None, public_url="")
HOST = ("Host", "relay.example.com")


def seen(trusted: Proxies, *headers: tuple[str, str]) -> Mapping[str, object]:
    """What the app sees of a request with these headers, as the front hands it on."""
    found: Environ = {}

    def app(environ: Environ, _start: Start) -> Iterable[bytes]:
        found.update(environ)
        return []

    environ = make_environ(request(*headers), ("127.0.0.1", 8000), None)
    list(behind_proxies(app, trusted)(environ, lambda *_: lambda _part: None))
    return found


def request(*headers: tuple[str, str]) -> Request:
    lines = [(name.lower().encode(), value.encode()) for name, value in headers]
    return Request(method="GET", target=b"/jobs", path="/jobs", client=("192.0.2.1", 5), headers=lines)


@pytest.mark.parametrize("trusted", [Proxies(), ONE, RENDER], ids=["none", "one", "Render"])
@pytest.mark.parametrize(
    "name", ["SCRIPT_NAME", "Script-Name", "X-Script-Name", "X-Forwarded-Prefix", "X_Forwarded_Prefix"]
)
def test_no_header_sets_the_prefix_of_paths(trusted: Proxies, name: str) -> None:
    found = seen(trusted, HOST, (name, "/evil"))
    assert (found["SCRIPT_NAME"], found["PATH_INFO"]) == ("", "/jobs")


@pytest.mark.parametrize(
    "name", ["REMOTE_ADDR", "Remote-Addr", "X_FORWARDED_FOR", "X-Client-IP", "Forwarded"]
)
@pytest.mark.parametrize("trusted", [Proxies(), ONE], ids=["none", "one"])
def test_no_other_header_sets_the_address(trusted: Proxies, name: str) -> None:
    assert seen(trusted, HOST, (name, "6.6.6.6"))["REMOTE_ADDR"] == "192.0.2.1"


@pytest.mark.parametrize(
    ("trusted", "header", "value", "host", "scheme"),
    [
        (Proxies(), "X-Forwarded-Host", "evil.example", "relay.example.com", "http"),
        (Proxies(), "X-Forwarded-Proto", "https", "relay.example.com", "http"),
        (ONE, "X-Forwarded-Host", "own.example.com", "own.example.com", "http"),
        (ONE, "X-Forwarded-Host", "evil.example, own.example.com", "own.example.com", "http"),
        (ONE, "X-Forwarded-Proto", "http, https", "relay.example.com", "https"),
        (ONE, "X-Forwarded-Port", "81", "relay.example.com", "http"),
        (Proxies((3,), sets_host=True), "X-Forwarded-Proto", "https", "relay.example.com", "https"),
        (Proxies((3,), sets_host=True), "X-Forwarded-Host", "own.example.com", "own.example.com", "http"),
        (RENDER, "X-Forwarded-Proto", "https", "relay.example.com", "https"),
        (RENDER, "X-Forwarded-Host", "evil.example", "relay.example.com", "http"),
    ],
)
def test_scheme_and_host_come_from_the_nearest_trusted_proxy(
    trusted: Proxies, header: str, value: str, host: str, scheme: str
) -> None:
    """A known host passes the name that was called in Host; X-Forwarded-Host is the client's there."""
    found = seen(trusted, HOST, (header, value))
    assert (found["HTTP_HOST"], found["wsgi.url_scheme"]) == (host, scheme)


@pytest.mark.parametrize(
    ("trusted", "headers"),
    [
        (Proxies(), [("X-Forwarded-For", "6.6.6.6")]),
        (ONE, [("X-Forwarded-For", "6.6.6.6, 198.51.100.7:81")]),
        (ONE, [("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-For", "198.51.100.7")]),
        (RENDER, [("X-Forwarded-For", "198.51.100.7, 172.70.247.28, 10.19.6.53")]),
        (RENDER, [("X-Forwarded-For", "198.51.100.7")]),
        (Proxies(("Fly-Client-IP", 2)), [("Fly-Client-IP", "2001:db8::7")]),
    ],
)
def test_webhooks_and_pages_read_one_address(trusted: Proxies, headers: list[tuple[str, str]]) -> None:
    assert address_of(request(*headers), trusted) == seen(trusted, *headers)["REMOTE_ADDR"]


def test_a_running_relay_counts_guesses_by_client_and_makes_no_path_of_a_header(tmp_path: Path) -> None:
    with RelayProcess(tmp_path, {"ADMIN_PASSWORD": PASSWORD, "FLY_APP_NAME": "x"}) as relay:

        def sign_in(client: str, password: str) -> int:
            forged = {"X-Forwarded-For": "198.51.100.7, 66.241.124.9", "Fly-Client-IP": client}
            return post(relay, password, forged).status_code

        assert [sign_in(f"2001:db8::{number:x}", "wrong") for number in range(9)].count(401) == 5
        assert sign_in("198.51.100.7", PASSWORD) == 303
        prefix = dict.fromkeys(("SCRIPT_NAME", "Script-Name", "X-Script-Name", "X-Forwarded-Prefix"), "/evil")
        assert "evil" not in requests.get(f"{url(relay)}/jobs", headers=prefix, timeout=20).url


def post(relay: RelayProcess, password: str, headers: Mapping[str, str]) -> requests.Response:
    return requests.post(
        f"{url(relay)}/login",
        data={"password": password},
        headers=headers,
        allow_redirects=False,
        timeout=20,
    )


def url(relay: RelayProcess) -> str:
    return f"http://127.0.0.1:{relay.port}"
