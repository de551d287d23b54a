"""The Sheets lookalike reads, writes and appends as Google does, and refuses what Google refuses."""

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
import requests

from sandbox import Sandbox
from tests.sandbox.client import Client, Clock

EMAIL = "relay@my-project.iam.gserviceaccount.com"
ID = "sandbox-sheet"
CLAIMS = {
    "iss": EMAIL,
    "aud": "https://oauth2.googleapis.com/token",
    "scope": "https://www.googleapis.com/auth/spreadsheets",
    "iat": 1_800_000_000,
    "exp": 1_800_003_600,
}
TABLE = [["ID", "Link"], ["a", "x"], ["b", "y"]]
Grid = list[list[Any]]


def coded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


class Sheets:
    """A caller with a token of the account."""

    def __init__(self, sandbox: Sandbox, client: Client) -> None:
        self.url, self.client = sandbox.url, client
        self.token = self.sign_in().json()["access_token"]

    def sign_in(self, grant: str = "urn:ietf:params:oauth:grant-type:jwt-bearer", **claims: Any) -> Any:
        assertion = f"{coded({'alg': 'RS256', 'typ': 'JWT'})}.{coded(CLAIMS | claims)}.signature"
        form = {"grant_type": grant, "assertion": assertion}
        return requests.post(f"{self.url}/token", data=form, timeout=5)

    def call(self, method: str, path: str, body: object = None, spreadsheet: str = ID, **query: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        address = f"/v4/spreadsheets/{spreadsheet}{path}"
        return self.client.call(method, address, json=body, params=query, headers=headers)

    def values(self, cells: str, **query: Any) -> Grid:
        answer = self.call("GET", f"/values/{quote(cells, safe='')}", **query)
        assert answer.status_code == 200, answer.text
        return list(answer.json().get("values", []))

    def append(self, cells: str, row: list[Any], option: str = "INSERT_ROWS", entry: str = "RAW") -> Any:
        return self.call(
            "POST",
            f"/values/{quote(cells, safe='')}:append",
            {"values": [row]},
            valueInputOption=entry,
            insertDataOption=option,
        ).json()

    def put(self, cells: str, rows: Grid, entry: str = "RAW") -> Any:
        path = f"/values/{quote(cells, safe='')}"
        return self.call("PUT", path, {"range": cells, "values": rows}, valueInputOption=entry)

    def make(self, values: Grid, **more: Any) -> None:
        book = {"id": ID, "tabs": [{"title": "My tab", "values": values}], **more}
        requests.post(f"{self.url}/sandbox/sheets", json=book, timeout=5).raise_for_status()


@pytest.fixture
def sheets(start: Callable[..., Sandbox], connect: Callable[..., Client]) -> Sheets:
    sandbox = start(paced=False)
    return Sheets(sandbox, connect(sandbox))


def refused(answer: Any, code: int, status: str, part: str) -> None:
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["status"]) == (code, code, status)
    assert part in error["message"]


def test_a_signed_assertion_gives_a_token_that_ends(sheets: Sheets, clock: Clock) -> None:
    answer = sheets.sign_in().json()
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3599)
    assert sheets.call("GET", "").status_code == 200
    clock.now += 3599
    refused(sheets.call("GET", ""), 401, "UNAUTHENTICATED", "invalid authentication credentials")


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"aud": "https://sheets.googleapis.com/"}, "invalid_grant"),
        ({"exp": 1_800_003_601}, "invalid_grant"),
        ({"iss": None}, "invalid_grant"),
        ({"scope": "https://www.googleapis.com/auth/drive.file"}, "invalid_scope"),
        ({"grant": "password"}, "unsupported_grant_type"),
    ],
)
def test_what_is_no_such_assertion_gets_no_token(sheets: Sheets, wrong: Any, error: str) -> None:
    answer = sheets.sign_in(**wrong)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert answer.json()["error_description"]


def test_a_range_is_read_by_rows_or_columns_without_its_empty_end(sheets: Sheets) -> None:
    sheets.make([["ID", None, "n"], ["a", True, 1.5], [None, None], ["b"], []])
    assert sheets.values("'My tab'!A1:C9") == [["ID", "", "n"], ["a", "TRUE", "1.5"], [], ["b"]]
    assert sheets.values("My tab!A:A", majorDimension="COLUMNS") == [["ID", "a", "", "b"]]
    assert sheets.values("2:2", valueRenderOption="UNFORMATTED_VALUE") == [["a", True, 1.5]]
    assert sheets.values("A9:B") == []


