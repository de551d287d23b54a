"""Deliveries, incoming webhooks and help, as a person reads them and repairs what did not arrive."""

import json
import re
from collections.abc import Callable
from html import unescape

import pytest

from relay.models.connection import Pause
from relay.models.delivery import Outcome
from tests.web.site import N8N, Site
from tests.wire import generation, wait_until

OpenSite = Callable[..., Site]
HOSTILE = """"><script>alert('x')</script><img src=x onerror=alert(1)>{{ 7*7 }}"""


@pytest.fixture
def n8n(open_site: OpenSite) -> Site:
    """With a connection, somebody signed in."""
    site = open_site(**N8N)
    site.sign_in()
    return site


def words(text: str) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text.replace("<wbr>", ""))))


def read(site: Site, path: str) -> str:
    answer = site.client.get(path)
    assert answer.status_code == 200, path
    return words(answer.text)


def test_what_went_out_is_listed_with_its_state_and_what_was_said(n8n: Site) -> None:
    n8n.post(generation("vgen_1"))
    n8n.deliver(note="Written to row 7", link="https://sheets.example.com/7")
    page = read(n8n, "/deliveries")
    for text in ("vgen_1", "webhook", "Delivered", "Written to row 7", "View result"):
        assert text in page


def test_one_that_failed_says_why_shows_each_attempt_and_is_sent_again(n8n: Site) -> None:
    n8n.post(generation("vgen_1"))
    delivery = n8n.deliver(outcome=Outcome.FAILED, note="n8n answered 422.", answer='{"message": "no field"}')
    page = read(n8n, f"/deliveries/{delivery}")
    for text in ("n8n answered 422.", "Failed", "5 ms", '{"message": "no field"}'):
        assert text in page
    answer = n8n.client.post(f"/deliveries/{delivery}/again", follow_redirects=True)
    assert "1 delivery will be resent." in answer.text
    assert n8n.deliveries() == [("vgen_1", "completed", "pending")]


def test_many_are_counted_before_they_are_sent_again(n8n: Site) -> None:
    for name in ("vgen_1", "vgen_2", "vgen_3"):
        n8n.post(generation(name))
        n8n.deliver(outcome=Outcome.FAILED if name != "vgen_3" else Outcome.DONE)
    page = n8n.client.get("/deliveries?status=failed&connection=webhook").text
    (link,) = re.findall(r'href="(/deliveries/replay\?[^"]+)"', page)
    page = n8n.client.get(unescape(link)).text
    assert "This resends 2 failed deliveries to webhook." in words(page)
    fields = dict(re.findall(r'name="(status|connection)" value="([^"]*)"', page))
    answer = n8n.client.post("/deliveries/replay", data=fields, follow_redirects=True)
    assert "2 deliveries will be resent." in answer.text
    states = [status for _, _, status in n8n.deliveries()]
    assert sorted(states) == ["delivered", "pending", "pending"]


def test_everything_at_once_is_never_sent_again(n8n: Site) -> None:
    n8n.post(generation("vgen_1"))
    n8n.deliver()
    assert "Resend deliveries" not in read(n8n, "/deliveries")
    assert n8n.client.get("/deliveries/replay").status_code == 404
    assert n8n.client.post("/deliveries/replay", data={"connection": "webhook"}).status_code == 404
    assert n8n.deliveries() == [("vgen_1", "completed", "delivered")]


def test_a_paused_connection_is_named_where_its_deliveries_wait(n8n: Site) -> None:
    n8n.post(generation("vgen_1"))
    n8n.store.pause("webhook", Pause(since=1_772_000_000_000, why="It answered 410.", until=None))
    (delivery,) = n8n.store.deliveries(limit=1)
    page = read(n8n, f"/deliveries/{delivery.id}")
    assert re.search(
        "Paused since .*: It answered 410. Deliveries to webhook are kept until you resume", page
    )
    assert "View connection" in page


def test_lists_say_why_they_are_empty_and_what_to_do(n8n: Site) -> None:
    assert "No deliveries yet" in read(n8n, "/deliveries")
    assert "No matching deliveries" in read(n8n, "/deliveries?status=failed")
    assert "No incoming webhooks yet" in read(n8n, "/deliveries/incoming")


def test_long_lists_go_on_where_the_page_ended(n8n: Site) -> None:
    for number in range(60):
        n8n.post(generation(f"vgen_{number:03}"))
    for start, what in (("/deliveries?status=pending", "dlv"), ("/deliveries/incoming", "evt")):
        seen: list[str] = []
        place = start
        while place:
            page = n8n.client.get(place).text
            seen += re.findall(rf'href="/deliveries/(?:incoming/)?({what}_\w+)"', page)
            following = re.findall(r'href="([^"]*before=[^"]+)"', page)
            place = unescape(following[0]) if following else ""
        assert len(seen) == len(set(seen)) == 60


