"""What the tests with a real n8n need, or why they cannot run."""

import os
from pathlib import Path

import pytest

from tests.templates import n8n_network


@pytest.fixture(scope="session")
def installed_n8n() -> Path:
    if not n8n_network.is_private():
        missing("needs a network of its own: `make test-n8n` makes one, as root or with user namespaces")
    installed = os.environ.get("N8N_INSTALLED", "")
    if not installed:
        missing("needs an n8n: `make test-n8n` installs one")
    return Path(installed)


def missing(what: str) -> None:
    """Skipped on a machine that lacks it; in CI it has to be there."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)
