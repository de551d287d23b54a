"""The context of a generation that was started elsewhere stands behind the webhook's address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.intake import query_context


@pytest.mark.parametrize(
    ("query", "known"),
    [
        ("sku=MUG-1&title=Mug%20%26%20saucer", {"sku": "MUG-1", "title": "Mug & saucer"}),
        ("sku=first&sku=second", {"sku": "first"}),
        ("sku=&title", {}),
        ("name=Zo%C3%AB+M", {"name": "Zoë M"}),
        ("", {}),
        ("a=%00b&c=%ff", {"a": "\ufffdb", "c": "\ufffd"}),
        ("=nameless", {}),
    ],
)
def test_each_parameter_is_one_thing_known(query: str, known: dict[str, str]) -> None:
    assert query_context.read(query) == known


def test_what_is_too_long_is_cut_or_left_out() -> None:
    read = query_context.read(f"{'n' * 65}=1&note={'x' * 3000}&sku=1")
    assert sorted(read) == ["note", "sku"]
    assert len(read["note"]) == 2000


def test_too_many_parameters_are_no_context_and_no_error() -> None:
    assert query_context.read("&".join(f"p{n}=1" for n in range(51))) == {}


@given(st.text())
def test_no_query_is_an_error(query: str) -> None:
    for name, value in query_context.read(query).items():
        assert (name + value).encode().find(b"\0") == -1
