"""The page: for who has the password, and whatever others wrote into it stays text."""

import re
from base64 import b64encode
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relay.deliveries import Outcome
from relay.model import Pause
from tests.web.site import N8N, PASSWORD, Site
from tests.wire import generation

OpenSite = Callable[..., Site]
HOSTILE = """"><script>alert('x')</script><img src=x onerror=alert(1)>{{ 7*7 }}"""
in_one_site = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def text(site: Site) -> str:
    answer = site.page()
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.text))


# ---- who may see it


def test_without_a_password_configured_nobody_may_see_it(open_site: OpenSite) -> None:
    site = open_site(ADMIN_PASSWORD="")
    for answer in (site.client.get("/"), site.page(password=""), site.page(password="None")):
        assert answer.status_code == 403
        assert "ADMIN_PASSWORD" in answer.text


def test_the_browser_is_asked_for_the_password(site: Site) -> None:
    answer = site.client.get("/")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="CreativeAI Relay", charset="UTF-8"'
    assert PASSWORD not in answer.text


@pytest.mark.parametrize(
    "password", ["", "wrong", PASSWORD + " ", PASSWORD[:-1], PASSWORD.upper(), "é" * 10, "\x00"]
)
def test_any_other_password_is_refused(site: Site, password: str) -> None:
    assert site.page(password=password).status_code == 401


def test_a_password_may_hold_any_letters_and_colons(open_site: OpenSite) -> None:
    site = open_site(ADMIN_PASSWORD="schlüssel:🔑:x")
    assert site.page(password="schlüssel:🔑:x").status_code == 200
    assert site.page(password="schlüssel").status_code == 401


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic ",
        "Basic !!!",
        "Basic \xe9",
        "Basic /////w==",
        "Basic Og==",
        "Basic YWRtaW4=",
        f"Bearer {PASSWORD}",
        "Digest username=admin",
        "Negotiate x",
        b64encode(f"admin:{PASSWORD}".encode()).decode(),
        " ",
        "x" * 10_000,
    ],
)
def test_hostile_authorization_is_401_and_never_500(site: Site, header: str) -> None:
    assert site.client.get("/", headers={"Authorization": header}).status_code == 401


@in_one_site
@given(st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60), st.booleans())
def test_no_authorization_header_makes_it_stumble(site: Site, value: str, basic: bool) -> None:
    header = f"Basic {value}" if basic else value
    assert site.client.get("/", headers={"Authorization": header}).status_code == 401


def test_the_page_reads_and_nothing_else(site: Site) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert site.client.open("/", method=method, auth=("admin", PASSWORD)).status_code == 405
    assert "<form" not in site.page().text


# ---- how it is protected


@pytest.mark.parametrize("password", [PASSWORD, "wrong"])
def test_every_answer_carries_the_headers_that_protect_it(site: Site, password: str) -> None:
    headers = site.page(password=password).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"


def test_the_page_has_no_script_and_no_style_of_its_own_and_its_stylesheet_is_there(site: Site) -> None:
    page = site.page().text
    assert "<script" not in page
    assert "<style" not in page
    assert not re.search(r"\s(style|on\w+)=", page)
    (sheet,) = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page)
    with site.client.get(sheet) as answer:
        assert answer.status_code == 200
        assert answer.content_type.startswith("text/css")


def test_hostile_text_in_everything_that_others_write_stays_text(site: Site) -> None:
    site.post(
        {"id": HOSTILE, "object": f"{HOSTILE}.x", "status": "completed", "prompt": HOSTILE},
        headers={"X-CreativeAI-Event": HOSTILE},
        path="/webhooks/creativeai/%22%3E%3Cscript%3E",
    )
    site.post({"id": "other", "status": HOSTILE})
    site.post(b"{}", secret=None, headers={"X-CreativeAI-Signature": HOSTILE})
    site.deliver(note=HOSTILE, link=f"https://example.com/{HOSTILE}")
    site.store.pause("webhook", Pause(since=1_772_000_000_000, why=HOSTILE, until=None))
    page = site.page().text
    assert page.count("&#34;&gt;&lt;script&gt;") >= 5, "id, kind, event, status, note, pause"
    assert "<script" not in page
    assert "<img" not in page
    assert '="">' not in page
    assert "{{ 7*7 }}" in page


