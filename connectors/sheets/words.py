"""What is said of a tab that people have changed: what happened, and what they can do."""

from collections.abc import Sequence

COLUMNS_MOVED = "The columns of the sheet moved while it was read. The relay retries automatically."
NO_PLACE_NAMED = "Google Sheets did not say where it put the row. The relay searches the sheet for it."


def tab_gone(name: str) -> str:
    return (
        "The tab that the results went to is gone from the spreadsheet, so nothing was written. Restore it "
        f'(in Google Sheets: File, Version history); or add a tab named "{name}", or enter another name in '
        "the connection, to continue there."
    )


def key_column_gone(column: str, title: str) -> str:
    return (
        f'The column "{column}" is gone from the tab "{title}"; rename it back or map it: choose the column '
        "that has the IDs now for generation_id, in the connection's columns. Until then nothing is "
        "written, because every result would get a second row."
    )


def columns_gone(columns: Sequence[str], title: str) -> str:
    named = ", ".join(f'"{each}"' for each in columns)
    which = f"column {named} is" if len(columns) == 1 else f"columns {named} are"
    return (
        f'The {which} gone from the tab "{title}"; rename back or map in the connection\'s columns what was '
        "renamed, and take out there what was deleted. Until then nothing is written, because a second "
        "column would contradict the first."
    )


def no_key_column(column: str, title: str) -> str:
    return (
        f'The tab "{title}" has rows, but no column "{column}" in row 1, by which the relay finds the row of '
        "a result. Write that name into row 1 of the column that has the IDs, or of an empty one; or choose "
        "another column for generation_id in the connection's columns."
    )


def header_misplaced(row: int, title: str) -> str:
    return (
        f'The names of the columns are in row {row} of the tab "{title}", and not in row 1. Move '
        "that row to the top; to keep it there when sorting, choose View, Freeze, 1 row."
    )


def row_misplaced(written: str, title: str) -> str:
    return (
        f"Google Sheets put the row at {written} and not in column A. Clear those cells, give column "
        f'A of the tab "{title}" a name in row 1, and resume.'
    )
