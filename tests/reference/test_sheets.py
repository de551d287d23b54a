"""Our table of Google Sheets says nothing that Google's own document does not say."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.reference.sheets import description

ORIGINAL = Path(__file__).parents[3] / "shared" / "data" / "google" / "sheets.v4.json"
RULES = ("type", "$ref", "location", "repeated", "readOnly")

pytestmark = pytest.mark.skipif(
    not ORIGINAL.is_file(), reason="Google's document of Sheets is not beside the repository"
)


@pytest.fixture(scope="module")
def original() -> dict[str, Any]:
    return dict(json.loads(ORIGINAL.read_text(encoding="utf-8")))


def methods(resource: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield from resource.get("methods", {}).values()
    for inner in resource.get("resources", {}).values():
        yield from methods(inner)


def assert_same(ours: Mapping[str, Any], theirs: Mapping[str, Any], where: str) -> None:
    """One parameter or property. An enumeration of ours may leave out values."""
    assert {name: ours.get(name) for name in RULES} == {name: theirs.get(name) for name in RULES}, where
    assert ("enum" in ours) == ("enum" in theirs), where
    assert set(ours.get("enum", ())) <= set(theirs.get("enum", ())), where
    if "items" in theirs:
        assert_same(ours["items"], theirs["items"], where)


def test_each_method_of_ours_is_one_of_google_s(original: dict[str, Any]) -> None:
    known = {each["id"]: each for each in methods(original)}
    assert len(description()["methods"]) == 7
    for ours in description()["methods"].values():
        theirs = known[ours["id"]]
        for name in ("httpMethod", "flatPath", "request", "response"):
            assert ours.get(name) == theirs.get(name), ours["id"]
        for name, rule in ours["parameters"].items():
            assert_same(rule, theirs["parameters"][name], f"{ours['id']} {name}")
    for name, rule in description()["parameters"].items():
        assert_same(rule, original["parameters"][name], name)


def test_each_field_of_ours_is_one_of_google_s(original: dict[str, Any]) -> None:
    for name, schema in description()["schemas"].items():
        for field, rule in schema["properties"].items():
            assert_same(rule, original["schemas"][name]["properties"][field], f"{name}.{field}")
