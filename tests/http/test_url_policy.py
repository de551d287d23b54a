"""Where a call may go: spellings, ranges, names that change their mind, own hosts, the origin map."""

import socket
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.errors import RemoteError
from relay.http.client import Http, HttpResponse, check_url, secret_parts
from tests.loopback import answer, loopback


@pytest.fixture
def http() -> Iterator[Http]:
    http = Http()
    yield http
    http.close()


def failure(http: Http, url: str) -> RemoteError:
    with pytest.raises(RemoteError) as caught:
        http.send("POST", url, body=b"{}", timeout=(1.0, 1.0))
    assert "s3cret" not in caught.value.message
    return caught.value


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
        *("169.254.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200", "100.127.255.255"),
        *("192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "192.88.99.1"),
        *("224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "168.63.129.16"),
        *("[::]", "[::1]", "[::127.0.0.1]", "[::ffff:127.0.0.1]", "[::ffff:8.8.8.8]", "[64:ff9b::7f00:1]"),
        *("[64:ff9b:1::1]", "[100::1]", "[2002:7f00:1::]", "[2001::1]", "[2001:db8::1]", "[3fff::1]"),
        *("[fc00::1]", "[fd00:ec2::254]", "[fe80::1]", "[fec0::1]", "[ff02::1]", "metadata.google.internal"),
        "127.0.0.1.",
    ],
)
def test_addresses_outside_the_open_internet_are_refused(http: Http, address: str) -> None:
    error = failure(http, f"http://{address}/s3cret")
    assert (error.whose, error.ambiguous) == ("connection", False)
    assert "private or reserved" in error.message


@pytest.mark.parametrize(
    "url",
    [
        *("http://2130706433", "http://0x7f000001", "http://0x7f.1", "http://0177.0.0.1", "http://127.1"),
        *(
            "http://127.0.0.1.1",
            "http://127.0.0.0x1",
            "http://1.2.3.4.5",
            "http://①②⑦.1",
            "http://[fe80::1%25eth0]",
        ),
        *(
            "http://user:s3cret@example.com",
            "http://example.com@127.0.0.1",
            "ftp://example.com",
            "file:///s3cret",
        ),
        *("example.com/s3cret", "//example.com", "javascript:alert(1)", "", "http://", "http:///s3cret"),
        *(
            "http://example.com:0",
            "http://example.com:65536",
            "http://example.com:",
            "http://example.com:+80",
        ),
        *(
            "http://exa mple.com",
            "http://example.com/a b",
            "http://example.com/\r\nX: y",
            "http://example.com\\@a",
        ),
        *(
            "http://example.com/\x00",
            "\nhttp://example.com",
            "http://example.com\t",
            "http://[::1",
            "http://[]",
        ),
        *("http://a..b", "http://-a.example", f"http://{'a' * 64}.example", f"http://{'a.' * 130}example"),
        *("http://ex%61mple.com", "http://a.example/" + "a" * 9000),
    ],
)
def test_addresses_that_can_be_read_in_two_ways_are_refused(http: Http, url: str) -> None:
    assert failure(http, url).whose == "connection"
    with pytest.raises(RemoteError):
        check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com/a?b=c",
        "http://192.168.1.20:5678/x",
        "https://münchen.example/ä",
        "http://n8n:5678",
    ],
)
def test_check_url_leaves_to_the_call_what_depends_on_settings(url: str) -> None:
    check_url(url)


def test_check_url_never_lets_metadata_services_through() -> None:
    for url in ("http://169.254.169.254/x", "http://[fd00:ec2::254]", "http://metadata.google.internal"):
        with pytest.raises(RemoteError):
            check_url(url)


@given(url=st.one_of(st.text(), st.text().map("https://{}".format), st.text().map("http://[{}]/".format)))
def test_no_text_whatever_breaks_the_check(url: str) -> None:
    try:
        parsed = check_url(url)
    except RemoteError:
        return
    assert check_url(str(parsed)) == parsed


