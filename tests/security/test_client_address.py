"""Whose request it is: each host's own way to name the client is read, and nothing a client can write."""

from collections.abc import Mapping

import pytest

from relay.config.platform import proxies
from relay.security.client_address import Client, network, read_address

PEER = "10.0.0.7"
ME, FORGED, EDGE = "198.51.100.7", "6.6.6.6", "172.70.247.28"
HEROKU, RENDER, FLY = {"DYNO": "web.1"}, {"RENDER": "true"}, {"FLY_APP_NAME": "x"}
RAILWAY = {"RAILWAY_ENVIRONMENT_NAME": "production"}
OCEAN = {"PUBLIC_URL": "https://relay-abc.ondigitalocean.app"}
OCEAN_BY_ITS_BUTTON = {"DIGITALOCEAN_APP_ID": "1", "PUBLIC_URL": "https://relay.example.com"}
IMAGE = {"RELAY_CONTAINER": "1"}
DIRECT: dict[str, str] = {}


def own(count: int) -> dict[str, str]:
    return {"TRUSTED_PROXIES": str(count)}


def client(environ: Mapping[str, str], headers: Mapping[str, str], peer: str = PEER) -> Client:
    known = {name.lower(): value for name, value in headers.items()}
    trusted = environ.get("TRUSTED_PROXIES")
    found = proxies(
        environ,
        trusted=None if trusted is None else int(trusted),
        public_url=environ.get("PUBLIC_URL", ""),
    )
    return found.client(lambda name: known.get(name.lower()), peer)


def xff(*hops: str) -> dict[str, str]:
    return {"X-Forwarded-For": ", ".join(hops)}


NAMED = [
    (HEROKU, xff(ME), "Heroku adds the client"),
    (HEROKU, xff(FORGED, ME), "to the right of what the client wrote"),
    (HEROKU, xff(FORGED, ME) | {"Fly-Client-IP": FORGED}, "Fly's header is anybody's elsewhere"),
    (HEROKU, xff(ME) | {"X-Real-IP": FORGED, "DO-Connecting-IP": FORGED}, "and so are these"),
    (RENDER, xff(ME, EDGE, "10.19.6.53"), "Render adds the client, Cloudflare and its router"),
    (RENDER, xff(FORGED, ME, EDGE, "10.19.6.53"), "whatever stands to the left"),
    (RENDER, xff(FORGED, FORGED, FORGED, ME, EDGE, "10.19.6.53"), "however much"),
    (RENDER, xff(ME, EDGE, "10.19.6.53") | {"True-Client-IP": FORGED}, "no other header counts"),
    (FLY, xff(FORGED, "66.241.124.9") | {"Fly-Client-IP": ME}, "Fly names the client in its own header"),
    (FLY, xff(FORGED, ME, "66.241.124.9"), "without it: the client, then the app's address"),
    (FLY, xff(FORGED, ME, "66.241.124.9") | {"Fly-Client-IP": "a, b"}, "the same where it is odd"),
    (RAILWAY, xff(ME, "152.233.1.1"), "Railway: the client, then a rotating edge"),
    (RAILWAY, xff(FORGED, ME, "152.233.1.1"), "whatever stands to the left"),
    (RAILWAY, xff("152.233.1.1") | {"X-Real-IP": ME}, "else the header that its edge overwrites"),
    (OCEAN, xff("10.244.0.1") | {"do-connecting-ip": ME}, "DigitalOcean"),
    (OCEAN_BY_ITS_BUTTON, xff(FORGED) | {"do-connecting-ip": ME}, "the same with a domain of one's own"),
    (OCEAN_BY_ITS_BUTTON | IMAGE, xff(FORGED) | {"do-connecting-ip": ME}, "and in the image"),
    (RAILWAY | IMAGE, xff(ME, "152.233.1.1"), "the image on Railway"),
    (FLY | IMAGE, xff(FORGED, "66.241.124.9") | {"Fly-Client-IP": ME}, "the image on Fly"),
    (IMAGE | own(1), xff(FORGED, ME), "the image behind a proxy of one's own"),
    (own(1), xff(FORGED, ME), "one proxy of one's own: the last"),
    (own(2), xff(FORGED, ME, EDGE), "two of them: the last but one"),
    (own(1) | RENDER, xff(FORGED, EDGE, ME), "TRUSTED_PROXIES takes precedence over the host"),
    (own(1) | FLY, xff(FORGED, ME) | {"Fly-Client-IP": FORGED}, "over its header too"),
    (own(1), xff(FORGED, f"{ME}:5678"), "some proxies write a port"),
    (own(1), {"X-Forwarded-For": f"{FORGED},{ME}"}, "without a blank"),
    (own(1), {"X-Forwarded-For": f"{FORGED}, , \t{ME} "}, "with too many"),
    (own(1), xff(f'"{ME}"'), "in quotes"),
    (own(1), xff(FORGED, f"::ffff:{ME}"), "an IPv4 address in IPv6's form"),
]


