"""A real Chromium that looks at the pages of a real relay. Both are started once."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.world import World, fill, make_world

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "creativeai-relay"
AXE = CACHE / "axe" / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")

Open = Callable[..., "Page"]


def missing(what: str) -> None:
    """Skipped on a machine that lacks it; in CI it has to be there."""
    words = f"{what} is missing: `make browser` installs it"
    if os.environ.get("CI") == "true":
        pytest.fail(words)
    pytest.skip(words)


@pytest.fixture(scope="session")
def chromium() -> Iterator["Browser"]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright")
    path = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if path is None:
        missing("Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe() -> str:
    if not AXE.exists():
        missing("axe-core")
    return AXE.read_text()


@pytest.fixture(scope="session")
def world(chromium: "Browser", tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = make_world(tmp_path_factory.mktemp("browser"))
    try:
        fill(made)
        yield made
    finally:
        made.stop()


@pytest.fixture
def open_page(chromium: "Browser") -> Iterator[Open]:
    """Opens pages in a browser window of their own, of any width and scheme."""
    contexts = []

    def open_one(width: int = 1280, scheme: str = "light", **more: Any) -> "Page":
        height = 900 if width > 600 else 640
        context = chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, **more
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        return context.new_page()

    yield open_one
    for context in contexts:
        context.close()
