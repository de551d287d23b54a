"""What each command imports before it does anything: `--help` is quick, and a probe costs little."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.wire.program import ROOT

# What takes long. None of it is needed to describe the commands.
FRAMEWORKS = {
    *(
        "flask",
        "werkzeug",
        "jinja2",
        "requests",
        "urllib3",
        "gunicorn",
        "httptools",
        "asyncio",
        "cryptography",
    ),
    *("google", "boto3", "psycopg", "sqlite3", "sqlite_utils", "sandbox", "itsdangerous"),
}
ROOMS = {
    f"relay.{room}"
    for room in ("bootstrap", "connections", "creativeai", "delivery", "generation", "http", "store", "web")
}
MODELS = {"pydantic", "relay.config", "relay.models", "connectors.base"}

RUN = """
import json, sys
from relay.cli.main import cli
try:
    cli(sys.argv[1:], prog_name="relay")
except SystemExit:
    pass
print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


def imported(folder: Path, *words: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", RUN, *words],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "DATA_DIR": str(folder / "data"), "PORT": "1"},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return set(json.loads(done.stderr.splitlines()[-1]))


@pytest.mark.parametrize(
    ("words", "never"),
    [
        ("--help", FRAMEWORKS | ROOMS | MODELS),
        ("--version", FRAMEWORKS | ROOMS | MODELS),
        ("serve --help", FRAMEWORKS | ROOMS | MODELS),
        ("tokens add --help", FRAMEWORKS | ROOMS | MODELS),
        ("connections add --help", FRAMEWORKS | ROOMS | MODELS),
        ("deliveries --help", FRAMEWORKS | ROOMS | MODELS),
        ("templates list", FRAMEWORKS | ROOMS | MODELS),
        ("healthcheck", FRAMEWORKS | ROOMS),
    ],
)
def test_a_command_imports_only_what_it_works_with(tmp_path: Path, words: str, never: set[str]) -> None:
    assert never & imported(tmp_path, *words.split()) == set()


def test_what_is_imported_would_be_noticed(tmp_path: Path) -> None:
    found = imported(tmp_path, "connections", "list")
    assert ROOMS | MODELS | {"flask", "requests", "sqlite3", "jinja2"} <= found
