"""Every log line in the source can be written: its fields do not collide with the record's own."""

import ast
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
RESERVED = set(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


def fields() -> Iterator[tuple[str, str]]:
    """(place, name) of each key in an `extra={...}` of relay/, connectors/ and sandbox/."""
    for package in ("relay", "connectors", "sandbox"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.keyword) and node.arg == "extra" and isinstance(node.value, ast.Dict):
                    for key in node.value.keys:
                        if isinstance(key, ast.Constant):
                            yield f"{path.relative_to(ROOT)}:{node.value.lineno}", str(key.value)


@pytest.mark.slow
def test_no_log_line_breaks_over_a_name_that_logging_keeps_for_itself() -> None:
    found = list(fields())

    assert len(found) > 10
    assert not [(place, name) for place, name in found if name in RESERVED]