@pytest.mark.parametrize(("environ", "headers", "why"), NAMED)
def test_the_client_is_who_the_hosts_own_proxy_names(
    environ: dict[str, str], headers: dict[str, str], why: str
) -> None:
    assert client(environ, headers) == (ME, True), why


UNNAMED = [
    (RENDER, {}, "no header at all"),
    (RENDER, xff(FORGED, EDGE), "fewer hops than the host has"),
    (FLY, xff(FORGED), "the same on Fly"),
    (FLY, {"Fly-Client-IP": ""}, "an empty header"),
    (OCEAN, xff(FORGED, FORGED), "a header that another host would count"),
    (own(1), xff(FORGED, "unknown"), "a word"),
    (own(1), xff(FORGED, "999.1.1.1"), "no address"),
    (own(1), xff(FORGED, "1.2.3"), "half an address"),
    (own(1), xff(FORGED, "_hidden:80"), "what RFC 7239 allows instead"),
    (own(1), xff(FORGED, ""), "nothing behind the last comma"),
    (own(1), xff("<script>"), "junk"),
    (own(3), xff(FORGED, FORGED), "fewer hops than are trusted"),
]


@pytest.mark.parametrize(("environ", "headers", "why"), UNNAMED)
def test_where_the_proxy_names_nobody_it_is_the_proxy_that_called_and_others_share_its_address(
    environ: dict[str, str], headers: dict[str, str], why: str
) -> None:
    assert client(environ, headers) == (PEER, False), why


@pytest.mark.parametrize("environ", [DIRECT, IMAGE, own(0), own(0) | RENDER, own(0) | FLY], ids=str)
def test_without_proxies_no_header_counts(environ: dict[str, str]) -> None:
    headers = xff(FORGED, FORGED, FORGED) | {"Fly-Client-IP": FORGED, "X-Real-IP": FORGED}
    assert client(environ, headers, peer=ME) == (ME, True)
    assert client(environ, headers, peer=f"::ffff:{ME}") == (ME, True)


@pytest.mark.parametrize(
    ("text", "address", "counted_as"),
    [
        ("203.0.113.9", "203.0.113.9", "203.0.113.9"),
        (" 203.0.113.9 ", "203.0.113.9", "203.0.113.9"),
        ("203.0.113.9:5678", "203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9", "203.0.113.9"),
        ("[::ffff:203.0.113.9]:443", "203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2::1", "2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2:0:0:0:1", "2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff:1:2:3", "2001:db8:1:2:ffff:1:2:3", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("[2001:db8:1:2::1]:443", "2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::1]", "2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ('"[2001:db8:1:2::1]:443"', "2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::1", "fe80::/64"),
        ("::1", "::1", "::/64"),
        ("", "", ""),
        ("unknown", "", ""),
        ("203.0.113.9:port", "", ""),
        ("203.0.113.9:123456", "", ""),
        ("203.0.113.9.1:80", "", ""),
        ("01.02.03.04", "", ""),
        ("[2001:db8::1", "", ""),
        ("2001:db8::1::2", "", ""),
        ("1.2.3.4, 5.6.7.8", "", ""),
    ],
)
def test_ports_and_spellings_change_nothing_and_a_network_of_ipv6_is_one_client(
    text: str, address: str, counted_as: str
) -> None:
    assert read_address(text) == address
    assert network(address) == counted_as


@pytest.mark.parametrize("text", ["unix:", "unknown", "x" * 500])
def test_what_is_no_address_counts_as_itself(text: str) -> None:
    assert network(text) == text
    assert client(DIRECT, {}, peer=text) == (text, True)
