"""The archive's links from outside: media in whole or in part, and nothing else, to whoever has the link."""

import html
from collections.abc import Callable
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from relay.archive.links import Links
from relay.front.limits import Limits
from tests.files import samples as files
from tests.front.app import make_direct
from tests.web.conftest import OpenSite
from tests.web.site import Site
from tests.wire import Connection, generation, request
from tests.wire.front import front

KEY = "2026/02/vgen_1-1.mp4"
ORIGIN = "https://relay.example.com"
SECRET_KEY = "a key of these tests"

LinkTo = Callable[..., str]


def get(site: Site, path: str, **headers: str) -> TestResponse:
    """Read to the end and closed, as a browser does."""
    return site.client.get(path, headers={k.replace("_", "-"): v for k, v in headers.items()}, buffered=True)


@pytest.fixture
def site(open_site: OpenSite) -> Site:
    return open_site(SECRET_KEY=SECRET_KEY)


@pytest.fixture
def link(site: Site) -> LinkTo:
    """Puts a file into the archive's folder; the path of its link."""

    def make(key: str = KEY, content: bytes = files.MP4, secret: str = SECRET_KEY) -> str:
        path = site.database.parent / "archive" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return Links([secret], ORIGIN).link(key).removeprefix(ORIGIN)

    return make


def test_the_link_plays_in_a_browser_without_a_password(site: Site, link: LinkTo) -> None:
    answer = get(site, link())
    assert (answer.status_code, answer.data) == (200, files.MP4)
    assert answer.content_type == "video/mp4"
    assert answer.headers["Content-Disposition"] == 'inline; filename="vgen_1-1.mp4"'
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["ETag"]


def test_what_is_served_can_be_nothing_but_media(site: Site, link: LinkTo) -> None:
    for answer in (get(site, link()), get(site, "/files/x/y")):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "sandbox" in policy
        assert "script" not in policy


@pytest.mark.parametrize(
    ("asked", "start", "end"), [("bytes=0-9", 0, 9), ("bytes=100-", 100, 231), ("bytes=-5", 227, 231)]
)
def test_a_part_is_served(site: Site, link: LinkTo, asked: str, start: int, end: int) -> None:
    content = bytes(range(232))
    answer = get(site, link(content=content), Range=asked)
    assert (answer.status_code, answer.data) == (206, content[start : end + 1])
    assert answer.headers["Content-Range"] == f"bytes {start}-{end}/232"


def test_a_part_beyond_the_end_is_refused_with_the_size(site: Site, link: LinkTo) -> None:
    answer = get(site, link(content=b"x" * 50), Range="bytes=50-60")
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == "bytes */50"
    assert "50 bytes" in answer.text


def test_head_tells_all_but_the_file(site: Site, link: LinkTo) -> None:
    answer = site.client.head(link(), buffered=True)
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["Content-Length"] == str(len(files.MP4))
    assert answer.content_type == "video/mp4"


def test_a_browser_that_has_it_is_not_sent_it_again(site: Site, link: LinkTo) -> None:
    path = link()
    tag = get(site, path).headers["ETag"]
    assert get(site, path, If_None_Match=tag).status_code == 304
    part = get(site, path, Range="bytes=0-3", If_Range='"another"')
    assert (part.status_code, part.data) == (200, files.MP4)


def test_only_reading_is_offered(site: Site, link: LinkTo) -> None:
    assert site.client.post(link()).status_code == 405
    assert site.client.delete(link()).status_code == 405


def refusals(link: LinkTo) -> dict[str, str]:
    good = link()
    signature = good.split("/")[2]
    key_of_another = link("2026/02/vgen_2-1.mp4").split("/", 3)[3]
    return {
        "another's key": f"/files/{signature}/{key_of_another}",
        "a changed signature": good.replace(signature, signature[:-2] + "AA"),
        "no signature": f"/files/{KEY}",
        "a stranger's secret": link(secret="another key"),
        "part of the link": good[:-5],
        "letters beyond ASCII": f"/files/{signature}/2026/02/vgén-1.mp4",
        "a signature beyond ASCII": f"/files/é/{KEY}",
        "a way out": f"/files/{signature}/2026/02/../../../relay.db",
        "an encoded way out": f"/files/{signature}/%2e%2e/%2e%2e/relay.db",
    }


