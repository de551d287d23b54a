"""What Google Sheets' calls do here: the parameters each takes, its effect, its answer.

https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets.values
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sandbox.sheets.a1 import Area, Block
from sandbox.sheets.errors import GoogleError, not_found, unknown_name
from sandbox.sheets.grid import Tab
from sandbox.sheets.spreadsheets import Spreadsheet, listed

Query = Mapping[str, list[str]]
Call = Callable[[Spreadsheet, str, Query, Any], dict[str, Any]]

EVALUATED = "#EVALUATED"  # shown for a formula that was entered as one
MOST_CHARACTERS = 50_000
ANYWHERE = ("fields", "prettyPrint", "alt", "quotaUser", "key")
READ_OPTIONS = {
    "majorDimension": ("ROWS", "COLUMNS"),
    "valueRenderOption": ("FORMATTED_VALUE", "UNFORMATTED_VALUE", "FORMULA"),
    "dateTimeRenderOption": ("SERIAL_NUMBER", "FORMATTED_STRING"),
}
WRITE_OPTIONS = {
    "valueInputOption": ("RAW", "USER_ENTERED"),
    "includeValuesInResponse": ("true", "false"),
    "responseValueRenderOption": READ_OPTIONS["valueRenderOption"],
    "responseDateTimeRenderOption": READ_OPTIONS["dateTimeRenderOption"],
}
_PATH = re.compile(
    r"(?P<id>[^/:]+)(?P<call>:batchUpdate|/values:\w+)?(/values/(?P<range>.+?)(?P<verb>:append)?)?"
)


def route(method: str, path: str) -> tuple[str, Call, str]:
    """Spreadsheet, call and range. `path` is what follows /v4/spreadsheets/, decoded."""
    match = _PATH.fullmatch(path)
    if match:
        cells = match["range"] or ""
        kind = f"{method} {match['call'] or ''}{'/values' if cells else ''}{match['verb'] or ''}"
        if kind in CALLS:
            return match["id"], CALLS[kind], cells
    raise not_found()


def reads(method: str, path: str) -> bool:
    """Whether it counts as a read, also where the question is too long for an address."""
    return method == "GET" or path.endswith(":batchGetByDataFilter")


def describe(book: Spreadsheet, cells: str, query: Query, body: Any) -> dict[str, Any]:  # noqa: ARG001 - as all calls
    _check(query, {"includeGridData": ("false",), "ranges": ()})
    sheets = [{"properties": listed(tab, index)} for index, tab in enumerate(book.tabs)]
    return {"spreadsheetId": book.id, "sheets": sheets}


def change(book: Spreadsheet, cells: str, query: Query, body: Any) -> dict[str, Any]:  # noqa: ARG001 - as all calls
    _check(query, {})
    requests = _body(body, ("requests",)).get("requests")
    if not requests:
        raise GoogleError(400, "Must specify at least one request.")
    return {"spreadsheetId": book.id, "replies": book.change(requests)}


def get(book: Spreadsheet, cells: str, query: Query, body: Any) -> dict[str, Any]:  # noqa: ARG001 - as all calls
    _check(query, READ_OPTIONS)
    return _read(book, cells, query)


def batch_get(book: Spreadsheet, cells: str, query: Query, body: Any) -> dict[str, Any]:  # noqa: ARG001 - as all calls
    _check(query, {**READ_OPTIONS, "ranges": ()})
    return {
        "spreadsheetId": book.id,
        "valueRanges": [_read(book, each, query) for each in query.get("ranges", [])],
    }


def batch_get_by_data_filter(
    book: Spreadsheet,
    cells: str,  # noqa: ARG001 - as all calls
    query: Query,
    body: Any,
) -> dict[str, Any]:
    """Of the filters, ranges of a grid by the id of its tab; a lookup by metadata is not known here."""
    _check(query, {})
    given = _body(body, ("dataFilters", *READ_OPTIONS))
    options = {name: [value] for name, value in given.items() if name in READ_OPTIONS}
    _check(options, READ_OPTIONS)
    found = []
    for number, each in enumerate(given.get("dataFilters", [])):
        tab, area = _grid_range(book, each["gridRange"], f"Invalid dataFilters[{number}].gridRange")
        found.append({"valueRange": _values_of(tab, area, options), "dataFilters": [_echoed(each)]})
    return {"spreadsheetId": book.id, "valueRanges": found}


def update(book: Spreadsheet, cells: str, query: Query, body: Any) -> dict[str, Any]:
    entered = _entered(query, WRITE_OPTIONS)
    given = _body(body, ("range", "majorDimension", "values"))
    return _write(book, cells, given, entered)


def batch_update(book: Spreadsheet, cells: str, query: Query, body: Any) -> dict[str, Any]:  # noqa: ARG001 - as all calls
    _check(query, {})
    given = _body(body, ("valueInputOption", "data"))
    entered = _entered({"valueInputOption": [given.get("valueInputOption", "")]}, WRITE_OPTIONS)
    written = [_write(book, each["range"], each, entered) for each in given.get("data", [])]
    return {"spreadsheetId": book.id, "responses": written}


def append(book: Spreadsheet, cells: str, query: Query, body: Any) -> dict[str, Any]:
    entered = _entered(query, {**WRITE_OPTIONS, "insertDataOption": ("OVERWRITE", "INSERT_ROWS")})
    values = _values(_body(body, ("range", "majorDimension", "values")), entered)
    tab, area = book.area(cells)
    insert = query.get("insertDataOption") == ["INSERT_ROWS"]
    table, written = tab.append(area, values, insert=insert)
    answer = {"spreadsheetId": book.id, "updates": _written(book, tab, written, values)}
    return answer | ({"tableRange": tab.name_of(table)} if table else {})


CALLS: dict[str, Call] = {
    "GET ": describe,
    "POST :batchUpdate": change,
    "GET /values": get,
    "GET /values:batchGet": batch_get,
    "POST /values:batchGetByDataFilter": batch_get_by_data_filter,
    "PUT /values": update,
    "POST /values:batchUpdate": batch_update,
    "POST /values:append": append,
}


def _read(book: Spreadsheet, cells: str, query: Query) -> dict[str, Any]:
    return _values_of(*book.area(cells), query)


def _grid_range(book: Spreadsheet, given: Mapping[str, Any], where: str) -> tuple[Tab, Area]:
    """Starts that are left out are the first, ends that are left out the last; an end is not included."""
    tab = book.tab(given.get("sheetId", 0), where)
    ends = (given.get(f"end{what}Index") for what in ("Row", "Column"))
    bottom, right = (None if end is None else end - 1 for end in ends)
    return tab, Area(given.get("startRowIndex", 0), given.get("startColumnIndex", 0), bottom, right)


def _echoed(data_filter: Mapping[str, Any]) -> dict[str, Any]:
    """As it was sent; zeros are left out, as in all of Google's JSON."""
    return {"gridRange": {name: value for name, value in data_filter["gridRange"].items() if value}}


