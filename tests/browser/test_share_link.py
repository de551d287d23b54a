"""A share link: an admin makes it, a colleague works with it within its budget, and it ends."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.test_every_page import sign_in
from tests.browser.test_stories import LATER
from tests.browser.world import World


def test_a_colleague_makes_what_the_link_allows_and_nothing_else(world: World, open_page: Open) -> None:
    admin = open_page()
    link = _make_link(admin, world, "Zoe of the shop", budget="65")
    colleague = open_page(390)
    colleague.goto(link)
    expect(colleague.get_by_text("of 65 credits")).to_be_visible()
    _ask(colleague, "A lantern over the lake")
    colleague.get_by_role("link", name="A lantern over the lake").click()
    expect(colleague.locator("main video")).to_have_count(1, timeout=LATER)
    colleague.goto(f"{world.url}/shared")
    assert "travel mug" not in colleague.locator("main").inner_text().lower(), "only what came of this link"
    for path in ("/", "/settings", "/jobs", world.places["ready"]):
        colleague.goto(world.url + path)
        expect(colleague.get_by_role("button", name="Sign in")).to_be_visible()
    colleague.goto(f"{world.url}/shared")
    colleague.locator("[name=prompt]").fill("One too many")
    colleague.get_by_role("button", name="Create video").click()
    expect(colleague.get_by_text(re.compile("credits")).first).to_be_visible()
    expect(colleague.get_by_role("heading", name="There is a problem")).to_be_visible()


def test_a_revoked_link_opens_nothing_any_more(world: World, open_page: Open) -> None:
    admin = open_page(java_script_enabled=False)
    link = _make_link(admin, world, "Max of the agency", budget="100")
    colleague = open_page()
    colleague.goto(link)
    expect(colleague.get_by_role("button", name="Create video")).to_be_visible()
    admin.get_by_role("button", name="Revoke the link for Max of the agency").click()
    for address in (f"{world.url}/shared", link):
        colleague.goto(address)
        expect(colleague.get_by_role("button", name="Create video")).to_have_count(0)
        assert re.search("link|Sign in", colleague.locator("main").inner_text())


def _make_link(admin: Page, world: World, name: str, budget: str) -> str:
    sign_in(admin, world, "/settings/share")
    admin.get_by_label("Form").select_option("text-to-video")
    admin.get_by_role("button", name="Continue").click()
    admin.locator("[name=name]").fill(name)
    admin.locator("[name=budget]").fill(budget)
    admin.get_by_role("button", name="Create share link").click()
    found = admin.get_by_role("link", name=f"the link for {name}")
    return str(found.evaluate("each => each.href"))


def _ask(page: Page, prompt: str) -> None:
    page.locator("[name=prompt]").fill(prompt)
    page.get_by_role("button", name="Create video").click()
    expect(page.get_by_text("Job queued.")).to_be_visible()
