"""What people come for, in a real browser: with scripts off, by keyboard alone, with live states."""

import re

import requests
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.test_every_page import sign_in
from tests.browser.world import PASSWORD, PATIENCE, World

LATER = PATIENCE * 1000  # ms


def test_a_video_is_made_with_scripts_off(world: World, open_page: Open) -> None:
    page = open_page(java_script_enabled=False)
    sign_in(page, world, "/create/text-to-video")
    page.get_by_role("button", name="Create video").click()
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    page.get_by_label("Prompt").fill("A lamp switched on in a dark room")
    page.get_by_label("SKU").fill("CUP-7")
    page.get_by_role("button", name="Create video").click()
    expect(page.get_by_role("heading", name="A lamp switched on")).to_be_visible()
    reload_until(page, "Delivered: shopify")
    expect(page.locator("video")).to_have_count(1)


def reload_until(page: Page, text: str) -> None:
    for _ in range(600):
        if text in page.locator("main").inner_text():
            return
        page.reload()
    raise AssertionError(f"{text!r} never stood on {page.url}: {page.locator('main').inner_text()}")


def test_from_the_form_to_the_delivered_video_by_keyboard_alone(world: World, open_page: Open) -> None:
    page = open_page()
    page.goto(f"{world.url}/login?next=/create/text-to-video")
    _tab_to(page, "password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/create/text-to-video"))
    _tab_to(page, "prompt")
    page.keyboard.type("A watch face at golden hour")
    _tab_to(page, "context.sku")
    page.keyboard.type("CUP-7")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/jobs/job_"))
    expect(page.get_by_text("Delivered: shopify")).to_be_visible(timeout=LATER)


def _tab_to(page: Page, name: str) -> None:
    """With the Tab key; whatever has the focus shows it and is not covered."""
    for _ in range(80):
        page.keyboard.press("Tab")
        at = page.evaluate("document.activeElement.name || document.activeElement.id || ''")
        seen = page.evaluate(
            """() => { const e = document.activeElement; if (e === document.body) return true;
            const b = e.getBoundingClientRect(); const o = getComputedStyle(e);
            const top = document.elementFromPoint(b.x + b.width / 2, b.y + Math.min(b.height, 20) / 2);
            return o.outlineStyle !== 'none' && (!top || e.contains(top) || top.contains(e) ||
              e.matches('.away, .skip')); }"""
        )
        assert seen, f"the focus cannot be seen at {at}"
        if at == name:
            return
    raise AssertionError(f"Tab never reaches {name}")


def test_the_state_arrives_by_itself_and_is_told_only_when_it_changes(world: World, open_page: Open) -> None:
    page = open_page()
    sign_in(page, world, "/create/text-to-video")
    page.get_by_label("Prompt").fill("A tent under the milky way")
    page.get_by_role("button", name="Create video").click()
    page.locator("#live-status").wait_for(state="attached")
    page.evaluate(
        """() => { window.told = [];
        const told = document.getElementById('live-status');
        new MutationObserver(() => window.told.push(told.textContent))
          .observe(told, {childList: true, characterData: true, subtree: true}); }"""
    )
    expect(page.locator("main video")).to_have_count(1, timeout=LATER)
    told = page.evaluate("window.told")
    assert told[-1].startswith("A tent under the milky way: Completed")
    assert len(told) <= 8, "it speaks when a state changes, not with every look"


def test_the_price_follows_the_form_and_a_double_click_makes_one_job(world: World, open_page: Open) -> None:
    page = open_page()
    sign_in(page, world, "/create/image")
    price = page.locator("[data-price-here=sentence]").first
    before = price.inner_text()
    page.get_by_label("How many").fill("3")
    expect(price).not_to_have_text(before)
    page.get_by_role("textbox", name=re.compile("Prompt")).first.fill("A bowl, once")
    page.get_by_role("button", name="Create image").dblclick()
    expect(page).to_have_url(re.compile("/jobs/job_"))
    page.goto(f"{world.url}/jobs?q=bowl+once")
    expect(page.locator(".tile")).to_have_count(1)


def test_a_form_of_another_site_is_refused(world: World, open_page: Open) -> None:
    page = open_page()
    sign_in(page, world)
    page.route(
        "http://evil.example/",
        lambda route: route.fulfill(
            content_type="text/html",
            body=f'<form method=post action="{world.url}/create/image"><input name=prompt value=x>'
            "<button>Win</button></form>",
        ),
    )
    page.goto("http://evil.example/")
    page.get_by_role("button", name="Win").click()
    expect(page.get_by_text(re.compile("sent from another site|Sign in"))).to_be_visible()


def test_the_page_of_a_template_turns_green_while_a_person_looks(world: World, open_page: Open) -> None:
    page = open_page()
    sign_in(page, world, "/templates/make/daily-report")
    page.get_by_role("link", name="Create API token").click()
    page.get_by_label("Token name").fill("Make")
    page.get_by_role("button", name="Create token").click()
    token = page.get_by_text(re.compile("^cr_")).inner_text()
    page.goto(f"{world.url}/templates/make/daily-report")
    page.get_by_role("button", name="I imported it").click()
    expect(page.get_by_text("Waiting for the first call")).to_be_visible()
    headers = {"Authorization": f"Bearer {token}", "Relay-Template": "make/daily-report"}
    assert requests.get(f"{world.url}/api/jobs", headers=headers, timeout=20).ok
    expect(page.get_by_text("Received", exact=True)).to_be_visible(timeout=LATER)
    expect(page.locator("#live-status")).to_contain_text("The relay received a call from this template.")
