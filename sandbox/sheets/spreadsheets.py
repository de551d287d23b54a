"""The spreadsheets that exist in the sandbox: by id, with whom each is shared, and what is done to them."""

import copy
import threading
from collections.abc import Callable, Mapping, Sequence
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
    _last_id: int = 0

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
        if kind == "duplicateSheet":
            return {"duplicateSheet": {"properties": self._duplicate(given, where)}}
        if kind not in _CHANGES:
            raise unknown_name(kind, f"at 'requests[{number}]': Cannot find field.")
        _CHANGES[kind](self, given, where)
        return {}

    def rename(self, given: Mapping[str, Any], where: str) -> None:
        properties = given["properties"]
        if given.get("fields") != "title":
            raise GoogleError(400, f"{where}: the sandbox changes the title only.")
        tab, title = self.tab(properties.get("sheetId", 0), where), properties["title"]
        self._check_title(title, where, but=tab)
        tab.title = title

    def delete(self, given: Mapping[str, Any], where: str) -> None:
        tab = self.tab(given["sheetId"], where)
        if len(self.tabs) == 1:
            raise GoogleError(400, f"{where}: You can't remove all the sheets in a document.")
        self.tabs.remove(tab)

    def _duplicate(self, given: Mapping[str, Any], where: str) -> dict[str, Any]:
        tab = self.tab(given["sourceSheetId"], where)
        title = given.get("newSheetName") or f"Copy of {tab.title}"
        self._check_title(title, where)
        made = copy.deepcopy(tab)
        made.id, made.title = self._new_id(), title
        self.tabs.append(made)
        return listed(made, len(self.tabs) - 1)

    def delete_dimension(self, given: Mapping[str, Any], where: str) -> None:
        span = given["range"]
        self.tab(span["sheetId"], where).delete(span["dimension"], span["startIndex"], span["endIndex"])

    def insert_dimension(self, given: Mapping[str, Any], where: str) -> None:
        span = given["range"]
        self.tab(span["sheetId"], where).insert(span["dimension"], span["startIndex"], span["endIndex"])

    def move_dimension(self, given: Mapping[str, Any], where: str) -> None:
        span = given["source"]
        tab = self.tab(span["sheetId"], where)
        tab.move(span["dimension"], span["startIndex"], span["endIndex"], given["destinationIndex"])

    def append_dimension(self, given: Mapping[str, Any], where: str) -> None:
        self.tab(given["sheetId"], where).extend(given["dimension"], given["length"])

    def sort(self, given: Mapping[str, Any], where: str) -> None:
        span, (spec,) = given["range"], given["sortSpecs"]
        tab = self.tab(span["sheetId"], where)
        tab.sort(span.get("startRowIndex", 0), spec["dimensionIndex"], spec["sortOrder"] == "DESCENDING")

    def _add(self, properties: Mapping[str, Any], where: str) -> dict[str, Any]:
        title = properties.get("title") or f"Sheet{len(self.tabs) + 1}"
        self._check_title(title, where)
        grid = properties.get("gridProperties", {})
        tab = Tab(
            self._new_id(),
            title,
            grid.get("rowCount", 1000),
            grid.get("columnCount", 26),
            grid.get("frozenRowCount", 0),
        )
        self.tabs.append(tab)
        return listed(tab, len(self.tabs) - 1)

    def _check_title(self, title: str, where: str, but: Tab | None = None) -> None:
        if any(tab.title.casefold() == title.casefold() for tab in self.tabs if tab is not but):
            raise GoogleError(
                400, f'{where}: A sheet with the name "{title}" already exists. Please enter another name.'
            )

    def _new_id(self) -> int:
        """Never one that was given before, not even of a tab that is gone."""
        self._last_id = max(self._last_id, *(each.id for each in self.tabs)) + 1001
        return self._last_id

    def tab(self, sheet_id: int, where: str) -> Tab:
        for tab in self.tabs:
            if tab.id == sheet_id:
                return tab
        raise GoogleError(400, f"{where}: No grid with id: {sheet_id}")


_CHANGES: Mapping[str, Callable[[Spreadsheet, Mapping[str, Any], str], None]] = {
    "updateSheetProperties": Spreadsheet.rename,
    "deleteSheet": Spreadsheet.delete,
    "deleteDimension": Spreadsheet.delete_dimension,
    "insertDimension": Spreadsheet.insert_dimension,
    "moveDimension": Spreadsheet.move_dimension,
    "appendDimension": Spreadsheet.append_dimension,
    "sortRange": Spreadsheet.sort,
}


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
