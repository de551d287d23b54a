"""A tab as a table: columns and rows in Sheets' A1 notation. Pure.

https://developers.google.com/workspace/sheets/api/guides/concepts#cell
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.columns import Value

Cell = str | float | None  # None: this cell is left as it is

_MOST = 49_000  # UTF-16 units of a text; Sheets refuses more than 50,000 characters in a cell
_EXACT = 10**15  # from here on Sheets rounds numbers: 15 digits
_CELL = re.compile(r"\$?([A-Z]+)\$?([0-9]+)(?::.*)?")


@dataclass(frozen=True, slots=True)
class Table:
    """A tab as it was read: the names in row 1, and the key column from row 1 on."""

    header: tuple[str, ...]
    keys: tuple[str, ...]

    def column(self, name: str) -> int | None:
        """Counted from 0; the first of several with one name."""
        return self.header.index(name) if name in self.header else None

    def missing(self, names: Sequence[str]) -> list[str]:
        return [name for name in names if name not in self.header]

    def rows_of(self, key: str) -> list[int]:
        """Row numbers as people see them, without the header's."""
        return [number for number, found in enumerate(self.keys, 1) if found == key and number > 1]

    def cells(self, values: Mapping[str, Value]) -> list[Cell]:
        """A row from column A to the last that is ours; other people's columns in it are left as they are."""
        row: list[Cell] = [None] * len(self.header)
        for name, value in values.items():
            row[self.header.index(name)] = cell(value)
        while row and row[-1] is None:
            row.pop()
        return row


def table(header: Sequence[Any], keys: Sequence[Any]) -> Table:
    """From what Sheets answered, where names and keys may be numbers."""
    names = texts(header)
    while names and not names[-1]:
        names.pop()
    return Table(tuple(names), tuple(texts(keys)))


def texts(cells: Sequence[Any]) -> list[str]:
    """As people read them; spaces around a name or key do not count."""
    return [_text(each) for each in cells]


def cell(value: Value) -> Cell:
    """As Sheets can keep it. A number that it would round becomes text."""
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return value if math.isfinite(value) and abs(value) < _EXACT else str(value)
    if len(value) <= _MOST // 2:
        return value
    units = value.encode("utf-16-le", "surrogatepass")
    return value if len(units) <= 2 * _MOST else units[: 2 * _MOST - 2].decode("utf-16-le", "ignore") + "…"


def letters(column: int) -> str:
    """0 is A, 26 is AA."""
    name = ""
    number = column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def a1(tab: str, cells: str) -> str:
    """`cells` of this tab, its name quoted: 'My ''best'' tab'!A1."""
    quoted = tab.replace("'", "''")
    return f"'{quoted}'!{cells}"


def tab_of(cells: str) -> str:
    """The name of the tab in a range such as 'My ''best'' tab'!A1:Z1; "" when it names none."""
    tab = cells.rpartition("!")[0]
    quoted = len(tab) > 1 and tab.startswith("'") and tab.endswith("'")
    return tab[1:-1].replace("''", "'") if quoted else tab


def first_cell(written: str) -> tuple[str, int] | None:
    """Column letters and row where a range such as 'tab'!A7:G7 begins; None when it cannot be read."""
    match = _CELL.fullmatch(written.rpartition("!")[2])
    return (match[1], int(match[2])) if match else None


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).strip()
