"""Our reading of Make's expressions: each row is what Make's help says of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.templates.make_run.expressions import ExpressionError, evaluate
from tests.templates.make_run.filters import passes

NOW = datetime(2026, 2, 25, 6, 13, 20, tzinfo=UTC)
BUNDLES: dict[int, Any] = {
    1: {
        "sku": "MUG-1",
        "empty": "",
        "nothing": None,
        "count": 3,
        "list": [{"url": "u", "name": "a"}, {"url": "v", "name": "b"}],
        "Column Name": "odd",
        "deep": {"er": [{"x": 1}]},
        "hostile": 'a "quote" \\ {{1.sku}}',
    },
    2: {"json": '{"a": 1}'},
}
NAMES = {"now": NOW, "timestamp": 1_772_000_000, "executionId": "e1"}


def value(text: Any) -> Any:
    return evaluate(text, BUNDLES, NAMES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("{{1.sku}}", "MUG-1"),
        ("{{1.count}}", 3),
        ("n = {{1.count}}", "n = 3"),
        ("{{1.missing}}", None),
        ("a{{1.missing}}b{{1.nothing}}", "ab"),
        ("{{1.missing.deeper[3].x}}", None),
        ("{{1.list}}", BUNDLES[1]["list"]),
        ("{{1.list[1].url}}", "u"),
        ("{{1.list[2].url}}", "v"),
        ("{{1.list[].url}}", "u"),
        ("{{1.list[9].url}}", None),
        ("{{1.sku[1].url}}", None),
        ("{{1.`Column Name`}}", "odd"),
        ("{{1.deep.er[1].x}}", 1),
        ("{{`2`}}", {"json": '{"a": 1}'}),
        ("{{5}}", 5),
        ("{{1.hostile}}", 'a "quote" \\ {{1.sku}}'),
        ('{{"said ""no"" \\ }}"}}', 'said "no" \\ }}'),
        ("{{true}}", True),
        ("is {{true}}", "is true"),
        ("{{emptystring}}", ""),
        ("{{timestamp - 1772000000 + 5}}", 5),
        ("{{executionId}}", "e1"),
        ('{{if(1.count > 2; "many"; "few")}}', "many"),
        ('{{if(1.count >= 4 | 1.sku = "MUG-1"; "yes"; "no")}}', "yes"),
        ('{{if(1.count < 4 & 1.sku != "MUG-1"; "yes"; "no")}}', "no"),
        ('{{if(1.missing < 300; "yes"; "no")}}', "yes"),
        ('{{ifempty(1.empty; "other")}}', "other"),
        ('{{ifempty(1.missing; ifempty(1.nothing; "third"))}}', "third"),
        ('{{switch(1.count; 1; "one"; 3; "three"; "other")}}', "three"),
        ('{{switch(1.count; 1; "one"; "other")}}', "other"),
        ('{{switch(1.count; 1; "one")}}', None),
        ("{{length(1.list)}}", 2),
        ("{{length(1.sku)}}", 5),
        ("{{length(1.missing)}}", 0),
        ('{{lower(trim("  COMPLETED "))}}', "completed"),
        ("{{capitalize(1.missing)}}", ""),
        ('{{replace("<!channel>"; "<"; "&lt;")}}', "&lt;!channel>"),
        ('{{last(split("video.generation.completed"; "."))}}', "completed"),
        ('{{join(map(1.list; "url"); ", ")}}', "u, v"),
        ('{{join(map(1.missing; "url"); ", ")}}', ""),
        ('{{get(map(1.list; "url"; "name"; "b"); 1)}}', "v"),
        ('{{get(map(1.list; "url"; "name"; "c"); 1)}}', None),
        ('{{join(add(emptyarray; "a"; 1.count); "#")}}', "a#3"),
        ('{{md5("")}}', "d41d8cd98f00b204e9800998ecf8427e"),
        (
            '{{sha256("what do ya want for nothing?"; "hex"; "Jefe")}}',  # RFC 4231, test case 2
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (
            '{{sha256("what do ya want for nothing?"; "base64"; "Jefe")}}',
            "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=",
        ),
        ('{{parseNumber("5"; ".")}}', 5),
        ("{{min(30; ceil(200 / 30))}}", 7),
        ("{{addDays(now; -1)}}", NOW - timedelta(days=1)),
        ({"a": ["{{1.sku}}", 1]}, {"a": ["MUG-1", 1]}),
    ],
)  # fmt: skip
def test_an_expression_has_the_value_that_make_gives_it(text: Any, expected: Any) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "{{1.sku",
        "{{9.sku}}",
        "{{escapeJSON(1.sku)}}",
        "{{somename}}",
        "{{if(1.sku; 2}}",
        "{{1.sku 1.count}}",
        "{{lower(1.sku, 1.count)}}",
        "list: {{1.list}}",
        "{{}}",
        "{{“typographic”}}",
    ],
)
def test_what_is_not_known_is_refused_and_not_passed_over(text: str) -> None:
    with pytest.raises(ExpressionError):
        value(text)


def test_only_the_branch_that_is_taken_is_evaluated() -> None:
    assert value('{{if(1.count = 3; "yes"; toString(1.list))}}') == "yes"


@pytest.mark.parametrize(
    ("a", "operator", "b", "expected"),
    [
        ("{{1.sku}}", "text:equal", "MUG-1", True),
        ("{{1.sku}}", "text:equal", "mug-1", False),
        ("{{1.sku}}", "text:equal:ci", "mug-1", True),
        ("{{1.sku}}", "text:notequal", "MUG-1", False),
        ("{{1.missing}}", "text:equal", "", True),
        ("{{1.sku}}", "text:startwith:ci", "mug", True),
        ("{{1.sku}}", "text:notstartwith:ci", "mug", False),
        ("{{1.sku}}", "text:pattern", "^(MUG|CUP)-", True),
        ("{{1.sku}}", "text:notpattern", "^(MUG|CUP)-", False),
        ("{{1.count}}", "number:greater", "2", True),
        ("{{1.count}}", "number:lessorequal", "2", False),
        ("{{1.missing}}", "number:equal", "0", False),
        ("{{true}}", "boolean:equal", "true", True),
        ("{{false}}", "boolean:equal", "false", True),
        ("2026-02-25T06:13:19.000Z", "date:greater", "{{addDays(now; -1)}}", True),
        ("2026-02-23T06:13:19.000Z", "date:greater", "{{addDays(now; -1)}}", False),
        ("{{1.missing}}", "date:greater", "{{now}}", False),
        ("{{1.sku}}", "exist", None, True),
        ("{{1.missing}}", "exist", None, False),
        ("{{1.missing}}", "notexist", None, True),
    ],
)
def test_a_filter_lets_through_what_make_lets_through(a: str, operator: str, b: Any, expected: bool) -> None:
    condition = {"a": a, "o": operator} if b is None else {"a": a, "o": operator, "b": b}
    assert passes([[condition]], value) is expected


def test_groups_of_a_filter_are_alternatives_and_conditions_of_a_group_are_not() -> None:
    yes, no = {"a": "1", "o": "text:equal", "b": "1"}, {"a": "1", "o": "text:equal", "b": "2"}
    assert passes([[no], [yes, yes]], value)
    assert not passes([[yes, no], [no]], value)
