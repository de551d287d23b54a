"""A1 notation, as Sheets reads it: which tab and which cells a range means.

https://developers.google.com/workspace/sheets/api/guides/concepts#cell
"""

import re
from typing import NamedTuple

from sandbox.sheets.errors import GoogleError

_QUOTED = re.compile(r"'((?:[^']|'')*)'(?:!(.*))?", re.DOTALL)
_END = r"([A-Za-z]{0,3})([0-9]{0,8})"
_CELLS = re.compile(rf"{_END}(?::{_END})?")


class Area(NamedTuple):
    """The requested cells. Counted from 0, ends included; None: to the end of the grid."""

    top: int = 0
    left: int = 0
    bottom: int | None = None
    right: int | None = None


class Block(NamedTuple):
    """Cells of a grid. Counted from 0, ends included."""

    top: int
    left: int
    bottom: int
    right: int

    def __str__(self) -> str:
        first, last = f"{letters(self.left)}{self.top + 1}", f"{letters(self.right)}{self.bottom + 1}"
        return first if last == first else f"{first}:{last}"


def read_range(text: str) -> tuple[str | None, Area]:
    """Title of the tab (None: the first one) and its cells. Raises what Google answers where it cannot."""
    quoted = _QUOTED.fullmatch(text)
    if quoted:
        title: str | None = quoted[1].replace("''", "'")
        cells = quoted[2] or ""
    elif "!" in text:
        title, _, cells = text.partition("!")
    else:
        title, cells = None, text
    match = _CELLS.fullmatch(cells)
    if match is None:
        raise unparsable(text)
    if not cells:
        return title, Area()
    first_column, first_row, last_column, last_row = (part or "" for part in match.groups())
    if ":" not in cells:
        if not (first_column and first_row):
            raise unparsable(text)
        last_column, last_row = first_column, first_row
    return title, Area(
        int(first_row or 1) - 1,
        index(first_column) if first_column else 0,
        int(last_row) - 1 if last_row else None,
        index(last_column) if last_column else None,
    )


def unparsable(text: str) -> GoogleError:
    return GoogleError(400, f"Unable to parse range: {text}")


def letters(column: int) -> str:
    name = ""
    while column >= 0:
        column, rest = divmod(column, 26)
        name = chr(65 + rest) + name
        column -= 1
    return name


def index(name: str) -> int:
    number = 0
    for letter in name.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1
