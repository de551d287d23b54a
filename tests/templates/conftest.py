"""What the tests with a real n8n need, or why they cannot run."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.templates import n8n_network
from tests.templates.n8n_scene import first_calls
from tests.templates.n8n_stories import STORIES
from tests.templates.n8n_world import World, world


@pytest.fixture(scope="session")
def installed_n8n() -> Path:
    if not n8n_network.is_private():
        missing("needs a network of its own: `make test-n8n` makes one, as root or with user namespaces")
    installed = os.environ.get("N8N_INSTALLED", "")
    if not installed:
        missing("needs an n8n: `make test-n8n` installs one")
    return Path(installed)


@pytest.fixture(scope="session")
def made(installed_n8n: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One n8n with every template, for all tests: it takes a minute to start."""
    with world(installed_n8n, tmp_path_factory.mktemp("n8n")) as made:
        first_calls(made, (entrance for story in STORIES for entrance in story.entrances))
        made.settle()
        yield made


def missing(what: str) -> None:
    """Skipped on a machine that lacks it; in CI it has to be there."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)
