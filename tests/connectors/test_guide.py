"""The connector of docs/adding-a-connector.md, built from that page's own text: it works as the page says."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import connectors
from docs import generate
from relay.bootstrap.configuration import configure
from tests.connectors.contract import field_errors
from tests.web.site import Site

GUIDE = Path(__file__).parents[2] / "docs" / "adding-a-connector.md"
TEXT = GUIDE.read_text(encoding="utf-8")
FILES = dict(re.findall(r"^`([\w/.]+)`:\n\n```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL))
LINE: dict[str, str] = ast.literal_eval("{" + re.findall(r'^"ntfy": .*$', TEXT, re.MULTILINE)[0] + "}")
MODULE = "connectors/ntfy/connector.py"

# The guide's tests run as tests of this module: its contract list, and its delivery over real HTTP.
guide_tests: dict[str, Any] = {"__name__": __name__}
exec(compile(FILES["tests/connectors/ntfy/test_connector.py"], str(GUIDE), "exec"), guide_tests)
TestContract = guide_tests["TestContract"]
test_a_result_is_published_over_real_http = guide_tests["test_a_result_is_published_over_real_http"]


@pytest.fixture(scope="module", autouse=True)
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The folder as the guide has it, importable, and its registry line."""
    root = tmp_path_factory.mktemp("guide")
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connectors, "__path__", [*connectors.__path__, str(root / "connectors")])
        patch.setattr(connectors, "REGISTRY", connectors.REGISTRY | LINE)
        yield
    for name in [name for name in sys.modules if name.startswith("connectors.ntfy")]:
        del sys.modules[name]


def test_the_guide_names_every_file_that_a_connector_touches() -> None:
    assert set(FILES) == {
        "connectors/ntfy/__init__.py",
        MODULE,
        "tests/connectors/ntfy/__init__.py",
        "tests/connectors/ntfy/test_connector.py",
    }
    assert len(FILES[MODULE].splitlines()) <= 95


def test_its_docs_come_from_the_class(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text(
        "<!-- needs ntfy -->\n<!-- end -->\n<!-- table ntfy -->\n<!-- end -->\n"
    )
    monkeypatch.setattr(generate, "DOCS", tmp_path)
    page = generate.page("page.md")
    assert "- A topic that your phone subscribes to in the ntfy app." in page
    assert "| `NTFY_TOKEN` | **Access token.**" in page


def test_its_form_comes_from_the_class(data_dir: Path) -> None:
    site = Site(data_dir)
    try:
        assert "A push notification for each result, with its link." in site.page("/connections").text
        form = site.page("/connections/new/ntfy").text
    finally:
        site.close()
    assert "An access token that may write to it".lower() in form.lower()
    for name in ("topic", "server", "token"):
        assert f'name="{name}"' in form


def test_a_server_that_cannot_be_called_is_shown_next_to_the_field() -> None:
    assert "server" in field_errors("ntfy", {"topic": "clay-and-co", "server": "ntfy.example.com"})


def test_its_environment_names_come_from_the_class(data_dir: Path) -> None:
    given = configure({"DATA_DIR": str(data_dir), "NTFY_TOPIC": "clay-and-co", "NTFY_TOKEN": "tk_1"})
    assert list(given.options) == ["ntfy"]
    assert "tk_1" in given.secrets()
