"""A command on a machine that does not have the data refuses in a sentence, and leaves nothing there."""

from pathlib import Path

import pytest

from tests.commands import Run
from tests.web.site import N8N, Site

MACHINES = [
    {"DYNO": "run.1234"},
    {"RENDER": "true"},
    {"RAILWAY_ENVIRONMENT_NAME": "production"},
    {"FLY_APP_NAME": "x", "FLY_PROCESS_GROUP": "fly_app_release_command"},
    {"RELAY_CONTAINER": "1"},
]
COMMANDS = [
    ["tokens", "add", "n8n"],
    ["tokens", "list"],
    ["connections", "list"],
    ["connections", "add", "webhook", "mine", "--set", "url=https://n8n.example.com/x"],
    ["events"],
    ["deliveries"],
    ["replay", "--status", "failed", "--yes"],
    ["archive"],
    ["check"],
    ["send-test"],
    ["worker"],
    ["backup", "a.db"],
    ["restore", __file__, "--yes"],
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_no_command_writes_to_a_disk_that_is_gone_a_second_later(
    run: Run, data_dir: Path, words: list[str]
) -> None:
    result = run(*words, DYNO="run.1234", **N8N)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: Nothing was done: this is a dyno of its own (run.1234)")
    assert result.stderr.count("\n") == 1
    assert not data_dir.exists()


@pytest.mark.parametrize("environ", MACHINES, ids=str)
def test_no_host_hands_out_a_token_that_the_relay_does_not_know(
    run: Run, data_dir: Path, environ: dict[str, str]
) -> None:
    result = run("tokens", "add", "n8n", **environ)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Nothing was done" in result.stderr
    assert not data_dir.exists()


@pytest.mark.parametrize(
    "environ", [{"DYNO": "web.1"}, {"RENDER": "true"}, {"RELAY_CONTAINER": "1"}], ids=str
)
def test_the_shell_of_the_machine_that_serves_has_the_data(
    run: Run, data_dir: Path, environ: dict[str, str]
) -> None:
    site = Site(data_dir)
    assert run("tokens", "add", "n8n", **environ).exit_code == 0
    assert [each.name for each in site.store.tokens()] == ["n8n"]
    site.close()


def test_what_needs_no_data_works_anywhere(run: Run) -> None:
    for words in (["templates", "list"], ["--help"], ["--version"]):
        assert run(*words, DYNO="run.1234").exit_code == 0
