"""What the start logs: where the data lives, and whether it lasts there."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.wire import RelayProcess
from tests.wire.program import ROOT

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({}, ["info", "on this machine"]),
        ({"RENDER": "true"}, ["data does not last", "Render wipes files outside a disk", "Add a disk"]),
        ({"DYNO": "web.1"}, ["data does not last", "Heroku wipes its disk", "Add Heroku Postgres"]),
        ({"RELAY_CONTAINER": "1"}, ["data does not last", "gone when it is replaced", "Mount a volume"]),
    ],
    ids=str,
)
def test_the_start_says_where_the_data_lives(
    tmp_path: Path, environ: dict[str, str], words: list[str]
) -> None:
    with RelayProcess(tmp_path, environ) as relay:
        (line,) = (line for line in relay.last_lines().splitlines() if '"where": "The data is in' in line)
    assert str(tmp_path / "relay.db") in line
    for each in words:
        assert each in line


def test_what_was_imported_is_no_garbage_and_what_comes_later_is_collected() -> None:
    code = (
        "import gc; gc.disable()\n"
        "from relay.bootstrap import garbage_collection, supervisor\n"
        "garbage_collection.make_rare()\n"
        "print(gc.isenabled(), gc.get_freeze_count() > 50_000)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout == "True True\n"
