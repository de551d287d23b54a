"""A delivery to Airtable does not arrive: found, understood and mended by somebody who has only the pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

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


def test_a_refused_airtable_token_is_found_understood_and_mended(own_world: World, open_page: Open) -> None:
    page = open_page(java_script_enabled=False)
    sign_in(page, own_world, "/connections/new/airtable")
    for name, value in {"name": "table", "token": REFUSED, **TABLE}.items():
        page.locator(f"[name={name}]").fill(value)
    page.get_by_role("button", name="Add it").click()
    page.goto(f"{own_world.url}/create/text-to-video")
    page.locator("[name=prompt]").fill("A kettle begins to sing")
    page.get_by_role("button", name="Make it").click()
    job = page.url
    page.goto(own_world.url)
    reload_until(page, "table is paused")
    assert "Airtable answered 401" in page.locator("main").inner_text()
    page.locator("main a[href='/connections/table']").first.click()
    expect(page.get_by_text("nothing is lost")).to_be_visible()
    page.get_by_role("link", name="Mend it").first.click()
    assert page.locator("[name=token]").input_value() == "", "a secret is never shown again"
    page.locator("[name=token]").fill(TOKEN)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("It is saved.")).to_be_visible()
    page.get_by_role("button", name="Check").first.click()
    expect(page.get_by_text('The table "Videos" has the columns.')).to_be_visible()
    resume = page.get_by_role("button", name="Resume")
    if resume.count():  # the worker sees by itself that the token is another
        resume.first.click()
    page.goto(job)
    reload_until(page, "Delivered: table")
    assert list(records(own_world.sandbox).values()) == [["completed"]]