def test_several_ranges_are_read_at_once_and_only_the_wanted_fields_come(sheets: Sheets) -> None:
    sheets.make(TABLE)
    answer = sheets.call(
        "GET", "/values:batchGet", ranges=["'My tab'!1:1", "A:A", "D:D"], fields="valueRanges(values)"
    )
    assert answer.json() == {
        "valueRanges": [{"values": [["ID", "Link"]]}, {"values": [["ID"], ["a"], ["b"]]}, {}]
    }
    listed = sheets.call("GET", "", fields="sheets.properties(title,sheetId)").json()
    assert listed == {"sheets": [{"properties": {"title": "My tab", "sheetId": 0}}]}


def test_null_leaves_a_cell_and_an_empty_text_clears_it(sheets: Sheets) -> None:
    sheets.make(TABLE)
    answer = sheets.put("'My tab'!A2:C2", [[None, "", 7]]).json()
    assert (answer["updatedRange"], answer["updatedCells"]) == ("'My tab'!A2:C2", 2)
    assert sheets.values("A2:C2", valueRenderOption="UNFORMATTED_VALUE") == [["a", "", 7]]


def test_raw_stays_text_and_what_is_entered_is_evaluated(sheets: Sheets) -> None:
    sheets.put("A1", [["=1+1"]])
    sheets.put("A2", [["=1+1"]], entry="USER_ENTERED")
    assert sheets.values("A1:A2") == [["=1+1"], ["#EVALUATED"]]


def test_an_append_goes_below_the_table_around_its_anchor(sheets: Sheets) -> None:
    sheets.make([*TABLE, [], ["total", 2]])
    answer = sheets.append("A1", ["c", "z", "more"])
    assert answer["tableRange"] == "'My tab'!A1:B3"
    assert answer["updates"]["updatedRange"] == "'My tab'!A4:C4"
    assert sheets.values("A1:C9") == [*TABLE, ["c", "z", "more"], [], ["total", "2"]]


def test_without_insert_rows_an_append_overwrites(sheets: Sheets) -> None:
    sheets.make([*TABLE, [None, None, None, "far"]])
    sheets.append("A1", ["c", "z", None, "over"], option="OVERWRITE")
    assert sheets.values("A4:D9") == [["c", "z", "", "over"]]


@pytest.mark.parametrize(
    ("values", "anchor", "written"),
    [
        ([[None, "ID"], [None, "a"]], "A1", "'My tab'!B3"),
        ([["ID", "Link"], ["a"]], "B1", "'My tab'!A3"),
        ([["ID"], ["a"]], "D1", "'My tab'!D1"),
        ([["ID", None, "Link"], ["a", None, "x"], [None, None, "y"]], "A1", "'My tab'!A3"),
        ([], "A1", "'My tab'!A1"),
    ],
    ids=["an empty anchor", "inside", "apart", "a gap between columns", "an empty tab"],
)
def test_an_append_starts_in_the_first_column_of_the_table(
    sheets: Sheets, values: Grid, anchor: str, written: str
) -> None:
    sheets.make(values)
    assert sheets.append(anchor, ["b"])["updates"]["updatedRange"] == written


def test_tabs_are_added_once_and_rows_deleted(sheets: Sheets) -> None:
    sheets.make(TABLE)
    add = {"requests": [{"addSheet": {"properties": {"title": "Results"}}}]}
    added = sheets.call("POST", ":batchUpdate", add).json()["replies"][0]["addSheet"]["properties"]
    assert added["title"] == "Results"
    refused(sheets.call("POST", ":batchUpdate", add), 400, "INVALID_ARGUMENT", "already exists")
    span = {"sheetId": 0, "dimension": "ROWS", "startIndex": 1, "endIndex": 2}
    sheets.call("POST", ":batchUpdate", {"requests": [{"deleteDimension": {"range": span}}]})
    assert sheets.values("'My tab'!A:B") == [TABLE[0], TABLE[2]]


def test_a_batch_of_changes_is_done_whole_or_not_at_all(sheets: Sheets) -> None:
    first = {"addSheet": {"properties": {"title": "New"}}}
    answer = sheets.call("POST", ":batchUpdate", {"requests": [first, first]})
    refused(answer, 400, "INVALID_ARGUMENT", "requests[1].addSheet")
    refused(sheets.call("GET", "/values/New!A1"), 400, "INVALID_ARGUMENT", "Unable to parse range: New!A1")


RAW = {"valueInputOption": "RAW"}


