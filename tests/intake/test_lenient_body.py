"""A signed body is read whatever it looks like; what cannot be read gives nothing, and is never an error."""

import json
import sys
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from relay.intake.lenient_body import read
from relay.intake.strict_json import DEEPEST

ONE = {"id": "vgen_1", "status": "completed", "prompt": "Café 陶器"}
TEXT = json.dumps(ONE, ensure_ascii=False)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (TEXT.encode(), ""),
        (TEXT.encode("utf-8-sig"), "application/json"),
        (b"\xef\xbb\xbf" * 2 + TEXT.encode(), ""),
        (b"\r\n " + TEXT.encode() + b"\n\n", "text/plain"),
        (TEXT.encode("utf-16"), "application/json"),
        (TEXT.encode("utf-16-le"), ""),
        (TEXT.encode("utf-16-be"), ""),
        (TEXT.encode("utf-32"), ""),
        (TEXT.encode("gb18030"), 'application/json; charset="GB18030"'),
        (json.dumps(TEXT).encode(), ""),
        (json.dumps([ONE]).encode(), ""),
    ],
    ids=[
        "plain",
        "bom",
        "two boms",
        "blanks",
        "utf-16",
        "le",
        "be",
        "utf-32",
        "charset",
        "text",
        "list",
    ],
)
def test_one_event_in_any_wrapping_is_read_as_it_is(body: bytes, content_type: str) -> None:
    assert read(body, content_type) == [ONE]


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"credits": NaN, "a": [Infinity, -Infinity]}', {"credits": None, "a": [None, None]}),
        (b'{"credits": 1e999, "n": %s}' % (b"9" * 5000), {"credits": None, "n": None}),
        (b'{"id": 1234567890123456789012}', {"id": 1234567890123456789012}),
        (b'{"id": "a", "id": "b"}', {"id": "b"}),
        (b'{"prompt": "a\nb\tc"}', {"prompt": "a\nb\tc"}),
        (b'{"prompt": "a\x00b"}', {"prompt": "a\ufffdb"}),
        (rb'{"prompt": "\ud83d"}', {"prompt": "\ufffd"}),
        (rb'{"prompt": "\ud83d\ude00"}', {"prompt": "\U0001f600"}),
        ('{"prompt": "é"}'.encode("latin-1"), {"prompt": "\ufffd"}),
        (b'{"prompt": "\xed\xa0\x80"}', {"prompt": "\ufffd\ufffd\ufffd"}),
    ],
)
def test_what_is_no_strict_json_is_read_as_far_as_it_makes_sense(body: bytes, value: dict[str, Any]) -> None:
    assert read(body) == [value]


def test_a_charset_is_believed_only_where_the_bytes_are_no_utf8() -> None:
    assert read('{"prompt": "é"}'.encode("latin-1"), "application/json; charset=iso-8859-1") == [
        {"prompt": "é"}
    ]
    assert read('{"prompt": "é"}'.encode(), "application/json; charset=iso-8859-1") == [{"prompt": "é"}]
    for charset in ("nonsense", "base64", "rot13", '"', "undefined"):
        assert read(b'{"prompt": "\xff"}', f"application/json; charset={charset}") == [{"prompt": "\ufffd"}]


def test_a_list_of_events_gives_each() -> None:
    assert read(b'[{"id": "a"}, {"id": "b"}, 5, null, [], "x"]') == [{"id": "a"}, {"id": "b"}]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"null",
        b"5",
        b'"text"',
        b"true",
        b"[]",
        b"[[]]",
        b"[5]",
        b"{",
        b"{}{}",
        b"{'a': 1}",
        b"id=1&x=2",
        *(b"<xml/>", b"\x1f\x8b\x08\x00", b"\xff\xfe", b"[" * 900_000, b'{"a":' * 150_000),
    ],
)
def test_what_holds_no_object_gives_none(body: bytes) -> None:
    before = sys.getrecursionlimit()
    assert read(body) == []
    assert sys.getrecursionlimit() == before


def test_what_is_nested_too_deep_to_be_walked_gives_none() -> None:
    def nested(depth: int) -> bytes:
        return b'{"a":' * depth + b"1" + b"}" * depth

    assert read(nested(DEEPEST))
    for depth in (DEEPEST + 1, 500, 5_000):
        assert read(nested(depth)) == []


@given(st.binary(max_size=200), st.text(st.characters(max_codepoint=255), max_size=60))
@example(b'{"a":1}\x00', "application/json; charset=utf-7")
def test_any_bytes_give_objects_or_none(body: bytes, content_type: str) -> None:
    assert all(isinstance(each, dict) for each in read(body, content_type))
