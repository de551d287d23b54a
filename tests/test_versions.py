"""The oldest Python and SQLite are promised in one place, and what else names them says the same."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
PROMISED = dict(re.findall(r"^OLDEST_(\w+)=(.+)$", (ROOT / ".ci" / "oldest").read_text(), re.MULTILINE))


def test_the_package_asks_for_the_oldest_python_that_is_tried() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["requires-python"] == f">={PROMISED['PYTHON']}"
    assert project["tool"]["ruff"]["target-version"] == f"py{PROMISED['PYTHON'].replace('.', '')}"


def test_the_readme_names_them() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"Python {PROMISED['PYTHON']} or newer" in readme