@pytest.mark.parametrize("what", refusals(lambda *_, **__: f"/files/{'A' * 43}/{KEY}"))
def test_what_was_not_signed_by_us_opens_nothing_and_says_so(site: Site, link: LinkTo, what: str) -> None:
    answer = get(site, refusals(link)[what])
    assert answer.status_code == 404
    if "way out" not in what:
        assert "complete link" in answer.text
    assert str(site.database.parent) not in answer.text


@pytest.mark.parametrize(
    "key", ["../relay.db", "2026/02/page-1.html", "2026/02/x/../vgen_1-1.mp4", "2026/02"]
)
def test_even_a_signed_path_leads_to_nothing_but_a_copy(site: Site, link: LinkTo, key: str) -> None:
    link()
    (site.database.parent / "archive/2026/02/page-1.html").write_text("<script>")
    path = Links([SECRET_KEY], ORIGIN).link(key).removeprefix(ORIGIN)
    assert get(site, path).status_code == 404


def test_a_file_that_was_removed_is_said_to_be_gone(site: Site, link: LinkTo) -> None:
    path = link()
    (site.database.parent / "archive" / KEY).unlink()
    answer = get(site, path)
    assert answer.status_code == 404
    assert "removed" in answer.text


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file whose reading fails")
@pytest.mark.parametrize("broken", ["cannot be opened", "cannot be read"])
def test_files_that_cannot_be_read_take_no_place_from_the_others(
    site: Site, link: LinkTo, broken: str
) -> None:
    """Each of them fails, and a good file is sent after more of them than there are places."""
    limits = Limits(threads=2, waiting=4)
    bad = link("2026/02/vgen_bad-1.mp4")
    path = site.database.parent / "archive" / "2026/02/vgen_bad-1.mp4"
    path.unlink()
    if broken == "cannot be read":
        path.symlink_to("/proc/self/mem")
    with front(site.app.wsgi_app, make_direct, limits) as served:
        for _ in range(2 * max(limits.waiting, 8)):
            with Connection(served.port) as wire:
                assert wire.post(request(b"", (), bad, "GET")).status == (500 if path.is_symlink() else 404)
        with Connection(served.port) as wire:
            reply = wire.post(request(b"", (), link(), "GET"))
        assert (reply.status, reply.body) == (200, files.MP4)


def test_links_of_an_earlier_secret_open_while_it_is_listed(open_site: OpenSite, tmp_path: Path) -> None:
    path = tmp_path / "data" / "archive" / KEY
    path.parent.mkdir(parents=True)
    path.write_bytes(files.MP4)
    url = Links(["the old one"], ORIGIN).link(KEY).removeprefix(ORIGIN)
    changed = open_site(SECRET_KEY=SECRET_KEY, SECRET_KEY_FALLBACKS="the old one")
    assert get(changed, url).status_code == 200
    assert get(open_site(SECRET_KEY=SECRET_KEY), url).status_code == 404


def test_the_page_counts_the_copies_and_says_when_none_are_made(open_site: OpenSite) -> None:
    off = open_site(SECRET_KEY=SECRET_KEY)
    assert "not archived: delivered links are CreativeAI's" in html.unescape(off.page().text)
    kept = open_site(SECRET_KEY=SECRET_KEY, ARCHIVE="local", PUBLIC_URL=ORIGIN)
    assert kept.post(generation("vgen_1")).status_code == 202
    assert "not archived" not in html.unescape(kept.page().text)
    assert "Archived files: 0 (0.0 MB), 1 in progress." in html.unescape(kept.page("/settings").text)