def resolve_to(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """A name server under somebody else's control: one list of addresses per question, the last for good."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def resolve(host: str, port: int, *args: object, **kwargs: object) -> object:
        if host.replace(".", "").isdigit():
            return real(host, port, type=socket.SOCK_STREAM)
        asked.append(host)
        given = answers[min(len(asked), len(answers)) - 1]
        return [
            (socket.AF_INET6 if ":" in a else socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port))
            for a in given
        ]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


@pytest.mark.parametrize(
    "private", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fd00::1", "::ffff:10.0.0.1"]
)
def test_a_name_is_judged_by_every_address_it_has(
    http: Http, monkeypatch: pytest.MonkeyPatch, private: str
) -> None:
    resolve_to(monkeypatch, ["93.184.215.14", private])
    error = failure(http, "https://rebind.example/s3cret")
    assert (error.whose, error.ambiguous) == ("connection", False)
    assert "rebind.example is in a private or reserved network" in error.message


def test_the_connection_goes_to_the_address_that_was_judged(
    http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second question would get a private address; it is never asked."""
    asked = resolve_to(monkeypatch, ["93.184.215.14"], ["127.0.0.1"])
    tried: list[object] = []

    def connect(self: socket.socket, address: object) -> None:
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    error = failure(http, "http://rebind.example:8080/")
    assert (asked, tried) == (["rebind.example"], [("93.184.215.14", 8080)])
    assert (error.whose, error.ambiguous) == ("transient", False)


def test_an_allowed_host_may_be_private_but_only_on_its_port(http: Http) -> None:
    with loopback(answer("200 OK")) as server, loopback(answer("200 OK")) as other:
        mine = Http(allowed_hosts=[f"127.0.0.1:{server.port}"])
        assert mine.send("GET", server.url).status == 200
        assert failure(mine, other.url).whose == "connection"
        assert failure(http, server.url).whose == "connection"
        whole = Http(allowed_hosts=["127.0.0.1"])
        assert whole.send("GET", other.url).status == 200
        mine.close()
        whole.close()


def test_an_allowed_name_still_cannot_mean_the_metadata_service(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, ["169.254.169.254"])
    http = Http(allowed_hosts=["nas.lan"])
    assert failure(http, "http://nas.lan/").whose == "connection"
    http.close()


def test_the_origin_map_moves_the_origin_and_keeps_the_rest() -> None:
    with loopback(answer("200 OK")) as server:
        http = Http(origin_map={"https://api.creativeai.run": server.url})
        for url in ("https://api.creativeai.run/v1/a?b=c%20d", "HTTPS://API.CreativeAI.run:443/v1/a?b=c%20d"):
            assert http.send("GET", url).host == "api.creativeai.run"
        assert [each.split(b" ")[1] for each in server.requests] == [b"/v1/a?b=c%20d"] * 2
        assert f"Host: 127.0.0.1:{server.port}".encode() in server.requests[0]
        # The kept-alive connection of a mapped call serves nobody who asks for the private address itself.
        assert failure(http, server.url).whose == "connection"
        http.close()


def test_only_the_exact_origin_is_mapped(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, ["10.0.0.1"])
    http = Http(origin_map={"https://api.creativeai.run": "http://127.0.0.1:9"})
    for url in (
        "http://api.creativeai.run/",
        "https://api.creativeai.run:8443/",
        "https://api.creativeai.run.evil.example/",
    ):
        assert failure(http, url).whose == "connection"
    http.close()


@pytest.mark.parametrize(
    ("url", "repeated"),
    [
        ("https://x.example/hook/5f2c9a8e-secret-path", "You asked for 5f2c9a8e-secret-path"),
        ("https://x.example/hook?token=t0ken-in-query", '{"token": "t0ken-in-query"}'),
        ("https://x.example/hook?key=a%2Bb%3Dlong-secret", "a%2Bb%3Dlong-secret"),
        ("https://x.example/hook?key=a%2Bb%3Dlong-secret", "key: a+b=long-secret"),
        ("https://x.example/hook?key=four+words+of+ours", '"four words of ours"'),
        ("https://x.example/hook/ab%2Fcd%2Fef%2Fgh%2Fij", "No such hook: ab/cd/ef/gh/ij"),
        ("https://x.example/hook/ab%2Fsecret-after-it", "No such file: secret-after-it"),
        ("https://x.example/hook/%e2%82%ac-secret-euro?a=b", "GET /hook/\u20ac-secret-euro?a=b"),
    ],
)
def test_what_is_secret_in_an_address_is_found_however_a_server_repeats_it(url: str, repeated: str) -> None:
    masked = shown(url, repeated)
    assert "********" in masked
    assert not [part for part in ("secret", "t0ken", "ab/", "cd/", "four words") if part in masked]


def shown(url: str, repeated: str) -> str:
    """What is kept of a response to a call of this address."""
    return HttpResponse(404, {}, repeated.encode()).excerpt(secret_parts(url))


@pytest.mark.parametrize(
    ("url", "repeated", "kept"),
    [
        ("https://x.example/hook?key=SHORTKEY9", "No key SHORTKEY9 here", "No key ******** here"),
        ("https://x.example/hook?key=SHORTKEY9", "SHORTKEY9", "********"),
        ("https://x.example/hook?SHORTKEY9", "key=SHORTKEY9&x", "key=********&x"),
        ("https://x.example/hook?a=1&key=s9&b", "key s9, not s99 or as9", "key ********, not s99 or as9"),
        ("https://x.example/hook?key=7", "7 of 17, 7.", "******** of 17, ********."),
        ("https://x.example/hook;key=ab9", "ab9?", "ab9?"),
        ("https://x.example/hook?a=b;key=abc9", "abc9!", "********!"),
        ("https://x.example/hook?key=a%2Fb", "a/b", "********"),
        ("https://x.example/hook?key=a%2Fb", "a%2fb", "********"),
        ("https://x.example/hook?key=a%2fb", "a%2Fb", "********"),
        ("https://x.example/hook?key=a/b", "a%2Fb", "********"),
        ("https://x.example/hook?key=a/b", r'{"key": "a\/b"}', '{"key": "********"}'),
        ("https://x.example/hook?key=%C3%A9%22x", '{"key": "\u00e9\\"x"}', '{"key": "********"}'),
        ("https://x.example/hook?key=a+b", "a b", "********"),
        ("https://x.example/hook?key=a b".replace(" ", "%20"), "a+b", "********"),
        ("https://x.example/hook?key=%C3%A9%22x", r'{"key": "\u00e9\"x"}', '{"key": "********"}'),
        ("https://x.example/hook?key=a%26b9", "<p>a&amp;b9</p>", "<p>********</p>"),
        ("https://x.example/hook?key=p%40ss", "p@ss", "********"),
        ("https://x.example/hooks/a8F3", "no hook a8F3", "no hook ********"),
        ("https://x.example/api/v1/hooks/a8F3", "api v1 hooks", "api v1 hooks"),
        ("https://x.example/webhook", "The webhook is off", "The webhook is off"),
        ("https://x.example/?key=", "nothing to hide: /", "nothing to hide: /"),
        ("https://x.example/", "nothing to hide: /", "nothing to hide: /"),
    ],
)
def test_a_secret_of_the_address_is_masked_however_short(url: str, repeated: str, kept: str) -> None:
    assert shown(url, repeated) == kept
