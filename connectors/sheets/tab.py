"""One tab: a row per key, found anew before every write, and a header that holds our names.

A sheet cannot be locked: people sort it, rename it and insert columns between two deliveries. The tab is
known by its id, which nobody can change, and addressed by the name that the same read gives; no row number
outlives a delivery.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from connectors.columns import Value
from connectors.sheets import words
from connectors.sheets.a1 import Cell, Table, a1, first_cell, letters, table, texts
from connectors.sheets.client import Api, Reply, Sheet
from connectors.sheets.errors import outside_the_tab, tab_is_gone
from relay.errors import RemoteError

_NAME_OF_A = "Column A"


@dataclass
class KnownTab:
    """What outlives a delivery. `written`: the tab has our header, so it is never to be replaced by another.

    `key_column` is where the keys were last; it saves reading twice. `names` are ours that were in row 1.
    """

    sheet_id: int | None = None
    key_column: int = 0
    written: bool = False
    names: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Written:
    """`row` as people see it; `duplicates` are further rows with the same key, left as they are."""

    row: int
    duplicates: list[int]
    reply: Reply


class Tab:
    """For one delivery, over an `Api`. `name` as configured; `key_name` is the name of the key column."""

    def __init__(self, api: Api, name: str, key_name: str, known: KnownTab) -> None:
        self._api, self._name, self._key_name, self.known = api, name, key_name, known
        self.title = name

    def missing(self, names: Sequence[str]) -> list[str] | None:
        """What a delivery would add to row 1; None: it would make the tab. Raises what stops a delivery."""
        found = self._open()
        return None if found is None else self._missing(found, names)

    def prepare(self, names: Sequence[str]) -> Table:
        """The tab as it is now, with all of our names in its header; both are made where they are missing."""
        found = self._open()
        if found is None:
            self.known.sheet_id = self._api.add_sheet(self._name)
            found = self._read()
        found = self._with_header(found, names)
        self.known.written, self.known.names = True, sorted(names)
        return found

    def upsert(self, found: Table, values: Mapping[str, Value]) -> Written:
        """The first row with this key is updated, else one is added. `found` as `prepare` just read it."""
        row = found.cells(values)
        at = found.rows_of(str(values[self._key_name]).strip())
        if at:
            reply = self._api.put(a1(self.title, f"A{at[0]}:{letters(len(row) - 1)}{at[0]}"), row)
            return Written(at[0], at[1:], reply)
        reply = self._api.append(a1(self.title, "A1"), row)
        return Written(self._row_of(reply), [], reply)

    def remove(self, key: str) -> int:
        """Deletes the rows with exactly this key; how many. They are searched for right before."""
        found = self._open()
        rows = found.rows_of(key) if found else []
        if rows and self.known.sheet_id is not None:
            sheet_id = self.known.sheet_id
            self._api.change(*(_deleted(sheet_id, number) for number in reversed(rows)))
        return len(rows)

    def _open(self) -> Table | None:
        """The tab that was written to, whatever it is called now; else the one of the configured name.

        None: there is none, and one may be made. Where the one that was written to is gone, no other is made.
        """
        if self.known.sheet_id is not None:
            try:
                return self._read()
            except RemoteError as error:
                if not tab_is_gone(error):
                    raise
        sheet = self._find()
        if sheet is None:
            if self.known.written:
                raise RemoteError(words.tab_gone(self._name), "connection")
            return None
        self.known.sheet_id = sheet.id
        return self._read()

    def _find(self) -> Sheet | None:
        """Sheets takes no two tabs whose names differ by case only."""
        wanted = self._name.casefold()
        return next((each for each in self._api.sheets() if each.title.casefold() == wanted), None)

    def _read(self) -> Table:
        """The header and the key column, in one read unless the key column moved."""
        found = self._read_once()
        moved_to = found.column(self._key_name)
        if moved_to in (None, self.known.key_column):
            return found
        self.known.key_column = moved_to or 0
        found = self._read_once()
        if found.column(self._key_name) != moved_to:
            raise RemoteError(words.COLUMNS_MOVED)
        return found

    def _read_once(self) -> Table:
        if self.known.sheet_id is None:
            raise RuntimeError("The tab is not known yet.")
        try:
            read = self._api.header_and_column(self.known.sheet_id, self.known.key_column)
        except RemoteError as error:
            if not (outside_the_tab(error) and self.known.key_column):
                raise
            self.known.key_column = 0
            return self._read_once()
        self.title = read.title or self.title
        return table(read.header, read.column)

    def _missing(self, found: Table, names: Sequence[str]) -> list[str]:
        """Those that are to be added. One that was there is gone by a person's hand: a second column in its
        place would contradict the first, which the rows of before still have."""
        missing = found.missing(names)
        if self._key_name in missing:
            self._check_no_keys_are_lost(found)
        elif gone := [name for name in missing if name in self.known.names]:
            raise RemoteError(words.columns_gone(gone, self.title), "connection")
        return missing

    def _check_no_keys_are_lost(self, found: Table) -> None:
        """Rows without a key column would all be written a second time: a person says which column it is."""
        misplaced = found.keys.index(self._key_name) + 1 if self._key_name in found.keys else 0
        rows = self._api.top_rows(a1(self.title, f"1:{_ROWS_READ}"))
        misplaced = misplaced or next((n for n, row in enumerate(rows, 1) if self._key_name in texts(row)), 0)
        if misplaced > 1:
            raise RemoteError(words.header_misplaced(misplaced, self.title), "connection")
        if self.known.written and any(rows):
            raise RemoteError(words.key_column_gone(self._key_name, self.title), "connection")
        if any(rows[1:]) or any(found.keys[1:]):
            raise RemoteError(words.no_key_column(self._key_name, self.title), "connection")

    def _with_header(self, found: Table, names: Sequence[str]) -> Table:
        """The same with our names complete: those missing go to the right of everything that is there.

        Column A gets a name too where it has none: an append starts in the first column of the table around
        A1, and with A1 empty that may be another one.
        """
        missing = self._missing(found, names)
        nameless = bool(found.header or missing) and not (found.header[:1] or ("",))[0]
        if not missing and not nameless:
            return found
        first = self._room_for(len(missing), found) if missing else len(found.header)
        gap: list[Cell] = [None] * first
        header = [*found.header, *[""] * (first - len(found.header)), *missing]
        row = [*gap, *missing]
        if not header[0]:
            header[0] = row[0] = _NAME_OF_A
        self._api.put(a1(self.title, f"A1:{letters(len(row) - 1)}1"), row)
        if self._key_name in missing:
            self.known.key_column = header.index(self._key_name)
        return table(header, found.keys)

    def _room_for(self, count: int, found: Table) -> int:
        """The first column right of the names, and of what people wrote beside them without a name."""
        sheet = next((each for each in self._api.sheets() if each.id == self.known.sheet_id), None)
        width, columns = len(found.header), sheet.columns if sheet else 0
        if width < columns:
            span = f"{letters(width)}:{letters(columns - 1)}"
            width += len(self._api.columns(a1(self.title, span)))
        if sheet and width + count > columns:
            more = {"sheetId": sheet.id, "dimension": "COLUMNS", "length": width + count - columns}
            self._api.change({"appendDimension": more})
        return width

    def _row_of(self, reply: Reply) -> int:
        """Where an append went. Anywhere but in column A the row is useless: a person has to fix it."""
        updates = reply.values.get("updates")
        written = str(updates.get("updatedRange", "")) if isinstance(updates, dict) else ""
        at = first_cell(written)
        if at is None:
            raise RemoteError(words.NO_PLACE_NAMED, ambiguous=True, status=reply.status, answer=reply.excerpt)
        if at[0] != "A":
            sentence = words.row_misplaced(written, self.title)
            raise RemoteError(
                sentence, "connection", ambiguous=True, status=reply.status, answer=reply.excerpt
            )
        return at[1]


_ROWS_READ = 200  # enough to see that a tab has rows, or names further down


def _deleted(sheet_id: int, row: int) -> dict[str, object]:
    span = {"sheetId": sheet_id, "dimension": "ROWS", "startIndex": row - 1, "endIndex": row}
    return {"deleteDimension": {"range": span}}
