"""No name of the OpenAPI document is of a private language; tests/test_words.py reads its texts."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from relay.web.api.openapi import document
from relay.web.api.registry import OPERATIONS

# Words that may not be part of a path, an operation's id, a schema, a field or a value.
IN_NAMES = re.compile(
    "wish|wishes|asked|ask|told|tell|tells|looked|look|looks|follow|makes|tried|tries|dry|sentence|why|who|"
    "least|most|owed|lane|line|brought|said|stands|chain|vendor|mend|misfortunes?|letter|answers?"
)
ALLOWED = {"vendor_batch_id", "dry_run"}  # CreativeAI's batch beside the relay's own; the usual term


def names(value: object, key: str = "") -> Iterator[str]:
    """Whatever a caller's program has to spell."""
    if isinstance(value, dict):
        for name, each in value.items():
            if key in ("paths", "properties", "schemas"):
                yield name
            yield from names(each, name)
    elif isinstance(value, list):
        for each in value:
            yield from names(each, key)
    elif isinstance(value, str) and key in ("name", "operationId", "enum", "const"):
        yield value


def is_odd(name: str) -> bool:
    """Takes createJob and status_reason apart."""
    parts = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)
    return any(IN_NAMES.fullmatch(part.lower()) for part in parts)


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    return document(OPERATIONS)


def test_no_name_is_of_a_private_language(made: dict[str, Any]) -> None:
    found = {name for name in names(made) if is_odd(name)}
    assert found - ALLOWED == set()


def test_a_planted_word_is_found() -> None:
    planted = {"paths": {"/api/jobs/{id}/look": {"get": {"operationId": "askAgain"}}}}
    assert [name for name in names(planted) if is_odd(name)] == ["/api/jobs/{id}/look", "askAgain"]
