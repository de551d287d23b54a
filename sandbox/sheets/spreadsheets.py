"""The spreadsheets that exist in the sandbox: by id, with whom each is shared, and what is done to them."""

import copy
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.sheets.a1 import Area, read_range, unparsable
from sandbox.sheets.errors import GoogleError, not_found, not_shared, unknown_name
from sandbox.sheets.grid import Tab

DEFAULT = "sandbox-sheet"


@dataclass
class Spreadsheet:
    """One spreadsheet. `shared_with` None: with everybody."""

    id: str
    shared_with: frozenset[str] | None = None
    tabs: list[Tab] = field(default_factory=lambda: [Tab(0, "Sheet1")])

    def area(self, text: str) -> tuple[Tab, Area]:
        title, area = read_range(text)
        if title is None:
            return self.tabs[0], area
        found = next((tab for tab in self.tabs if tab.title.casefold() == title.casefold()), None)
        if found is None:
            raise unparsable(text)
        return found, area

    def change(self, requests: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """All of them, or none when one is refused."""
        before = copy.deepcopy(self.tabs)
        try:
            return [self._change(number, request) for number, request in enumerate(requests)]
        except BaseException:
            self.tabs = before
            raise

    def _change(self, number: int, request: Mapping[str, Any]) -> dict[str, Any]:
        kind = next(iter(request), "")
        given: Mapping[str, Any] = request.get(kind, {})
        where = f"Invalid requests[{number}].{kind}"
        if kind == "addSheet":
            return {"addSheet": {"properties": self._add(given.get("properties", {}), where)}}
        if kind == "deleteDimension":
            span = given["range"]
            self._tab(span["sheetId"], where).delete(span["dimension"], span["startIndex"], span["endIndex"])
        elif kind == "appendDimension":
            self._tab(given["sheetId"], where).extend(given["dimension"], given["length"])
        else:
            raise unknown_name(kind, f"at 'requests[{number}]': Cannot find field.")
        return {}

    def _add(self, properties: Mapping[str, Any], where: str) -> dict[str, Any]:
        title = properties.get("title") or f"Sheet{len(self.tabs) + 1}"
        if any(tab.title.casefold() == title.casefold() for tab in self.tabs):
            raise GoogleError(
                400, f'{where}: A sheet with the name "{title}" already exists. Please enter another name.'
            )
        grid = properties.get("gridProperties", {})
        tab = Tab(
            max((each.id for each in self.tabs), default=0) + 1001,
            title,
            grid.get("rowCount", 1000),
            grid.get("columnCount", 26),
            grid.get("frozenRowCount", 0),
        )
        self.tabs.append(tab)
        return listed(tab, len(self.tabs) - 1)

    def _tab(self, sheet_id: int, where: str) -> Tab:
        for tab in self.tabs:
            if tab.id == sheet_id:
                return tab
        raise GoogleError(400, f"{where}: No grid with id: {sheet_id}")


class Spreadsheets:
    """All spreadsheets. Hold `lock` to read or write them."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._books = {DEFAULT: Spreadsheet(DEFAULT)}

    def get(self, spreadsheet: str) -> Spreadsheet:
        if spreadsheet not in self._books:
            raise not_found()
        return self._books[spreadsheet]

    def opened(self, spreadsheet: str, email: str) -> Spreadsheet:
        """As the account may see it."""
        book = self.get(spreadsheet)
        if book.shared_with is not None and email not in book.shared_with:
            raise not_shared()
        return book

    def put(self, book: Spreadsheet) -> None:
        with self.lock:
            self._books[book.id] = book

    def ids(self) -> list[str]:
        return list(self._books)


def listed(tab: Tab, index: int) -> dict[str, Any]:
    """`index` is its place among the tabs."""
    grid = {"rowCount": tab.row_count, "columnCount": tab.column_count}
    if tab.frozen_rows:
        grid["frozenRowCount"] = tab.frozen_rows
    about = {"sheetId": tab.id, "title": tab.title, "index": index, "sheetType": "GRID"}
    return about | {"gridProperties": grid}
