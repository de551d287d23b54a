"""Sheets' samples: the connector asks exactly so, reads the answers, and all fits Google's description."""

from typing import Any
from urllib.parse import urlencode

import pytest

from connectors.base import NotYet
from connectors.sheets.connector import Sheets, SheetsOptions
from relay.http.client import Http
from tests.connectors.contract import CONTEXT, KEY, NOW, VIDEO, Kept
from tests.connectors.files import NoFiles
from tests.connectors.sample_wire import ok, wire
from tests.connectors.sheets.google import account
from tests.connectors.sheets.test_connector import matched
from tests.reference.sheets import answer_misfits, misfits
from tests.samples import PATH, Sample, as_text, sample

ID = "1SampleSpreadsheetOfTheseTests_0123456789abc"
LINK = f"https://docs.google.com/spreadsheets/d/{ID}/edit#gid=1001&range=A2"
HEADER = ["Generation ID", "Status", "Prompt", "Credits", "SKU"]
NO_TAB = ok({"sheets": []})
WRITTEN = ok({"updatedRange": "Results!A1:E1"})
CALLS = sorted(
    f"sheets/{path.stem}"
    for path in (PATH / "sheets").glob("*.json")
    if not path.stem.startswith(("refusals", "token"))
)


def look(header: list[str], keys: list[str]) -> Any:
    return ok({"valueRanges": matched([[name] for name in header], [keys])})


def sheets() -> Sheets:
    columns = "generation_id, status, prompt, credits, context.sku=SKU"
    given = {"service_account": account(), "spreadsheet": ID, "columns": columns}
    return Sheets(SheetsOptions.model_validate(given), Http())


def deliver(*answers: Any) -> str:
    """To its end: where the tab had to be found or prepared, the row comes with the next attempt."""
    connector, memory = sheets(), Kept()
    with wire(sample("sheets/token"), *answers):
        while isinstance(done := connector.deliver(VIDEO, CONTEXT, KEY, memory, NoFiles(), NOW), NotYet):
            pass
    return done.link


def test_a_row_that_is_there_is_found_and_written_over() -> None:
    read = sample("sheets/read")
    assert deliver(sample("sheets/tabs"), read, read, sample("sheets/put")) == LINK


def test_a_row_that_is_not_there_is_appended() -> None:
    no_row = look(HEADER, HEADER[:1])
    assert deliver(sample("sheets/tabs"), no_row, no_row, sample("sheets/append")) == LINK


def test_a_tab_that_is_missing_is_added() -> None:
    added = [NO_TAB, sample("sheets/change.add_tab"), look([], []), ok({}), sample("sheets/tabs"), ok({})]
    assert deliver(*added, WRITTEN, look(HEADER, HEADER[:1]), sample("sheets/append")) == LINK


def test_a_tab_that_is_too_narrow_is_widened() -> None:
    grid = {"sheetId": 1001, "title": "Results", "gridProperties": {"columnCount": 2}}
    narrow = ok({"sheets": [{"properties": grid}]})
    answers = [narrow, look(HEADER[:2], HEADER[:1]), narrow, sample("sheets/change.widen"), WRITTEN]
    assert deliver(*answers, look(HEADER, HEADER[:1]), sample("sheets/append")) == LINK


def test_a_test_row_is_deleted_where_it_stands() -> None:
    test_row = look(HEADER, [*HEADER[:1], "relay-test-3f2a9c0d"])
    answers = [sample("sheets/tabs"), test_row, sample("sheets/change.delete_row")]
    tokens = [
        sample("sheets/token"),
        *(each for answer in answers for each in (answer, sample("sheets/token"))),
    ]
    with wire(*tokens[:-1]):
        found = sheets().remove_test({"row key": "relay-test-3f2a9c0d"})
    assert (found.ok, found.message) == (True, "The test row was deleted.")


@pytest.mark.parametrize("name", CALLS)
def test_each_sample_fits_google_s_description(name: str) -> None:
    found = sample(name)
    request = found.request
    body = as_text(request["body"]).encode() if "body" in request else None
    assert misfits(request["method"], address(found), body) == []
    assert answer_misfits(request["method"], address(found), found.body) == []


def address(found: Sample) -> str:
    query = urlencode(found.request.get("query", {}), doseq=True)
    return f"{found.request['url']}?{query}".rstrip("?")
