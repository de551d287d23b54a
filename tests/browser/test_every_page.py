"""Every page, wide and narrow, light and dark: accessible, quiet, within its width, all from this machine."""

import json
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from tests.browser import places
from tests.browser.conftest import Open
from tests.browser.world import PASSWORD, World

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def sign_in(page: Page, world: World, to: str = "/") -> None:
    page.goto(f"{world.url}/login?next={to}")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def violations(page: Page, axe: str) -> list[str]:
    page.evaluate(axe)
    found = page.evaluate("rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", RULES)
    return [
        f"{each['id']}: {each['help']} at {json.dumps([node['html'] for node in each['nodes']][:3])}"
        for each in found["violations"]
    ]


class Watched:
    """What a page does besides being shown."""

    def __init__(self, page: Page) -> None:
        self.complaints: list[str] = []
        self.strangers: list[str] = []
        page.on("console", lambda message: self._heard(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self._asked(request.url))

    def _heard(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and "404" not in text:  # the page that is not there says so
            self.complaints.append(text)

    def _asked(self, url: str) -> None:
        if urlsplit(url).hostname not in ("127.0.0.1", None):
            self.strangers.append(url)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_every_page_is_accessible_quiet_and_within_its_width(
    world: World, open_page: Open, axe: str, width: int, scheme: str
) -> None:
    page = open_page(width, scheme, bypass_csp=True)  # so that axe can be put into it; see the next test
    watched = Watched(page)
    faults = {}
    page.goto(f"{world.url}/login")
    faults["/login"] = violations(page, axe)
    sign_in(page, world)
    for path in [*places.of_the_admin(world), world.places["share link"], world.places["shared job"]]:
        page.goto(world.url + path)
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
        faults[path] = violations(page, axe)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            faults[path].append("scrolls sideways")
        if page.locator("h1").count() != 1:
            faults[path].append("has no single h1")
    assert "\n".join(f"{path} {each}" for path, found in faults.items() for each in found) == ""
    assert watched.complaints == []
    assert watched.strangers == []


def test_the_policy_of_the_pages_lets_them_work_and_nothing_else_in(world: World, open_page: Open) -> None:
    page = open_page()
    watched = Watched(page)
    sign_in(page, world)
    for path in [*places.STATIC[:6], world.places["ready"]]:
        page.goto(world.url + path)
    assert watched.complaints == []
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=color:red>x</p>')")
    assert any("Content Security Policy" in each for each in watched.complaints)


def test_a_planted_fault_is_found(world: World, open_page: Open, axe: str) -> None:
    page = open_page(bypass_csp=True)
    sign_in(page, world)
    page.goto(f"{world.url}/jobs")
    assert violations(page, axe) == []
    page.evaluate(
        "document.querySelector('main').insertAdjacentHTML('beforeend', '<img src=/static/icon.svg>')"
    )
    assert any(each.startswith("image-alt") for each in violations(page, axe))


def test_no_page_is_forgotten_here(world: World) -> None:
    seen = {places.endpoint(path) for path in places.of_the_admin(world) if path != "/nowhere"}
    seen |= {places.endpoint(path) for path in ("/login", "/shared", world.places["shared job"])}
    assert places.pages() - seen == set()


@pytest.mark.parametrize("width", [1280, 320])
def test_hostile_words_are_shown_as_words_everywhere(world: World, open_page: Open, width: int) -> None:
    page = open_page(width)
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    sign_in(page, world)
    shown = set()
    for path in [*places.of_the_admin(world), world.places["share link"], world.places["shared job"]]:
        page.goto(world.url + path)
        assert page.locator("script:not([src])").count() == 0, path
        assert page.locator("b", has_text="bold").count() == 0, path
        assert "49" not in page.locator("h1").inner_text(), path
        if "<script>alert(1)</script>" in page.locator("main").inner_text():
            shown.add(path)
    assert dialogs == []
    wanted = {"/", "/jobs", "/connections/own", world.places["hostile"], "/settings/share"}
    assert wanted - shown == set(), "the words have to be there to prove anything"


def test_every_target_can_be_hit_with_a_thumb(world: World, open_page: Open) -> None:
    page = open_page(320)
    sign_in(page, world)
    for path in ("/", "/create/text-to-video", "/jobs", world.places["ready"]):
        page.goto(world.url + path)
        small = page.evaluate(
            """() =>
            [...document.querySelectorAll('button, .button, nav a, select, input:not([type=hidden])')]
            .filter(e => e.offsetParent && !e.closest('.away') && !e.classList.contains('away'))
            .map(e => [e.outerHTML.slice(0, 90), e.closest('label')?.offsetHeight ?? e.offsetHeight])
            .filter(([, height]) => height < 44)"""
        )
        assert small == [], path
