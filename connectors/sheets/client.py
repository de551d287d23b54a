"""Calls of one spreadsheet: the token, the answer's shape, and what a refusal means.

https://developers.google.com/workspace/sheets/api/reference/rest
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from connectors.sheets.a1 import Cell, tab_of
from connectors.sheets.errors import refusal, unclear
from connectors.sheets.oauth import Tokens
from connectors.sheets.service_account import ServiceAccount
from relay.errors import RemoteError
from relay.http.client import Http, HttpResponse

_BASE = "https://sheets.googleapis.com/v4/spreadsheets"
_CAP = 64 * 1024 * 1024  # a key column of two million rows
_PLAIN = {"majorDimension": "COLUMNS", "valueRenderOption": "UNFORMATTED_VALUE"}
_RAW = ("valueInputOption", "RAW")  # a prompt such as =IMPORTXML(...) must stay text


@dataclass(frozen=True, slots=True)
class Reply:
    """A good answer: its JSON, and what is kept of it with the attempt."""

    values: Mapping[str, Any]
    status: int
    excerpt: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A tab as the spreadsheet lists it. `columns` is how wide its grid is."""

    id: int
    title: str
    columns: int


@dataclass(frozen=True, slots=True)
class Top:
    """Row 1 of a tab, one of its columns from the top, and what the tab is called now."""

    header: Sequence[Any]
    column: Sequence[Any]
    title: str


class Api:
    """For one delivery: `now` in ms decides whether the token still holds; None mints a new one.

    `reads` and `writes` count the calls: Google has a limit for each.
    """

    def __init__(
        self, http: Http, spreadsheet: str, account: ServiceAccount, tokens: Tokens, now: int | None
    ) -> None:
        self._http, self._account, self._tokens, self._now = http, account, tokens, now
        self._url = f"{_BASE}/{quote(spreadsheet, safe='')}"
        key = account.private_key
        self._hidden = [key, json.dumps(key)[1:-1], account.key_id]
        self.reads = self.writes = 0

    def sheets(self) -> list[Sheet]:
        fields = ("fields", "sheets.properties(title,sheetId,gridProperties)")
        return [_sheet(each) for each in self._call("GET", "", [fields]).values.get("sheets", [])]

    def add_sheet(self, title: str) -> int:
        """Its id. With row 1 frozen: sorting the tab then leaves the header in its place."""
        grid = {"rowCount": 1000, "columnCount": 26, "frozenRowCount": 1}
        reply = self.change({"addSheet": {"properties": {"title": title, "gridProperties": grid}}})
        return int(reply.values["replies"][0]["addSheet"]["properties"].get("sheetId", 0))

    def change(self, *requests: Mapping[str, Any]) -> Reply:
        """All of them or none, in this order."""
        return self._call("POST", ":batchUpdate", [], {"requests": requests})

    def header_and_column(self, sheet_id: int, column: int) -> Top:
        """In one read, of the tab with this id whatever it is called."""
        row_1 = {"sheetId": sheet_id, "startRowIndex": 0, "endRowIndex": 1}
        keys = {"sheetId": sheet_id, "startColumnIndex": column, "endColumnIndex": column + 1}
        body = {"dataFilters": [{"gridRange": row_1}, {"gridRange": keys}], **_PLAIN}
        fields = ("fields", "valueRanges(valueRange(range,values),dataFilters)")
        path = "/values:batchGetByDataFilter"
        reply = self._call("POST", path, [fields, ("prettyPrint", "false")], body, reads=True)
        header: Sequence[Any] = ()
        found: Sequence[Any] = ()
        title = ""
        for each in reply.values.get("valueRanges", []):
            read = each.get("valueRange", {})
            title = tab_of(read.get("range", "")) or title
            columns = read.get("values", [])
            if any("endRowIndex" in asked.get("gridRange", {}) for asked in each.get("dataFilters", [])):
                header = [column[0] if column else "" for column in columns]
            else:
                found = columns[0] if columns else ()
        return Top(header, found, title)

    def columns(self, cells: str) -> list[list[Any]]:
        """The columns of a range, each from the top, without what is empty at the end."""
        return self._values(cells, "COLUMNS")

    def top_rows(self, cells: str) -> list[list[Any]]:
        """The rows of a range, without what is empty at the end of each, and of all."""
        return self._values(cells, "ROWS")

    def _values(self, cells: str, dimension: str) -> list[list[Any]]:
        shape = [("majorDimension", dimension), ("valueRenderOption", "UNFORMATTED_VALUE")]
        spare = [("fields", "values"), ("prettyPrint", "false")]
        reply = self._call("GET", f"/values/{quote(cells, safe='')}", [*shape, *spare])
        return list(reply.values.get("values", []))

    def put(self, cells: str, row: Sequence[Cell]) -> Reply:
        body = {"range": cells, "majorDimension": "ROWS", "values": [row]}
        return self._call("PUT", f"/values/{quote(cells, safe='')}", [_RAW], body)

    def append(self, anchor: str, row: Sequence[Cell]) -> Reply:
        """In a new row below the table that contains this cell."""
        options = [_RAW, ("insertDataOption", "INSERT_ROWS")]
        body = {"majorDimension": "ROWS", "values": [row]}
        return self._call("POST", f"/values/{quote(anchor, safe='')}:append", options, body)

    def _call(
        self,
        method: str,
        path: str,
        query: list[tuple[str, str]],
        body: Mapping[str, Any] | None = None,
        *,
        reads: bool = False,
    ) -> Reply:
        wrote = method != "GET" and not reads
        self.writes += wrote
        self.reads += not wrote
        url = self._url + path + ("?" + urlencode(query, quote_via=quote, safe="") if query else "")
        token = self._tokens.get(self._now)
        answer = self._send(method, url, token, body)
        if answer.status == 401:
            self._tokens.forget(token)
            token = self._tokens.get(self._now)
            answer = self._send(method, url, token, body)
        hidden = [*self._hidden, token]
        if not 200 <= answer.status < 300:
            raise refusal(answer, hidden, self._account.email, wrote=wrote, now=self._now)
        try:
            values = answer.json()
        except RemoteError:
            values = None
        if not isinstance(values, dict):
            raise unclear(answer, hidden, wrote=wrote)
        return Reply(values, answer.status, answer.excerpt(hidden))

    def _send(self, method: str, url: str, token: str, body: Mapping[str, Any] | None) -> HttpResponse:
        headers = {"Authorization": f"Bearer {token}"}
        if body is None:
            return self._http.send(method, url, headers=headers, cap=_CAP)
        sent = json.dumps(body, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
        headers["Content-Type"] = "application/json; charset=utf-8"
        return self._http.send(method, url, headers=headers, body=sent, cap=_CAP)


def _sheet(listed: Mapping[str, Any]) -> Sheet:
    """`sheetId` 0, the first tab's, may be left out, like all zeros in Google's JSON."""
    properties = listed.get("properties", {})
    grid = properties.get("gridProperties", {})
    return Sheet(properties.get("sheetId", 0), properties.get("title", ""), grid.get("columnCount", 0))
