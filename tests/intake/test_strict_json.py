"""Strict JSON: what is no JSON is refused in a sentence, what is JSON is read whole."""

import contextlib
import json
import sys
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from relay.errors import MalformedEventError
from relay.intake.strict_json import DEEPEST, numbers_beyond_bounds, parse_object

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])), inner)
    ),
    max_leaves=20,
)


@pytest.mark.slow
@given(st.dictionaries(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])), JSON))
def test_whatever_json_can_say_is_read_as_python_reads_it(value: dict[str, Any]) -> None:
    assert parse_object(json.dumps(value).encode()) == value
    assert parse_object(json.dumps(value, ensure_ascii=False).encode()) == value


@given(st.binary(max_size=200))
@example(b"\xff")
@example(b'{"a":1}\x00')
def test_any_bytes_give_an_object_or_the_one_documented_error(body: bytes) -> None:
    with contextlib.suppress(MalformedEventError):
        assert isinstance(parse_object(body), dict)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"null",
        b"[]",
        b"1",
        b'"text"',
        b"true",
        b"[{}]",
        b"{}{}",
        b"{} x",
        b"{",
        b'{"a":1,}',
        b"{a:1}",
        b"{'a':1}",
        b'{"a":01}',
        b'{"a":+1}',
        b'{"a":.5}',
        b'{"a":1.}',
        b'{"a":0x1}',
        b'{"a":1} // comment',
        b'{"a":"\t"}',
        b'{"a":"line\nbreak"}',
        b'{"a":"\x00"}',
        b'{"a":"\\x41"}',
        b'{"a":"\\u12"}',
        b'{"a":True}',
        b"id=1&status=completed",
        b"<xml/>",
        b"\x1f\x8b\x08\x00",
    ],
)
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedEventError):
        parse_object(body)


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        (b'{"credits": NaN}', ["credits"]),
        (b'{"credits": [1, Infinity, {"each": -Infinity}]}', ["credits.1", "credits.2.each"]),
        (b'{"a": 1e999, "b": {"c": -1e400}, "d": 1e308}', ["a", "b.c"]),
        (b'{"a": %s, "b": -%s, "c": %s}' % (b"9" * 400, b"9" * 500_000, b"9" * 200), ["a", "b"]),
        (b'{"a": 1e-999, "b": 0.1, "c": true, "d": null, "e": "NaN", "f": "1e999"}', []),
    ],
)
def test_numbers_that_no_number_can_hold_are_found_by_their_fields(body: bytes, paths: list[str]) -> None:
    assert numbers_beyond_bounds(parse_object(body)) == paths


@pytest.mark.parametrize(
    "body",
    [
        '{"a": "é"}'.encode("latin-1"),
        '{"a": 1}'.encode("utf-16"),
        '{"a": 1}'.encode("utf-32-le"),
        b'\xff\xfe{"a": 1}',
        b'{"a": "\xed\xa0\x80"}',  # a surrogate, as CESU-8 has it
        b'{"a": "\xc0\x80"}',  # an overlong NUL
        b'{"a": "\xf5\x80\x80\x80"}',
    ],
)
def test_utf8_is_the_only_encoding(body: bytes) -> None:
    with pytest.raises(MalformedEventError):
        parse_object(body)


@pytest.mark.parametrize(("left", "right"), [("[", "]"), ('{"a":', "}")])
def test_nesting_is_read_to_its_bound_and_refused_beyond(left: str, right: str) -> None:
    def body(depth: int) -> bytes:
        inner = "1" if left != "[" else ""
        return ('{"a":' + left * (depth - 1) + inner + right * (depth - 1) + "}").encode()

    assert parse_object(body(DEEPEST))
    for depth in (DEEPEST + 1, 500, 5_000, 400_000):
        with pytest.raises(MalformedEventError, match="nested deeper than 64 levels"):
            parse_object(body(depth))


@pytest.mark.parametrize("body", [b"[" * 900_000, b'{"a":' * 150_000])
def test_nesting_that_never_ends_is_refused_without_harm(body: bytes) -> None:
    before = sys.getrecursionlimit()
    with pytest.raises(MalformedEventError):
        parse_object(body)
    assert sys.getrecursionlimit() == before


def test_brackets_in_text_and_many_beside_each_other_are_no_nesting() -> None:
    value = {"prompt": "[" * 1000 + "{" * 1000, "data": [{"n": [i]} for i in range(500)]}
    assert parse_object(json.dumps(value).encode()) == value


@pytest.mark.parametrize("escape", [r"\u0000", r"\ud83d", r"\udfff", r"\udfff\ud800"])
def test_text_that_cannot_be_stored_is_replaced_everywhere_and_stops_nothing(escape: str) -> None:
    body = f'{{"x{escape}": ["a{escape}b", {{"deep{escape}": "c{escape}"}}], "id": "vgen_1"}}'.encode()
    value = parse_object(body)
    text = json.dumps(value, ensure_ascii=False)
    assert value["id"] == "vgen_1"
    assert "\ufffd" in text
    assert "\x00" not in text
    text.encode("utf-8")


def test_a_pair_of_escaped_surrogates_is_the_character_it_stands_for() -> None:
    assert parse_object(rb'{"prompt": "\ud83d\ude00"}') == {"prompt": "\U0001f600"}


def test_an_escaped_backslash_before_a_u_is_no_escape() -> None:
    assert parse_object(rb'{"a": "\\ud83d"}') == {"a": r"\ud83d"}


@pytest.mark.parametrize("digits", ["9" * 19, "9" * 40, "1" + "0" * 200])
def test_large_whole_numbers_keep_every_digit(digits: str) -> None:
    assert parse_object(f'{{"id": {digits}, "n": -{digits}}}'.encode()) == {
        "id": int(digits),
        "n": -int(digits),
    }


def test_a_byte_order_mark_is_no_part_of_it() -> None:
    assert parse_object(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


def test_of_a_name_given_twice_the_last_counts_as_everywhere() -> None:
    assert parse_object(b'{"a": 1, "a": 2}') == {"a": 2}


def test_the_sentence_does_not_repeat_the_body() -> None:
    with pytest.raises(MalformedEventError) as raised:
        parse_object(b'{"api_key": "rph_live_secret", oops}')
    assert "rph_live_secret" not in str(raised.value)
