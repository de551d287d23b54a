"""A tab as a table, and the requests that reach Google: notation, cells, and what Google would refuse."""

import json
import math

import pytest

from connectors.sheets.a1 import a1, cell, first_cell, letters, table
from tests.reference.sheets import HOST, misfits


@pytest.mark.parametrize(
    ("column", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA")]
)
def test_columns_have_letters(column: int, name: str) -> None:
    assert letters(column) == name


def test_the_name_of_a_tab_is_quoted() -> None:
    assert a1("My 'best' tab!", "A1") == "'My ''best'' tab!'!A1"


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("'My tab'!A7:G7", ("A", 7)),
        ("Results!AB12", ("AB", 12)),
        ("'a!B9'!A2:C2", ("A", 2)),
        ("A3:B3", ("A", 3)),
        ("", None),
        ("Results!A:G", None),
    ],
)
def test_where_a_row_was_written_is_read_from_the_range(written: str, found: tuple[str, int] | None) -> None:
    assert first_cell(written) == found


def test_values_go_under_their_names_and_other_columns_are_left_alone() -> None:
    seen = table(["Notes", "ID", "", "Link", "Owner", "", ""], ["ID"])
    assert seen.header == ("Notes", "ID", "", "Link", "Owner")
    assert seen.missing(["ID", "Status", "Link"]) == ["Status"]
    assert seen.cells({"ID": "vgen_1", "Link": ""}) == [None, "vgen_1", None, ""]


def test_of_two_columns_with_one_name_the_first_is_ours() -> None:
    assert table(["ID", "Link", "Link"], []).cells({"ID": "a", "Link": "b"}) == ["a", "b"]


def test_keys_are_found_whatever_sheets_made_of_them_and_the_header_is_no_key() -> None:
    assert table(["7"], ["7", "a", 7, "", 7.0, " 7 ", True]).rows_of("7") == [3, 5, 6]


@pytest.mark.parametrize("value", [30.0, 7, -0.5, 10**15 - 1, "", "=1+1", "'text", "007"])
def test_what_a_cell_can_hold_stays_as_it_is(value: str | float) -> None:
    assert cell(value) == value


@pytest.mark.parametrize("value", [10**15, 12345678901234567890, math.inf])
def test_a_number_that_would_be_rounded_becomes_text(value: float) -> None:
    assert cell(value) == str(value)


@pytest.mark.parametrize("letter", ["x", "ü", "\U0001f3fa", "\ud83c"])
def test_a_text_is_cut_below_the_limit_of_a_cell(letter: str) -> None:
    cut = str(cell(letter * 60_000))
    assert len(cut.encode("utf-16-le", "surrogatepass")) // 2 <= 49_000
    assert cut.endswith("…")
    assert cell(letter * 24_000) == letter * 24_000


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "v4/spreadsheets/x/values:batchGet?ranges=A&ranges=B&majorDimension=COLUMNS", None),
        ("PUT", "v4/spreadsheets/x/values/A1?valueInputOption=RAW", {"values": [["a", 1, None, True]]}),
    ],
)
def test_a_request_that_google_describes_passes(method: str, path: str, body: object) -> None:
    assert misfits(method, HOST + path, body and json.dumps(body).encode()) == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("DELETE", "v4/spreadsheets/x", None),
        ("GET", "v4/spreadsheets/x?field=sheets", None),
        ("GET", "v4/spreadsheets/x?fields=a&fields=b", None),
        ("GET", "v4/spreadsheets/x?includeGridData=yes", None),
        ("GET", "v4/spreadsheets/x", {}),
        ("PUT", "v4/spreadsheets/x/values/A1?valueInputOption=raw", {"values": []}),
        ("PUT", "v4/spreadsheets/x/values/A1", {"values": []}),
        ("PUT", "v4/spreadsheets/x/values/A1?valueInputOption=RAW", None),
        ("PUT", "v4/spreadsheets/x/values/A1?valueInputOption=RAW", {"value": []}),
        ("PUT", "v4/spreadsheets/x/values/A1?valueInputOption=RAW", {"values": ["a"]}),
        ("PUT", "v4/spreadsheets/x/values/A1?valueInputOption=RAW", {"values": [[{}]]}),
        ("PUT", "v4/spreadsheets/x/values/A1?valueInputOption=RAW", {"majorDimension": "ROW"}),
        ("POST", "v4/spreadsheets/x:batchUpdate", {"requests": [{"addTab": {}}]}),
        ("POST", "v4/spreadsheets/x:batchUpdate", {"requests": [{"appendDimension": {"length": "1"}}]}),
    ],
)
def test_a_request_that_google_would_refuse_is_found(method: str, path: str, body: object) -> None:
    assert misfits(method, HOST + path, None if body is None else json.dumps(body).encode())
