"""The database's interface for repositories: named statements inside `read` and `write`, and wake-ups.

An engine (SQLite, Postgres) implements these protocols. Statements are called by the names that
`relay.store.sql.statements` and the engine's own files give them, so that repositories contain no SQL.
"""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

from relay.store.contract.core import Waiter

Params = Mapping[str, object]


class Row(Protocol):
    """One row of an answer, by column name; `dict(row)` is all of it."""

    def keys(self) -> Iterable[str]: ...

    def __getitem__(self, name: str, /) -> Any: ...


class Session(Protocol):
    """Runs statements. Every answer is fetched whole, so that nothing stays open behind it."""

    def fetch_one(self, name: str, params: Params = ..., /) -> Row | None:
        """The first row; None: there is none. Also of `insert`, `update` and `delete ... returning`."""
        ...

    def fetch_all(self, name: str, params: Params = ..., /) -> list[Row]: ...

    def fetch_row(self, name: str, params: Params = ..., /) -> Row:
        """The first row of a statement that always has one, such as a count."""
        ...

    def execute(self, name: str, params: Params = ..., /) -> int:
        """How many rows were written, by a statement without `returning`."""
        ...

    def execute_many(self, name: str, rows: Iterable[Params], /) -> int:
        """The same statement for each of the rows. How many rows were written in all."""
        ...

    def lock(self, *names: str) -> None:
        """Until the transaction ends, nobody else has a lock of one of these names, each a kind and a name.
        Once in a transaction, so that no two wait for one another. Nothing on an engine with one writer."""
        ...


class Database(Protocol):
    """Raises StoreBusyError from every method but `notify` when it is locked, full, read-only or gone."""

    def read(self) -> AbstractContextManager[Session]:
        """Each statement sees all that was committed before it. Never waits for a writer."""
        ...

    def write(
        self, *, patience: float | None = ..., durable: bool = ..., alongside: bool = ...
    ) -> AbstractContextManager[Session]:
        """One transaction, on disk when it ends; within another of this thread, a part of that one.

        An exception rolls all of it back.

        patience  how many seconds it may wait for others, in all, before it raises StoreBusyError; None: less
                  than four
        durable   False: a loss of power may undo it, and then all that was committed after it too. It saves
                  the wait for the disk where something is simply done again, such as a claim
        alongside True: others that say so may be written at the same moment. What it reads before it writes
                  is locked, by name or by its statements. Otherwise a transaction is alone

        An engine may take no notice of the last two.
        """
        ...

    def pending_migrations(self) -> list[str]:
        """Steps of the schema that this database has not taken."""
        ...

    def free_bytes(self) -> int | None:
        """Free bytes on the database's disk, 0 where it cannot be asked; None: it is not this machine's."""
        ...

    def notify(self, *topics: str) -> None:
        """As of DeliveryStore. Never raises: the announced change is already on disk."""
        ...

    def listen(self, topic: str = ...) -> Waiter: ...