def _values_of(tab: Tab, area: Area, query: Query) -> dict[str, Any]:
    rows = tab.read(area)
    plain = query.get("valueRenderOption", ["FORMATTED_VALUE"]) == ["FORMATTED_VALUE"]
    values = [[_formatted(value) if plain else value for value in row] for row in rows]
    dimension = query.get("majorDimension", ["ROWS"])[0]
    if dimension == "COLUMNS":
        values = _columns(values)
    found: dict[str, Any] = {"range": tab.name_of(tab.bounds(area)), "majorDimension": dimension}
    return found | ({"values": values} if values else {})


def _write(book: Spreadsheet, cells: str, given: Mapping[str, Any], entered: bool) -> dict[str, Any]:
    if given.get("range") not in (None, cells):
        raise GoogleError(
            400, f"Requested range {cells} does not match the range {given['range']} of the data."
        )
    values = _values(given, entered)
    tab, area = book.area(cells)
    return _written(book, tab, tab.write(area, values), values)


def _written(book: Spreadsheet, tab: Tab, area: Block, values: Sequence[Sequence[Any]]) -> dict[str, Any]:
    width = max((len(row) for row in values), default=0)
    return {
        "spreadsheetId": book.id,
        "updatedRange": tab.name_of(area),
        "updatedRows": len(values),
        "updatedColumns": width,
        "updatedCells": sum(value is not None for row in values for value in row),
    }


def _values(given: Mapping[str, Any], entered: bool) -> list[list[Any]]:
    values = given.get("values", [])
    if not isinstance(values, list) or not all(isinstance(row, list) for row in values):
        raise GoogleError(
            400, "Invalid value at 'data.values' (type.googleapis.com/google.protobuf.ListValue)"
        )
    rows = [[_cell(value, entered) for value in row] for row in values]
    return _columns(rows) if given.get("majorDimension") == "COLUMNS" else rows


def _cell(value: Any, entered: bool) -> Any:
    if isinstance(value, (dict, list)):
        raise GoogleError(
            400, "Invalid values[0][0]: struct_value or list_value cannot be written to a cell."
        )
    if not isinstance(value, str):
        return value
    if len(value) > MOST_CHARACTERS:
        raise GoogleError(
            400, "Your input contains more than the maximum of 50000 characters in a single cell."
        )
    if entered and value.startswith(("=", "+")):
        return EVALUATED
    return value


def _columns(rows: list[list[Any]]) -> list[list[Any]]:
    width = max((len(row) for row in rows), default=0)
    columns = [[row[at] if at < len(row) else "" for row in rows] for at in range(width)]
    for column in columns:
        while column and column[-1] == "":
            column.pop()
    return columns


def _formatted(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _entered(query: Query, known: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether values are read as if typed by a person."""
    _check({name: value for name, value in query.items() if name != "valueInputOption"}, known)
    option = query.get("valueInputOption", [""])[0]
    if option not in known["valueInputOption"]:
        raise GoogleError(400, "'valueInputOption' is required but not specified")
    return option == "USER_ENTERED"


def _check(query: Query, known: Mapping[str, tuple[str, ...]]) -> None:
    for name, values in query.items():
        if name not in known and name not in ANYWHERE:
            raise unknown_name(
                name, "Cannot bind query parameter. Field could not be found in request message."
            )
        allowed = known.get(name, ())
        for value in values:
            if allowed and value not in allowed:
                raise GoogleError(400, f"Invalid value at '{name}', \"{value}\"")


def _body(body: Any, known: Sequence[str]) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise GoogleError(400, "Invalid JSON payload received. Expected an object.")
    for name in body:
        if name not in known:
            raise unknown_name(name, "Cannot find field.")
    return body
