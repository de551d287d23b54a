"""What Postgres and its driver raise, as the store's StoreBusyError where another try may succeed."""

import contextlib
from collections.abc import Iterator

import psycopg

from relay.errors import StoreBusyError, StoreConflictError

_NO_ANSWER = "the database does not answer"
_CONFLICT = "40"  # deadlocks
_BUSY = "the database is busy"

# By SQLSTATE, else by its first two characters.
_NOT_NOW = {
    "08": _NO_ANSWER,
    "40": _BUSY,
    "53": "the database's server has no room or no connection left",
    "55P03": _BUSY,
    "57014": "the database took too long",
    "57P": _NO_ANSWER,
    "58": "the database's disk does not answer",
    "25006": "the database is read-only",
    "25P03": _BUSY,
    "42P01": "the database has no tables; start the relay again",
    "0A000": "the database was updated meanwhile",  # a prepared statement whose table has changed
}


@contextlib.contextmanager
def translate_postgres_errors() -> Iterator[None]:
    """A fault of the whole database, as opposed to one of a statement, is worth another try."""
    try:
        yield
    except psycopg.Error as error:
        words = _words(error)
        if words is None:
            raise
        if (error.sqlstate or "").startswith(_CONFLICT):
            raise StoreConflictError(f"Nothing was written: {words}.") from error
        raise StoreBusyError(f"Nothing was written: {words}.") from error


def _words(error: psycopg.Error) -> str | None:
    state = error.sqlstate
    if state is None:  # not from the server: the connection could not be made, or was lost
        return _connection_words(error)
    return _NOT_NOW.get(state) or _NOT_NOW.get(state[:3]) or _NOT_NOW.get(state[:2])


def _connection_words(error: psycopg.Error) -> str | None:
    """With the reason that the driver gives, such as a refused connection or a wrong password."""
    if not isinstance(error, psycopg.OperationalError):
        return None
    _, failed, reason = str(error).strip().rpartition("failed: ")
    return f"{_NO_ANSWER} ({' '.join(reason.split())})" if failed else _NO_ANSWER