@in_one_site
@given(st.text(max_size=40), st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=40))
def test_the_page_can_always_be_shown(site: Site, written: str, header: str) -> None:
    site.post(
        {"id": written, "status": written, "object": written + "."}, headers={"X-CreativeAI-Event": header}
    )
    assert site.page().status_code == 200


# ---- what it says


def test_an_empty_relay_says_what_to_do_next(open_site: OpenSite) -> None:
    words = text(open_site())
    assert "Set WEBHOOK_URL or SLACK_WEBHOOK_URL" in words
    assert "Nothing has gone out yet" in words
    assert "relay sample" in words
    assert "Refused" not in words


def test_what_came_in_and_where_it_went_is_on_it(site: Site) -> None:
    for _ in range(3):
        site.post(generation("vgen_1"), headers={"X-CreativeAI-Event": "video.generation.completed"})
    site.post(generation("vgen_1", prompt="another"))
    site.deliver(note="Written to row 7", link="https://sheets.example.com/7")
    words = text(site)
    assert "vgen_1 video completed webhook Delivered 1 2026-02-25 06:13:20 UTC open Written to row 7" in words
    assert "video.generation.completed vgen_1 completed CREATIVEAI_WEBHOOK_SECRET" in words
    assert "3 (1 with another body) webhook delivered" in words
    assert 'href="https://sheets.example.com/7"' in site.page().text


def test_what_is_tried_again_says_when_and_why(site: Site) -> None:
    site.post(generation("vgen_1"))
    site.deliver(outcome=Outcome.RETRY, note="n8n.example.com answered 502.")
    assert "Retrying 1 next 2026-02-25 06:14:20 UTC n8n.example.com answered 502." in text(site)


def test_a_paused_connection_says_since_when_why_and_until_when(site: Site) -> None:
    assert "webhook Ready" in text(site)
    site.store.pause("webhook", Pause(since=1_772_000_000_000, why="It answered 410.", until=None))
    assert "webhook Paused since 2026-02-25 06:13:20 UTC : It answered 410. Until somebody" in text(site)
    site.store.resume("webhook")
    site.store.pause("webhook", Pause(since=1_772_000_000_000, why="Quota.", until=1_772_000_060_000))
    assert "Tried again at 2026-02-25 06:14:20 UTC" in text(site)


def test_refused_webhooks_are_counted_and_only_the_latest_are_kept(site: Site) -> None:
    for _ in range(200):
        site.post(b"{}", secret=None)
    words = text(site)
    assert "200 since the start" in words
    assert words.count("X-CreativeAI-Signature is missing") == 5


def test_only_the_latest_fifty_are_shown(site: Site) -> None:
    for number in range(60):
        site.post(generation(f"vgen_{number:03}"))
    shown = re.findall(r"vgen_\d{3}", text(site))
    assert len(shown) == 100, "fifty deliveries and fifty events"
    assert "vgen_059" in shown
    assert "vgen_000" not in shown


def test_where_the_disk_is_wiped_the_page_says_so(open_site: OpenSite, site: Site) -> None:
    assert "History is lost" not in text(site)
    assert "History is lost at every restart" in text(open_site(DYNO="web.1"))


def test_no_secret_is_on_the_page(open_site: OpenSite) -> None:
    site = open_site(**N8N, CREATIVEAI_API_KEY="rph_live_key_of_the_account", WEBHOOK_SECRET="s" * 30)
    site.post(generation("vgen_1"))
    page = site.page().text
    for secret in ("rph_live_key", "webhook/x", "s" * 30, PASSWORD, "whsec"):
        assert secret not in page


def test_a_database_that_cannot_be_read_is_a_sentence(
    open_site: OpenSite, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    (folder / "relay.db").write_bytes(b"not a database" * 1000)
    answer = open_site(folder, migrate=False).page()
    assert answer.status_code == 503
    assert "not a database" in answer.text


def test_a_proxys_word_for_the_sender_counts_only_where_a_proxy_is_trusted(open_site: OpenSite) -> None:
    site = open_site()
    site.post(b"{}", secret=None, headers={"X-Forwarded-For": "203.0.113.9"})
    assert "from 127.0.0.1:" in text(site)
    behind = open_site(TRUSTED_PROXIES="1")
    behind.post(b"{}", secret=None, headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.9"})
    assert "from 203.0.113.9:" in text(behind)
