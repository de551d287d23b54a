"""What every test has: an environment without any setting of the relay or of a host."""

import os

import pytest

import connectors
from relay.settings import Settings

_HOSTS = ("DYNO", "RENDER", "RAILWAY_", "FLY_", "WEB_CONCURRENCY", "PORT")
_OURS = tuple(name.upper() for name in Settings.model_fields)
_CONNECTIONS = tuple(f"{kind.upper()}_" for kind in connectors.kinds())


@pytest.fixture(autouse=True)
def _environment_without_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name in _OURS or name.startswith((*_HOSTS, *_CONNECTIONS)):
            monkeypatch.delenv(name)
