"""All tables of a store, to copy it whole from one database to another, of whichever engine.

A table comes after those that it refers to. Left out is what each engine makes of the others itself: the
totals of the archive, and the index of words.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

TABLES = (
    *("event", "event_body", "generation", "result", "delivery", "attempt"),
    *("connection", "connection_revision", "connection_route", "connection_pause", "connector_state"),
    *("target_rate", "target_hold", "archive_copy"),
    *("job", "job_input", "upload", "pipeline", "vendor_call", "api_account", "rate_hold"),
    *("shop_event", "unsigned_event", "refused_webhook"),
    *("setting", "api_token", "login_attempt", "access_log", "share_link"),
)

Rows = Sequence[tuple[object, ...]]


class Tables(Protocol):
    """One database, as a whole, for one caller. Raises what its driver raises."""

    def transaction(self) -> AbstractContextManager[None]:
        """What is read in it is of one moment; what is written is kept as a whole, or on an exception not."""
        ...

    def columns(self, table: str) -> list[str]: ...

    def read(self, table: str, columns: Sequence[str]) -> Iterator[Rows]:
        """All rows, some hundred at a time, in the order of the primary key. In a transaction."""
        ...

    def write(self, table: str, columns: Sequence[str], rows: Rows) -> None:
        """Add rows, but for those whose key is there already."""
        ...

    def clear(self, table: str) -> None: ...

    def remove_setting(self, name: str) -> None: ...

    def complete(self) -> None:
        """Write anew what is made of the tables: the index of words, from all jobs."""
        ...


@dataclass(frozen=True, slots=True)
class Content:
    """Of one table: how many rows it has, and a hash of all of them, in whatever order they come."""

    rows: int
    digest: str


def copy_tables(source: Tables, target: Tables) -> None:
    """Part of a transaction on each. Both have the schema of today; what the target had is gone."""
    for table in reversed(TABLES):
        target.clear(table)
    for table in TABLES:
        columns = source.columns(table)
        for rows in source.read(table, columns):
            target.write(table, columns, rows)
    target.complete()


def content_of(database: Tables, table: str) -> Content:
    """In a transaction."""
    number = total = 0
    for rows in database.read(table, sorted(database.columns(table))):
        number += len(rows)
        total += sum(_digest(row) for row in rows)
    return Content(number, f"{total % 2**256:064x}")


def _digest(row: tuple[object, ...]) -> int:
    """A NUL in a text cannot be kept by every engine, and counts as what is kept in its place."""
    plain = [value.replace("\0", "\ufffd") if isinstance(value, str) else value for value in row]
    return int.from_bytes(hashlib.sha256(repr(plain).encode("utf-8", "backslashreplace")).digest())
