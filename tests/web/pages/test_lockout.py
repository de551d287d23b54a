"""Who guesses is locked out or slowed down, whatever the host; who has the password is not."""

import time
from collections.abc import Callable

import pytest

from relay.web.pages.sign_in import ALL_ADDRESSES, MOST_TRIES, SHARED_PAUSE_MS, TRIES_SPAN_MS
from tests.web.conftest import OpenSite
from tests.web.site import PASSWORD, Site

Headers = dict[str, str]
ADMIN, ATTACKER, EDGE, INNER = "198.51.100.7", "203.0.113.66", "172.70.247.28", "10.19.6.53"
OCEAN = {"PUBLIC_URL": "http://x.ondigitalocean.app"}
MANY = MOST_TRIES * 4


def xff(*hops: str) -> Headers:
    return {"X-Forwarded-For": ", ".join(hops)}


def post(site: Site, headers: Headers, password: str = "wrong", *, peer: str = INNER) -> int:
    """From a browser that has no cookie."""
    client = site.app.test_client()
    answer = client.post(
        "/login", data={"password": password}, headers=headers, environ_base={"REMOTE_ADDR": peer}
    )
    return answer.status_code


HOSTS: list[tuple[dict[str, str], Callable[[str, int], Headers]]] = [
    ({"RENDER": "true"}, lambda ip, n: xff(f"6.6.6.{n}", ip, EDGE, INNER)),
    ({"RENDER": "true"}, lambda ip, _: xff(ADMIN, ip, EDGE, INNER)),
    ({"DYNO": "web.1"}, lambda ip, n: xff(f"6.6.6.{n}", ip)),
    ({"FLY_APP_NAME": "x"}, lambda ip, n: xff(f"6.6.6.{n}", ip, "66.241.124.9")),
    ({"FLY_APP_NAME": "x"}, lambda ip, n: xff(f"6.6.6.{n}", "6.6.6.6") | {"Fly-Client-IP": ip}),
    ({"RAILWAY_ENVIRONMENT_NAME": "p"}, lambda ip, n: xff(ip, f"152.233.1.{n}")),
    ({"RAILWAY_ENVIRONMENT_NAME": "p"}, lambda ip, n: xff(f"152.233.1.{n}") | {"X-Real-IP": ip}),
    (OCEAN, lambda ip, n: xff(f"10.1.1.{n}") | {"do-connecting-ip": ip}),
    ({"TRUSTED_PROXIES": "1"}, lambda ip, n: xff(f"6.6.6.{n}", f"{ip}:{5000 + n}")),
    ({"TRUSTED_PROXIES": "2"}, lambda ip, n: xff(f"6.6.6.{n}", ip, f"10.1.1.{n}")),
    ({"TRUSTED_PROXIES": "1"}, lambda ip, _: xff(f"::ffff:{ip}")),
]


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("environ", "headers"), HOSTS, ids=lambda each: str(each) if type(each) is dict else ""
)
def test_who_guesses_is_locked_out_and_the_admin_signs_in_from_elsewhere(
    open_site: OpenSite, environ: dict[str, str], headers: Callable[[str, int], Headers]
) -> None:
    site = open_site(**environ)
    statuses = [post(site, headers(ATTACKER, number)) for number in range(MANY)]
    assert statuses == [*[401] * MOST_TRIES, *[429] * (MANY - MOST_TRIES)]
    assert post(site, headers(ATTACKER, 99), PASSWORD) == 429, "the right one does not help the attacker"
    assert post(site, headers(ADMIN, 99), PASSWORD) == 303


SAME_CLIENT: list[Callable[[int], str]] = [
    lambda n: f"203.0.113.66:{5000 + n}",
    lambda n: f"2001:db8:1:2::{n:x}",
    lambda n: f"2001:db8:1:2:{n:x}::1",
    lambda n: f"[2001:db8:1:2::{n:x}]:{5000 + n}",
    lambda n: ["203.0.113.66", "::ffff:203.0.113.66", "203.0.113.66:1"][n % 3],
]


@pytest.mark.heavy
@pytest.mark.parametrize("address", SAME_CLIENT)
def test_another_port_spelling_or_address_of_the_same_network_gains_nothing(
    open_site: OpenSite, address: Callable[[int], str]
) -> None:
    site = open_site(TRUSTED_PROXIES="1")
    assert [post(site, xff(address(n))) for n in range(MANY)].count(401) == MOST_TRIES
    assert post(site, xff("2001:db8:1:3::1"), PASSWORD) == 303, "the network beside it is somebody else's"


@pytest.mark.parametrize("peer", [lambda n: f"2001:db8:1:2::{n:x}", lambda _: f"::ffff:{ATTACKER}"])
def test_the_same_holds_without_a_proxy(open_site: OpenSite, peer: Callable[[int], str]) -> None:
    site = open_site()
    forged = [
        xff(f"6.6.6.{n}") | {"Fly-Client-IP": f"6.6.7.{n}", "X-Real-IP": f"6.6.8.{n}"} for n in range(MANY)
    ]
    assert [post(site, forged[n], peer=peer(n)) for n in range(MANY)].count(401) == MOST_TRIES


