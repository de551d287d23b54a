"""A delivery does not arrive: found, understood and fixed by somebody who has only the pages."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from relay.demo.destinations import add_products
from relay.http.client import Http
from tests.browser.conftest import Open
from tests.browser.test_every_page import sign_in
from tests.browser.test_stories import reload_until
from tests.browser.world import World, make_world
from tests.web.connecting import REFUSED, TABLE, TOKEN, records


@pytest.fixture
def own_world(chromium: object, tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path, without=("AIRTABLE_",))
    yield made
    made.stop()


def make_a_video(page: Page, world: World, sku: str = "") -> str:
    """The address of its job."""
    page.goto(f"{world.url}/create/text-to-video")
    page.locator("[name=prompt]").fill("A kettle begins to sing")
    page.get_by_label("SKU").fill(sku)
    page.get_by_role("button", name="Create video").click()
    return page.url


def test_columns_of_another_type_are_found_understood_and_fixed(own_world: World, open_page: Open) -> None:
    page = open_page(java_script_enabled=False)
    sign_in(page, own_world, "/connections/new/airtable")
    for name, value in {"name": "table", "token": TOKEN, **TABLE}.items():
        page.locator(f"[name={name}]").fill(value)
    columns = page.locator("[name=columns]").input_value()
    page.locator("[name=columns]").fill(
        columns.replace("=Prompt", "=Swap").replace("=Credits", "=Prompt").replace("=Swap", "=Credits")
    )
    page.get_by_role("button", name="Add connection").click()
    page.get_by_role("button", name="Resume anyway").click()
    job = make_a_video(page, own_world)
    page.goto(own_world.url)
    reload_until(page, "table: paused")
    assert 'The column "Credits"' in page.locator("main").inner_text()
    page.locator("main a.button[href='/connections/table']").click()
    page.get_by_role("link", name="Fix connection").first.click()
    page.locator("[name=columns]").fill(columns)
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("table is saved and works: ")).to_be_visible()
    page.goto(job)
    reload_until(page, "Delivered: table")
    assert list(records(own_world.sandbox).values()) == [["completed"]]


def test_a_delivery_that_failed_for_good_is_found_understood_and_sent_again(
    own_world: World, open_page: Open
) -> None:
    page = open_page(java_script_enabled=False)
    sign_in(page, own_world, "/")
    job = make_a_video(page, own_world, "LATE-1")
    page.goto(own_world.url)
    reload_until(page, "shopify: 1 delivery failed")
    assert "LATE-1" in page.locator("main").inner_text()
    with closing(Http(allowed_hosts=["127.0.0.1"])) as http:
        add_products(http, own_world.sandbox, {"LATE-1": "A kettle"})
    page.locator("main a.button[href*='connection=shopify']").click()
    expect(page.get_by_text("This resends 1 failed delivery to shopify.")).to_be_visible()
    page.get_by_role("button", name="Resend 1 delivery").first.click()
    page.goto(job)
    reload_until(page, "Delivered: shopify")


def test_a_refused_airtable_token_is_found_understood_and_fixed(own_world: World, open_page: Open) -> None:
    page = open_page(java_script_enabled=False)
    sign_in(page, own_world, "/connections/new/airtable")
    for name, value in {"name": "table", "token": REFUSED, **TABLE}.items():
        page.locator(f"[name={name}]").fill(value)
    page.get_by_role("button", name="Add connection").click()
    expect(page.get_by_text("table is added and paused")).to_be_visible()
    job = make_a_video(page, own_world)
    page.goto(own_world.url)
    reload_until(page, "table: paused")
    assert "Airtable answered 401" in page.locator("main").inner_text()
    page.locator("main a[href='/connections/table']").first.click()
    expect(page.get_by_text("Deliveries to table are kept until")).to_be_visible()
    page.get_by_role("link", name="Fix connection").first.click()
    assert page.locator("[name=token]").input_value() == "", "a secret is never shown again"
    page.locator("[name=token]").fill(TOKEN)
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("table is saved and works: ")).to_be_visible()
    page.goto(job)
    reload_until(page, "Delivered: table")
    assert list(records(own_world.sandbox).values()) == [["completed"]]
