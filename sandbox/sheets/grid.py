"""The cells of one tab: reading, writing, rows that come and go, and what Sheets takes for a table."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.sheets.a1 import Area, Block, letters
from sandbox.sheets.errors import GoogleError

MOST_CELLS = 10_000_000


@dataclass
class Tab:
    """`rows` holds only what was written; `row_count` and `column_count` are the size of the grid."""

    id: int
    title: str
    row_count: int = 1000
    column_count: int = 26
    frozen_rows: int = 0
    rows: list[list[Any]] = field(default_factory=list)

    def cell(self, row: int, column: int) -> Any:
        return self.rows[row][column] if row < len(self.rows) and column < len(self.rows[row]) else None

    def read(self, area: Area) -> list[list[Any]]:
        """The rows of an area without what is empty at the end of each, and of all."""
        top, left, bottom, right = self.bounds(area)
        found = [_trimmed(row[left : right + 1]) for row in self.rows[top : bottom + 1]]
        while found and not found[-1]:
            found.pop()
        return found

    def write(self, area: Area, values: Sequence[Sequence[Any]]) -> Block:
        """Cells that are None stay as they are. Answers what was written to."""
        top, left, bottom, right = self.bounds(area)
        width = max((len(row) for row in values), default=0)
        one_cell = (top, left) == (bottom, right)
        if not one_cell and (len(values) > bottom - top + 1 or width > right - left + 1):
            name = self.name_of(Block(top, left, bottom, right))
            tried = f"column [{letters(right + 1)}]" if width > right - left + 1 else f"row [{bottom + 2}]"
            raise GoogleError(400, f"Requested writing within range [{name}], but tried writing to {tried}")
        written = Block(top, left, top + max(len(values), 1) - 1, left + max(width, 1) - 1)
        if written.bottom >= self.row_count or written.right >= self.column_count:
            raise self._outside(written)
        self._set(written, values)
        return written

    def append(
        self, area: Area, values: Sequence[Sequence[Any]], *, insert: bool
    ) -> tuple[Block | None, Block]:
        """The table around the area, if there is one, and where the values went.

        That is below the table, from its first column on, wherever the area itself begins.
        """
        table = self.table_around(area)
        top = table.bottom + 1 if table else self.bounds(area)[0]
        left = table.left if table else self.bounds(area)[1]
        if insert:
            self.insert_rows(top, len(values))
        width = max(len(row) for row in values)
        written = Block(top, left, top + len(values) - 1, left + width - 1)
        self.row_count = max(self.row_count, written.bottom + 1)
        self.column_count = max(self.column_count, written.right + 1)
        self._check_size()
        self._set(written, values)
        return table, written

    def table_around(self, area: Area) -> Block | None:
        """Everything that touches the area without an empty row or column between, as Ctrl+A selects it."""
        top, left, bottom, right = self.bounds(area)
        before = None
        while before != (top, left, bottom, right):
            before = (top, left, bottom, right)
            while self._filled(bottom + 1, bottom + 1, left - 1, right + 1):
                bottom += 1
            while self._filled(top - 1, bottom + 1, right + 1, right + 1):
                right += 1
            while top and self._filled(top - 1, top - 1, left - 1, right + 1):
                top -= 1
            while left and self._filled(top - 1, bottom + 1, left - 1, left - 1):
                left -= 1
        filled = [
            (row, column)
            for row in range(top, min(bottom + 1, len(self.rows)))
            for column in range(left, right + 1)
            if self.cell(row, column) is not None
        ]
        if not filled:
            return None
        rows, columns = [row for row, _ in filled], [column for _, column in filled]
        return Block(min(rows), min(columns), max(rows), max(columns))

    def insert_rows(self, at: int, count: int) -> None:
        if at < len(self.rows):
            self.rows[at:at] = [[] for _ in range(count)]
        self.row_count += count
        self._check_size()

    def delete(self, dimension: str, start: int, end: int) -> None:
        if dimension == "ROWS":
            del self.rows[start:end]
            self.row_count -= end - start
        else:
            for row in self.rows:
                del row[start:end]
            self.column_count -= end - start

    def insert(self, dimension: str, start: int, end: int) -> None:
        if dimension == "ROWS":
            self.insert_rows(start, end - start)
            return
        for row in self.rows:
            if start < len(row):
                row[start:start] = [None] * (end - start)
        self.column_count += end - start
        self._check_size()

    def move(self, dimension: str, start: int, end: int, to: int) -> None:
        """`to` as counted before anything was removed."""
        at = to if to <= start else to - (end - start)
        lines: list[list[Any]] = [self.rows] if dimension == "ROWS" else self.rows
        for line in lines:
            line.extend([] if dimension == "ROWS" else None for _ in range(max(end, to) - len(line)))
            moved = line[start:end]
            del line[start:end]
            line[at:at] = moved

    def sort(self, top: int, column: int, descending: bool) -> None:
        """The rows from `top` on; those without a value there come last."""
        rows = self.rows[top:]
        filled = [row for row in rows if column < len(row) and row[column] is not None]
        filled.sort(key=lambda row: str(row[column]), reverse=descending)
        self.rows[top:] = filled + [row for row in rows if not any(row is each for each in filled)]

    def extend(self, dimension: str, length: int) -> None:
        if dimension == "ROWS":
            self.row_count += length
        else:
            self.column_count += length
        self._check_size()

    def name_of(self, block: Block) -> str:
        return f"{self._quoted_title()}!{block}"

    def _quoted_title(self) -> str:
        """Quoted only where it must be, as Google does."""
        title = self.title.replace("'", "''")
        return title if title.isalnum() and title.isascii() else f"'{title}'"

    def _set(self, area: Block, values: Sequence[Sequence[Any]]) -> None:
        while len(self.rows) <= area.bottom:
            self.rows.append([])
        for offset, cells in enumerate(values):
            row = self.rows[area.top + offset]
            row.extend([None] * (area.left + len(cells) - len(row)))
            for column, value in enumerate(cells, area.left):
                if value is not None:
                    row[column] = None if value == "" else value

    def _filled(self, top: int, bottom: int, left: int, right: int) -> bool:
        rows = self.rows[max(top, 0) : bottom + 1]
        return any(value is not None for row in rows for value in row[max(left, 0) : right + 1])

    def bounds(self, area: Area) -> Block:
        """As far as the grid goes. Raises Google's refusal of what begins outside."""
        if area.top >= self.row_count or area.left >= self.column_count:
            raise self._outside(Block(area.top, area.left, area.top, area.left))
        bottom = self.row_count - 1 if area.bottom is None else min(area.bottom, self.row_count - 1)
        right = self.column_count - 1 if area.right is None else min(area.right, self.column_count - 1)
        return Block(area.top, area.left, bottom, right)

    def _outside(self, area: Block) -> GoogleError:
        size = f"Max rows: {self.row_count}, max columns: {self.column_count}"
        return GoogleError(400, f"Range ({self._quoted_title()}!{area}) exceeds grid limits. {size}")

    def _check_size(self) -> None:
        if self.row_count * self.column_count > MOST_CELLS:
            raise GoogleError(
                400,
                "Invalid request: This action would increase the number of cells in the workbook above the "
                f"limit of {MOST_CELLS} cells.",
            )


def _trimmed(row: Sequence[Any]) -> list[Any]:
    cells = ["" if value is None else value for value in row]
    while cells and cells[-1] == "":
        cells.pop()
    return cells
