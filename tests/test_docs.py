"""What is written down is true: settings, commands, make targets, links, the deploy button's questions."""

import json
import re
from pathlib import Path

import pytest

import connectors
from docs import generate
from relay.cli.main import cli
from relay.config.settings import Settings
from relay.connections.loader import Filters
from tests.deploy.dyno import pushed_files

ROOT = Path(__file__).parent.parent
OPERATING = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
TABLES = "".join((ROOT / "docs" / name).read_text(encoding="utf-8") for name in generate.PAGES)
README_BYTES = 9000

SETTINGS = {name.upper() for name in Settings.model_fields}
OPTIONS = {
    f"{kind.upper()}_{option.upper()}"
    for kind in connectors.kinds()
    for option in connectors.connector(kind).Options.model_fields
}
FILTERS = {f"{kind.upper()}_{name.upper()}" for kind in connectors.kinds() for name in Filters.model_fields}

FENCE = re.compile(r"^```(?:sh|bash|shell|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)
TARGETS = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

PAGES = [path for path in pushed_files(ROOT) if path.suffix == ".md"]
SHELL_PAGES = sorted(str(page) for page in PAGES if page.parent in (Path(), Path("docs")))

# Each pattern has a letter in brackets, so that it does not find itself here.
OF_ONE_MACHINE = re.compile(r"(?<![\w./-])/(?:[w]ork|[r]oot)/|(?<![\w.-])/(?:[h]ome|[U]sers)/\w+/")
OF_A_REGISTRY = re.compile(r"files[.]pythonhosted|pypi[.]org/simple|registry[.]npmjs|--index[-]url")


def shell_lines(text: str) -> list[str]:
    lines = [line.strip() for fence in FENCE.findall(text) for line in fence.splitlines()]
    commands = (line.partition("#")[0].strip().removeprefix("$ ") for line in lines)
    return [command for command in commands if command]


@pytest.mark.parametrize("name", sorted(SETTINGS | OPTIONS | FILTERS))
def test_the_docs_explain_each_setting(name: str) -> None:
    assert f"| `{name}` |" in TABLES


@pytest.mark.parametrize("name", generate.PAGES)
def test_the_tables_in_the_docs_are_those_that_the_code_gives(name: str) -> None:
    committed = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert committed == generate.page(name), "run: make docs"


def test_the_readme_is_short() -> None:
    assert (ROOT / "README.md").stat().st_size <= README_BYTES


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_the_docs_explain_each_command(name: str) -> None:
    assert f"| `{name}` |" in OPERATING


def test_the_docs_name_no_setting_that_is_gone() -> None:
    rows = re.findall(r"^\| `([A-Z0-9_]+)` \|", TABLES, re.MULTILINE)
    assert rows
    assert set(rows) <= SETTINGS | OPTIONS | FILTERS


def test_the_deploy_button_asks_only_for_settings() -> None:
    asked = set(json.loads((ROOT / "app.json").read_text(encoding="utf-8"))["env"])
    assert asked <= SETTINGS | OPTIONS | FILTERS


@pytest.mark.parametrize("page", SHELL_PAGES)
def test_each_shell_line_names_a_real_target_or_command(page: str) -> None:
    lines = shell_lines((ROOT / page).read_text(encoding="utf-8"))
    for line in lines:
        for target in re.findall(r"\bmake ([a-z0-9-]+)", line):
            assert target in TARGETS, line
        for command in re.findall(r"\brelay ([a-z-]+)", line):
            assert command in cli.commands, line


def test_each_relative_link_leads_to_a_file() -> None:
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)|(?:src|srcset)=\"([^\":]+)\"", text):
            assert (ROOT / page.parent / "".join(link)).exists(), f"{page}: {''.join(link)}"


def test_each_anchor_is_a_heading_of_its_page() -> None:
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        for path, anchor in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", text):
            there = (ROOT / page.parent / path) if path else ROOT / page
            assert anchor in anchors(there.read_text(encoding="utf-8")), f"{page}: {path}#{anchor}"


def anchors(text: str) -> set[str]:
    """What GitHub makes of the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^a-z0-9 _-]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.heavy
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