def test_what_came_in_is_shown_byte_for_byte_without_its_signature(n8n: Site) -> None:
    body = b'{"id": "vgen_1",  "status": "completed", "object": "video.generation", "prompt": "\xc3\xa9"}'
    for _ in range(3):
        n8n.post(
            body,
            headers={"X-CreativeAI-Event": "video.generation.completed"},
            path="/webhooks/creativeai/spring",
        )
    (event,) = n8n.store.events(limit=1)
    assert "video.generation.completed" in read(n8n, "/deliveries/incoming")
    page = read(n8n, f"/deliveries/incoming/{event.id}")
    for text in ("CREATIVEAI_WEBHOOK_SECRET", "Duplicates 2 ", "spring"):
        assert text in page
    assert "sha256=" not in page
    assert "verified (hidden)" in page
    assert body.decode() in unescape(n8n.client.get(f"/deliveries/incoming/{event.id}").text)
    exact = n8n.client.get(f"/deliveries/incoming/{event.id}/body")
    assert exact.data == body
    assert exact.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"not json", "The relay cannot read this webhook, so it gave no result."),
        (
            json.dumps(generation("vgen_7", "moonlit")).encode(),
            'the status "moonlit", which the relay does not know. Its file: https://cdn.creativeai.run/',
        ),
        (
            b'{"batch_id": "b_1", "status": "completed", "jobs": [{"id": "vid_2", "status": "moonlit"}]}',
            'the status "moonlit" for vid_2, which the relay does not know. This webhook gave no result',
        ),
        (json.dumps(generation("vgen_8")).encode(), ""),
    ],
)
def test_a_webhook_that_gave_no_result_says_why(n8n: Site, body: bytes, told: str) -> None:
    event_id = n8n.post(body).get_json()["event"]
    page = read(n8n, f"/deliveries/incoming/{event_id}")
    assert told in page
    assert ("gave no result" in page) == bool(told)


def test_refused_webhooks_are_counted_and_the_latest_are_named(n8n: Site) -> None:
    for _ in range(200):
        n8n.post(b"{}", secret=None)
    wait_until(
        lambda: (
            "200 webhooks, the last from 127.0.0.1: the header X-CreativeAI-Signature is missing"
            in read(n8n, "/deliveries/incoming")
        )
    )


def test_a_proxys_word_for_the_sender_counts_only_where_a_proxy_is_trusted(open_site: OpenSite) -> None:
    site = open_site()
    site.post(b"{}", secret=None, headers={"X-Forwarded-For": "203.0.113.9"})
    site.sign_in()
    wait_until(lambda: "from 127.0.0.1:" in read(site, "/deliveries/incoming"))
    behind = open_site(TRUSTED_PROXIES="1")
    behind.post(b"{}", secret=None, headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.9"})
    behind.sign_in()
    wait_until(lambda: "from 203.0.113.9:" in read(behind, "/deliveries/incoming"))


def test_hostile_text_in_everything_that_others_write_stays_text(n8n: Site) -> None:
    n8n.post(
        {"id": HOSTILE, "object": f"{HOSTILE}.x", "status": "completed", "prompt": HOSTILE},
        headers={"X-CreativeAI-Event": HOSTILE},
        path="/webhooks/creativeai/%22%3E%3Cscript%3E",
    )
    n8n.post(b"{}", secret=None, headers={"X-CreativeAI-Signature": HOSTILE})
    delivery = n8n.deliver(note=HOSTILE, link=f"https://example.com/{HOSTILE}", answer=HOSTILE)
    (event,) = n8n.store.events(limit=1)
    for path in (
        "/deliveries",
        f"/deliveries/{delivery}",
        "/deliveries/incoming",
        f"/deliveries/incoming/{event.id}",
    ):
        page = n8n.client.get(path).text
        assert "&lt;script&gt;" in page, path
        assert "<script>" not in page
        assert "<img src=x" not in page


@pytest.mark.parametrize(
    "path", ["/deliveries/dlv_x", "/deliveries/incoming/evt_x", "/deliveries/incoming/evt_x/body"]
)
def test_what_is_not_there_is_said_in_words(n8n: Site, path: str) -> None:
    answer = n8n.client.get(path)
    assert answer.status_code == 404
    assert "Page not found" in answer.text


def test_help_explains_every_state_and_needs_no_password(site: Site) -> None:
    page = read(site, "/help")
    for word in ("Queued", "On hold", "Rendering", "Completed", "Canceled", "Retrying", "Skipped"):
        assert word in page
