"""What is written down is true: settings, commands, make targets, the deploy button's questions."""

import json
import re
from pathlib import Path

import pytest

import connectors
from relay.cli.main import cli
from relay.config.settings import Settings
from relay.connections.loader import Filters
from tests.deploy.dyno import pushed_files

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")

SETTINGS = {name.upper() for name in Settings.model_fields}
OPTIONS = {
    f"{kind.upper()}_{option.upper()}"
    for kind in connectors.kinds()
    for option in connectors.connector(kind).Options.model_fields
}
FILTERS = {f"{kind.upper()}_{name.upper()}" for kind in connectors.kinds() for name in Filters.model_fields}

FENCE = re.compile(r"^```(?:sh|bash|shell|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

# Each pattern has a letter in brackets, so that it does not find itself here.
OF_ONE_MACHINE = re.compile(r"(?<![\w./-])/(?:[w]ork|[r]oot)/|(?<![\w.-])/(?:[h]ome|[U]sers)/\w+/")
OF_A_REGISTRY = re.compile(r"files[.]pythonhosted|pypi[.]org/simple|registry[.]npmjs|--index[-]url")


def shell_lines(text: str) -> list[str]:
    lines = [line.strip() for fence in FENCE.findall(text) for line in fence.splitlines()]
    return [line.removeprefix("$ ") for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize("name", sorted(SETTINGS | OPTIONS | FILTERS))
def test_the_readme_explains_each_setting(name: str) -> None:
    assert f"`{name}`" in README


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_the_readme_explains_each_command(name: str) -> None:
    assert re.search(rf"`(?:python -m relay )?{name}[ `]", README)


def test_the_readme_names_no_setting_that_is_gone() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \|", README, re.MULTILINE)
    assert rows
    assert set(rows) <= SETTINGS | OPTIONS | FILTERS


def test_the_deploy_button_asks_only_for_settings() -> None:
    asked = set(json.loads((ROOT / "app.json").read_text(encoding="utf-8"))["env"])
    assert asked <= SETTINGS | OPTIONS | FILTERS


@pytest.mark.parametrize("page", ["README.md"])
def test_each_shell_line_names_a_real_target_or_command(page: str) -> None:
    lines = shell_lines((ROOT / page).read_text(encoding="utf-8"))
    assert lines
    for line in lines:
        for target in re.findall(r"\bmake ([a-z]+)", line):
            assert target in TARGETS, line
        for command in re.findall(r"-m relay ([a-z]+)", line):
            assert command in cli.commands, line


def test_each_relative_link_leads_to_a_file() -> None:
    for page in (path for path in pushed_files(ROOT) if path.suffix == ".md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)|(?:src|srcset)=\"([^\":]+)\"", text):
            assert (ROOT / page.parent / "".join(link)).exists(), f"{page}: {''.join(link)}"


@pytest.mark.parametrize("trace", [OF_ONE_MACHINE, OF_A_REGISTRY], ids=["paths of a machine", "registries"])
def test_no_file_carries_traces_of_where_it_was_made(trace: re.Pattern[str]) -> None:
    found = []
    for path in pushed_files(ROOT):
        text = (ROOT / path).read_bytes().decode("utf-8", errors="replace")
        found += [f"{path}: {match[0]}" for match in trace.finditer(text)]
    assert found == []


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("see /{}oot/x", True),
        ("(/{}ork/main)", True),
        ("docs/{}ork/x", False),
        ("https://example.com/{}ork/x", False),
    ],
)
def test_paths_of_a_machine_are_recognised(text: str, seen: bool) -> None:
    letter = "r" if "oot" in text else "w"
    assert bool(OF_ONE_MACHINE.search(text.format(letter))) is seen