@pytest.mark.parametrize(
    ("environ", "headers"),
    [
        ({"RENDER": "true"}, {}),
        ({"FLY_APP_NAME": "x"}, xff("6.6.6.6")),
        (OCEAN, xff("10.1.1.1")),
        ({"TRUSTED_PROXIES": "1"}, xff("not-an-address")),
    ],
)
def test_clients_that_a_proxy_does_not_name_are_slowed_down_together_and_never_locked_out(
    open_site: OpenSite, environ: dict[str, str], headers: Headers
) -> None:
    site = open_site(**environ)
    assert [post(site, headers) for _ in range(MANY)].count(401) == MOST_TRIES
    assert post(site, headers, PASSWORD) == 429
    site = open_site(site.database.parent / "later", **environ)
    attempts(site, [INNER] * MOST_TRIES, ago=SHARED_PAUSE_MS)
    assert post(site, headers, PASSWORD) == 303


def test_a_browser_that_signed_in_before_is_not_locked_out_by_others(open_site: OpenSite) -> None:
    site = open_site()
    site.sign_in()
    site.client.post("/logout")
    for _ in range(MANY):
        post(site, {}, peer="127.0.0.1")
    assert post(site, {}, PASSWORD, peer="127.0.0.1") == 429, "any other browser of this address is"
    assert site.sign_in().status_code == 303


def test_its_cookie_opens_nothing_and_has_a_limit_of_its_own(open_site: OpenSite) -> None:
    site = open_site()
    site.sign_in()
    site.client.post("/logout")
    assert site.client.get("/").status_code == 303
    assert [site.sign_in("wrong").status_code for _ in range(MANY)].count(401) == MOST_TRIES
    assert site.sign_in().status_code == 429
    assert post(site, {}, PASSWORD) == 303, "from elsewhere"


@pytest.mark.parametrize(
    "changed", [{"ADMIN_PASSWORD": "another password"}, {"SECRET_KEY": "another key" * 3}]
)
def test_its_cookie_ends_with_the_password_and_with_the_key(
    open_site: OpenSite, changed: dict[str, str]
) -> None:
    old = {"SECRET_KEY": "the key of this test"}
    site = open_site(**old)
    site.sign_in()
    cookie = site.client.get_cookie("relay_browser")
    assert cookie is not None
    for environ, passes in (({}, True), (changed, False)):
        later = open_site(site.database.parent, **old | environ)
        client = later.app.test_client()
        client.set_cookie("relay_browser", cookie.value)
        for _ in range(MOST_TRIES):
            post(later, {}, peer="127.0.0.1")
        status = client.post("/login", data={"password": "wrong"}).status_code
        assert (status == 401) is passes


def test_its_cookie_is_kept_for_long_and_out_of_reach(open_site: OpenSite) -> None:
    answer = open_site(PUBLIC_URL="https://relay.example.com").sign_in()
    (cookie,) = [each for each in answer.headers.getlist("Set-Cookie") if "relay_browser" in each]
    parts = {part.strip() for part in cookie.split(";")}
    assert cookie.startswith("__Host-relay_browser=")
    assert {"HttpOnly", "Secure", "SameSite=Lax", "Path=/", "Max-Age=31536000"} <= parts


@pytest.mark.parametrize("value", ["", "x", "eyJpZCI6IjEifQ.aaaa.bbbb", "é" * 400, '"'])
def test_an_invented_cookie_is_none(open_site: OpenSite, value: str) -> None:
    site = open_site()
    client = site.app.test_client()
    client.set_cookie("relay_browser", value)
    wrong = [client.post("/login", data={"password": "wrong"}).status_code for _ in range(MANY)]
    assert wrong.count(401) == MOST_TRIES


def attempts(site: Site, addresses: list[str], *, ago: int = 0) -> None:
    """Wrong passwords so many ms ago."""
    at = time.time_ns() // 1_000_000 - ago
    for address in addresses:
        assert not site.store.take_login_attempt(address, now=at, most=99, span=TRIES_SPAN_MS).wait_until


EVERYWHERE = [f"203.0.113.{number}" for number in range(ALL_ADDRESSES.most)]


def test_guesses_from_everywhere_are_slowed_down(open_site: OpenSite) -> None:
    site = open_site()
    others = [f"192.0.2.{number}" for number in range(30)]
    judged = [post(site, {}, peer=peer) for peer in (*EVERYWHERE, *others)]
    assert judged.count(429) > 20
    attempts(site, EVERYWHERE)
    refused = site.sign_in()
    assert refused.status_code == 429
    assert "other addresses" in refused.text
    assert refused.headers["Retry-After"] == "1"


def test_whatever_is_tried_elsewhere_the_next_try_is_never_far(open_site: OpenSite) -> None:
    site = open_site()
    attempts(site, EVERYWHERE * 3, ago=ALL_ADDRESSES.pause)
    assert site.sign_in().status_code == 303


@pytest.mark.parametrize("same", ["browser", "address"])
def test_who_signed_in_before_is_not_slowed_down_by_guesses_from_everywhere(
    open_site: OpenSite, same: str
) -> None:
    site = open_site()
    site.sign_in()
    attempts(site, EVERYWHERE)
    if same == "address":
        assert post(site, {}, PASSWORD, peer="127.0.0.1") == 303
    else:
        elsewhere = {"REMOTE_ADDR": "192.0.2.9"}
        answer = site.client.post("/login", data={"password": PASSWORD}, environ_base=elsewhere)
        assert answer.status_code == 303
    attempts(site, EVERYWHERE)
    assert post(site, {}, PASSWORD, peer="192.0.2.10") == 429


def test_a_clock_that_is_set_back_locks_nobody_out(open_site: OpenSite) -> None:
    site = open_site()
    attempts(site, ["127.0.0.1"] * ALL_ADDRESSES.most, ago=-3_600_000)
    assert site.sign_in().status_code == 303
