"""Secrets that changed in the environment between two starts are listed with the sign-ins, by name alone."""

import logging
from contextlib import closing
from pathlib import Path

import pytest

from relay.bootstrap.app import prepare
from relay.bootstrap.configuration import configure
from relay.bootstrap.store import make_store
from relay.store.contract.access_log import AccessKind
from tests.store.contract.make import NOW

SIGNING = "a secret of the receiver there"
KEY, OTHER_KEY = "one key of thirty-two characters", "another key of thirty-two letters"
FIRST = {
    "ADMIN_PASSWORD": "the first password",
    "CREATIVEAI_API_KEY": "key of the account",
    "SECRET_KEY": KEY,
}


def start(folder: Path, environ: dict[str, str]) -> list[str]:
    """The names that were noted so far."""
    configuration = configure(environ | {"DATA_DIR": str(folder)})
    prepare(configuration, now=NOW)
    with closing(make_store(configuration.settings)) as store:
        found = store.access_log(most=9, most_wrong=0)
    assert {each.kind for each in found} <= {AccessKind.ENVIRONMENT_SECRET_CHANGED}
    return sorted(each.subject for each in found)


@pytest.mark.parametrize(
    ("change", "noted"),
    [
        ({}, []),
        ({"ADMIN_PASSWORD": "another password"}, ["ADMIN_PASSWORD"]),
        ({"ADMIN_PASSWORD": ""}, ["ADMIN_PASSWORD"]),
        ({"CREATIVEAI_WEBHOOK_SECRET": "a new secret"}, ["CREATIVEAI_WEBHOOK_SECRET"]),
        (
            {"WEBHOOK_URL": "https://example.com/in", "WEBHOOK_SECRET": SIGNING},
            ["WEBHOOK_SECRET", "WEBHOOK_URL"],
        ),
        ({"PUBLIC_URL": "https://relay.example.com"}, []),
        ({"SECRET_KEY": OTHER_KEY, "ADMIN_PASSWORD": "another password"}, ["SECRET_KEY"]),
        (
            {"SECRET_KEY": OTHER_KEY, "SECRET_KEY_FALLBACKS": KEY, "ADMIN_PASSWORD": "another password"},
            ["ADMIN_PASSWORD", "SECRET_KEY", "SECRET_KEY_FALLBACKS"],
        ),
    ],
)
def test_what_is_not_as_at_the_start_before_is_noted_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, change: dict[str, str], noted: list[str]
) -> None:
    assert start(tmp_path, FIRST) == []
    with caplog.at_level(logging.INFO):
        assert start(tmp_path, FIRST | change) == noted
    assert start(tmp_path, FIRST | change) == noted
    assert len([each for each in caplog.messages if "environment" in each]) == len(noted)
    assert not [value for value in change.values() if value and value in str(caplog.records)]


def test_the_database_does_not_show_a_secret_to_who_guesses_it(tmp_path: Path) -> None:
    start(tmp_path, FIRST)
    kept = (tmp_path / "relay.db").read_bytes()
    assert not [value for value in FIRST.values() if value.encode() in kept]