@pytest.mark.parametrize(
    ("call", "body", "query", "part"),
    [
        ("GET /values/Nowhere!A1", None, {}, "Unable to parse range: Nowhere!A1"),
        ("GET /values/A1:B:C", None, {}, "Unable to parse range"),
        ("GET /values/ZZ1", None, {}, "exceeds grid limits"),
        ("GET /values/A1", None, {"majorDimension": "COLS"}, "Invalid value at 'majorDimension'"),
        ("GET ", None, {"field": "sheets"}, 'Unknown name "field"'),
        ("PUT /values/A1", {"values": []}, {}, "'valueInputOption' is required"),
        ("PUT /values/A1", {"values": []}, {"valueInputOption": "raw"}, "'valueInputOption' is required"),
        ("PUT /values/A1", {"value": []}, RAW, 'Unknown name "value"'),
        ("PUT /values/A1", {"range": "A2"}, RAW, "does not match"),
        ("PUT /values/A1:B1", {"values": [[1, 2, 3]]}, RAW, "tried writing to column [C]"),
        ("PUT /values/A1", {"values": [["x" * 50_001]]}, RAW, "maximum of 50000"),
        ("POST :batchUpdate", {"requests": [{"addTab": {}}]}, {}, 'Unknown name "addTab"'),
        ("POST :batchUpdate", {"requests": []}, {}, "at least one request"),
    ],
)
def test_what_google_refuses_is_refused(
    sheets: Sheets, call: str, body: object, query: dict[str, str], part: str
) -> None:
    method, path = call.split(" ")
    refused(sheets.call(method, path, body, **query), 400, "INVALID_ARGUMENT", part)


def test_only_whom_it_is_shared_with_may_open_a_spreadsheet(sheets: Sheets) -> None:
    sheets.make(TABLE, shared_with=["else@x.example"])
    refused(sheets.call("GET", ""), 403, "PERMISSION_DENIED", "The caller does not have permission")
    sheets.make(TABLE, shared_with=[EMAIL])
    assert sheets.call("GET", "").status_code == 200
    refused(sheets.call("GET", "", spreadsheet="unknown"), 404, "NOT_FOUND", "not found")


def test_reads_and_writes_have_a_quota_a_minute_each(
    start: Callable[..., Sandbox], connect: Callable[..., Client], clock: Clock
) -> None:
    sandbox = start()
    sheets = Sheets(sandbox, connect(sandbox))
    for _ in range(60):
        assert sheets.put("A1", [[1]]).status_code == 200
    refused(sheets.put("A1", [[1]]), 429, "RESOURCE_EXHAUSTED", "'Write requests'")
    assert sheets.call("GET", "").status_code == 200
    clock.now += 60
    assert sheets.put("A1", [[1]]).status_code == 200


def test_the_page_shows_a_spreadsheet_as_a_table_and_escapes_it(sheets: Sheets) -> None:
    sheets.make([["<script>alert(1)</script>", 7]])
    address = f"{sheets.url}/sandbox/sheets/{ID}"
    page = requests.get(address, headers={"Accept": "text/html"}, timeout=5)
    assert "&lt;script&gt;" in page.text
    assert "<script" not in page.text
    shown = requests.get(address, timeout=5).json()
    assert shown["tabs"][0]["values"] == [["<script>alert(1)</script>", 7]]
    assert requests.get(f"{sheets.url}/sandbox/sheets/unknown", timeout=5).status_code == 404


def test_one_tab_is_filled_and_the_others_stay(sheets: Sheets) -> None:
    tabs = [{"title": title, "values": TABLE} for title in ("One", "Two")]
    requests.post(f"{sheets.url}/sandbox/sheets", json={"id": ID, "tabs": tabs}, timeout=5).raise_for_status()
    address = f"{sheets.url}/sandbox/sheets/{ID}/One"
    assert requests.put(address, json={"values": [["ID"]]}, timeout=5).ok
    assert sheets.values("One!A:C") == [["ID"]]
    assert sheets.values("Two!A:C") == TABLE
    assert requests.put(address, json={}, timeout=5).status_code == 400
    assert requests.put(f"{address}s", json={"values": []}, timeout=5).status_code == 404


def test_any_other_answer_can_be_ordered(sheets: Sheets, client: Client) -> None:
    requests.post(f"{sheets.url}/sandbox/destinations/sheets", json={"status": 503}, timeout=5)
    assert sheets.call("GET", "").status_code == 503
    assert sheets.call("GET", "").status_code == 200
