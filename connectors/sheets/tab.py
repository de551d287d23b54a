"""One tab: a row per key, found anew before every write, and a header that holds our names.

A sheet cannot be locked: people sort it, insert columns and rename tabs between two deliveries. So no row
number outlives a delivery; what is remembered (`TabState`) is checked by every read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connectors.columns import Value
from connectors.sheets.a1 import Cell, Table, a1, first_cell, letters, table
from connectors.sheets.client import Api, Reply, Sheet
from connectors.sheets.errors import no_such_tab, outside_the_tab
from relay.errors import RemoteError

_NAME_OF_A = "Column A"


@dataclass
class TabState:
    """Where the tab was last: its id for links, and its key column, which saves reading twice."""

    sheet_id: int | None = None
    key_column: int = 0


@dataclass(frozen=True, slots=True)
class Written:
    """`row` as people see it; `duplicates` are further rows with the same key, left as they are."""

    row: int
    duplicates: list[int]
    reply: Reply


class Tab:
    """For one delivery, over an `Api`. `key_name` is the name of the key column."""

    def __init__(self, api: Api, title: str, key_name: str, seen: TabState) -> None:
        self._api, self._title, self._key_name, self._state = api, title, key_name, seen

    def find(self) -> Sheet | None:
        """As the spreadsheet lists it now. Sheets takes no two tabs whose names differ by case only."""
        wanted = self._title.casefold()
        found = next((each for each in self._api.sheets() if each.title.casefold() == wanted), None)
        self._state.sheet_id = found.id if found else None
        return found

    def read(self) -> Table:
        """The header and the key column, in one read unless the key column moved."""
        found = self._read()
        moved_to = found.column(self._key_name)
        if moved_to in (None, self._state.key_column):
            return found
        self._state.key_column = moved_to or 0
        found = self._read()
        if found.column(self._key_name) != moved_to:
            raise RemoteError(
                "The columns of the sheet moved while it was read. The relay retries automatically."
            )
        return found

    def upsert(self, values: Mapping[str, Value]) -> Written:
        """The first row with this key is updated, else one is added. `values`: name of a column -> value."""
        found = self._with_header(self._read_or_add(), list(values))
        row = found.cells(values)
        at = found.rows_of(str(values[self._key_name]).strip())
        if at:
            reply = self._api.put(a1(self._title, f"A{at[0]}:{letters(len(row) - 1)}{at[0]}"), row)
            return Written(at[0], at[1:], reply)
        reply = self._api.append(a1(self._title, "A1"), row)
        return Written(self._row_of(reply), [], reply)

    def remove(self, key: str) -> int:
        """Deletes the rows with exactly this key; how many. They are searched for right before."""
        sheet = self.find()
        rows = self.read().rows_of(key) if sheet else []
        if sheet and rows:
            self._api.change(*(_deleted(sheet.id, number) for number in reversed(rows)))
        return len(rows)

    def _read_or_add(self) -> Table:
        try:
            return self.read()
        except RemoteError as error:
            if not no_such_tab(error):
                raise
        if self.find() is None:
            self._api.add_sheet(self._title)
        return self.read()

    def _read(self) -> Table:
        key_column = letters(self._state.key_column)
        try:
            header, keys = self._api.columns(
                a1(self._title, "1:1"), a1(self._title, f"{key_column}:{key_column}")
            )
        except RemoteError as error:
            if not (outside_the_tab(error) and self._state.key_column):
                raise
            self._state.key_column = 0
            return self._read()
        return table([_top(column) for column in header], keys[0] if keys else [])

    def _with_header(self, found: Table, names: Sequence[str]) -> Table:
        """The same with our names complete: those missing go to the right of everything that is there.

        Column A gets a name too where it has none: an append starts in the first column of the table around
        A1, and with A1 empty that may be another one.
        """
        missing = found.missing(names)
        nameless = bool(found.header or missing) and not (found.header[:1] or ("",))[0]
        if not missing and not nameless:
            return found
        if self._key_name in missing and self._key_name in found.keys:
            raise RemoteError(self._misplaced(found.keys.index(self._key_name) + 1), "connection")
        first = self._room_for(len(missing), found) if missing else len(found.header)
        gap: list[Cell] = [None] * first
        header = [*found.header, *[""] * (first - len(found.header)), *missing]
        row = [*gap, *missing]
        if not header[0]:
            header[0] = row[0] = _NAME_OF_A
        self._api.put(a1(self._title, f"A1:{letters(len(row) - 1)}1"), row)
        if self._key_name not in missing:
            return table(header, found.keys)
        self._state.key_column = header.index(self._key_name)
        return table(header, [])

    def _room_for(self, count: int, found: Table) -> int:
        """The first column right of the names, and of what people wrote beside them without a name."""
        sheet = self.find()
        width, columns = len(found.header), sheet.columns if sheet else 0
        if width < columns:
            span = f"{letters(width)}:{letters(columns - 1)}"
            (beside,) = self._api.columns(a1(self._title, span))
            width += len(beside)
        if sheet and width + count > columns:
            more = {"sheetId": sheet.id, "dimension": "COLUMNS", "length": width + count - columns}
            self._api.change({"appendDimension": more})
        return width

    def _misplaced(self, row: int) -> str:
        return (
            f'The names of the columns are in row {row} of the tab "{self._title}", and not in row 1. Move '
            "that row to the top; to keep it there when sorting, choose View, Freeze, 1 row."
        )

    def _row_of(self, reply: Reply) -> int:
        """Where an append went. Anywhere but in column A the row is useless: a person has to fix it."""
        updates = reply.values.get("updates")
        written = str(updates.get("updatedRange", "")) if isinstance(updates, dict) else ""
        at = first_cell(written)
        if at is None:
            raise RemoteError(
                "Google Sheets did not say where it put the row. The relay searches the sheet for it.",
                ambiguous=True,
                status=reply.status,
                answer=reply.excerpt,
            )
        if at[0] != "A":
            raise RemoteError(
                f"Google Sheets put the row at {written} and not in column A. Clear those cells, give column "
                f'A of the tab "{self._title}" a name in row 1, and resume.',
                "connection",
                ambiguous=True,
                status=reply.status,
                answer=reply.excerpt,
            )
        return at[1]


def _top(column: Sequence[object]) -> object:
    return column[0] if column else ""


def _deleted(sheet_id: int, row: int) -> dict[str, object]:
    span = {"sheetId": sheet_id, "dimension": "ROWS", "startIndex": row - 1, "endIndex": row}
    return {"deleteDimension": {"range": span}}
