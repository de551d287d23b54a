"""Takes the README's screenshots: `python -m tests.browser.pictures FOLDER`."""

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import CHROMIUMS
from tests.browser.test_every_page import sign_in
from tests.browser.world import World, fill, make_world

VIEWS = {"wide": (1280, 900, "light"), "dark": (1280, 900, "dark"), "phone": (390, 844, "light")}


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        path = next(filter(None, map(shutil.which, CHROMIUMS)))
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        world = make_world(Path(data))
        try:
            fill(world, hostile=False)
            for name in VIEWS:
                _take(browser, world, folder, name)
        finally:
            world.stop()
            browser.close()


def _take(browser: Browser, world: World, folder: Path, name: str) -> None:
    width, height, scheme = VIEWS[name]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = context.new_page()
    sign_in(page, world)
    pages = {
        "home": "/",
        "create": "/create/text-to-video",
        "job": world.places["ready"],
        "deliveries": "/deliveries",
        "setup": "/setup",
    }
    for title, path in pages.items():
        page.goto(world.url + path)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=folder / f"{title}-{name}.png")
    context.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
