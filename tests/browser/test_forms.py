"""With scripts off, every form there is can be sent, and leads to a page that says what became of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from sandbox import Fault
from tests.browser import places
from tests.browser.conftest import Open
from tests.browser.test_every_page import sign_in
from tests.browser.world import Visitor, World, fill, make_world, wait_for_words, words

LAST = (  # what others need, or what takes away the other choice
    "share.revoke",
    "settings.revoke_token",
    "settings.end_secret forget",
    "connections.remove",
    "job.act retry",
    "job.act cancel",
)
LEAVE = "/logout"


@pytest.fixture
def own_world(chromium: object, tmp_path: Path) -> Iterator[World]:
    """One that may be turned upside down."""
    made = make_world(tmp_path)
    try:
        fill(made, hostile=False)
        yield made
    finally:
        made.stop()


def test_every_form_can_be_sent_with_scripts_off(own_world: World, open_page: Open) -> None:
    page = open_page(java_script_enabled=False)
    sign_in(page, own_world)
    sent: set[str] = set()
    colleague = open_page(java_script_enabled=False)
    colleague.goto(own_world.url + own_world.places["share link"])
    _send_all(colleague, colleague.url, sent, ())
    everywhere = [*_to_decide(own_world), *places.of_the_admin(own_world)]
    for path in everywhere:
        _send_all(page, own_world.url + path, sent, LAST)
    sent.remove("connections.test")  # once more: what a test wrote was taken away, now it is kept
    for path in everywhere:
        _send_all(page, own_world.url + path, sent, ())
    page.goto(own_world.url)
    page.locator(f"form[action='{LEAVE}'] button").first.click()
    sent.add(places.endpoint(LEAVE, "POST"))
    assert "Sign in" in page.locator("main").inner_text()
    assert places.forms() - sent == set()


def _to_decide(world: World) -> list[str]:
    """Jobs and a pipeline in the states in which there is something to decide."""
    visitor = Visitor(world.url)
    job_input = {"prompt": "A lamp", "duration": "5", "model": "auto", "failover": "true"}
    token = visitor.session.post(f"{world.url}/settings/tokens", data={"token_name": "n8n"}, timeout=20)
    assert token.ok, words(token.text)
    for secret in ("a-secret-of-the-page", "the-secret-after-it"):
        visitor.post("/settings/secret", webhook_secret=secret)
    world.sandbox.inject(Fault.LOST_ANSWER, Fault.DROPPED)
    held = visitor.post("/create/text-to-video", **job_input)
    wait_for_words(visitor, held, "On hold")
    visitor.post("/settings/queue/pause")
    chain = visitor.chain(edit_prompt="White studio", video_prompt="It turns", voice_text="Meet it.")
    return [held, visitor.post("/create/text-to-video", **job_input), chain]


def _send_all(page: Page, url: str, sent: set[str], put_off: tuple[str, ...]) -> None:
    """The page's forms that have not been sent so far, one by one, each from the page as it is then."""
    while True:
        page.goto(url)
        found = _next(page, sent, put_off)
        if found is None:
            return
        number, name = found
        sent.add(name)
        form = page.locator("main form[method=post]").nth(number)
        closed = page.locator("details:not([open]) > summary:visible")
        while closed.count():
            closed.first.click()
        button = form.locator("button:not([type=button])").first
        if name == "settings.backup":
            with page.expect_download():
                button.click()
            continue
        with page.expect_response(lambda answer: answer.request.method == "POST") as told:
            button.click()
        assert told.value.status in (303, 422), (url, name, told.value.status)
        expect(page.locator("h1")).to_have_count(1)


def _next(page: Page, sent: set[str], put_off: tuple[str, ...]) -> tuple[int, str] | None:
    for number, form in enumerate(page.locator("main form[method=post]").all()):
        action = form.get_attribute("action") or page.url.partition("//")[2].partition("/")[2].join(["/", ""])
        name = places.endpoint(action, "POST")
        if name not in sent and not name.startswith(put_off or ("-",)) and action != LEAVE:
            return number, name
    return None
