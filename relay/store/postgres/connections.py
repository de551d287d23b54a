"""Connections to Postgres: how one is opened, and the few of them that a process keeps.

A host's smallest database allows some twenty in all, so a process has three at most. A thread waits for one
that is lent; when the server does not answer, it is told so at once.
"""

import contextlib
import select
import threading
import time
from typing import Any

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Dumper, Loader
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import dict_row
from psycopg.types.numeric import Int8Dumper
from psycopg.types.string import StrDumper

from relay.errors import StoreBusyError

MOST = 3  # per process
MOST_PREPARED = 300  # statements that a connection keeps prepared: all there are

# What the URL says takes precedence. A server that has vanished is noticed in seconds instead of hours.
_CLIENT = {
    "application_name": "relay",
    "connect_timeout": "3",
    "keepalives_idle": "20",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}
# A client that has vanished within a transaction would keep its locks: the server ends it in seconds.
_SESSION = """
set client_min_messages = warning;
set default_transaction_isolation = 'read committed';
set statement_timeout = '30s';
set idle_in_transaction_session_timeout = '30s';
set tcp_keepalives_idle = 20;
set tcp_keepalives_interval = 5;
set tcp_keepalives_count = 3;
set tcp_user_timeout = '20s'
"""

Row = dict[str, Any]
Connection = psycopg.Connection[Row]


class _Text(StrDumper):
    """A text may have every character but NUL, which Postgres cannot keep."""

    def dump(self, obj: str) -> Buffer | None:
        return super().dump(obj.replace("\0", "\ufffd") if "\0" in obj else obj)


class _NoList(Dumper):
    """A list would become an array, and that a text. It is a fault, as it is to SQLite."""

    def dump(self, obj: list[object]) -> Buffer | None:
        raise TypeError(f"A list is no value of a column: {obj!r:.100}")


class _Number(Loader):
    """Sums of bigint are numeric; they are whole numbers to us, as they are to SQLite."""

    def load(self, data: Buffer) -> int | float:
        text = bytes(data)
        return int(text) if text.lstrip(b"-").isdigit() else float(text)


def connect(url: str) -> Connection:
    """Each statement is a transaction of its own, unless one is begun.

    Raises psycopg.Error, and StoreBusyError where the URL cannot be read.
    """
    try:
        info: dict[str, Any] = {**_CLIENT, **conninfo_to_dict(url)}
    except psycopg.ProgrammingError as error:
        raise StoreBusyError(f"DATABASE_URL cannot be read: {' '.join(str(error).split())}.") from error
    connection: Connection = psycopg.Connection[Row].connect(
        make_conninfo(**info), autocommit=True, row_factory=dict_row, cursor_factory=psycopg.RawCursor
    )
    connection.prepared_max = MOST_PREPARED
    adapters = connection.adapters
    adapters.register_dumper(int, Int8Dumper)  # one type for every size, so that a statement is prepared once
    adapters.register_dumper(str, _Text)
    adapters.register_dumper(list, _NoList)
    adapters.register_loader("numeric", _Number)
    try:
        connection.execute(_SESSION)
    except psycopg.Error:
        connection.close()
        raise
    return connection


class Pool:
    """Any thread may ask. The connection given back last is lent first; they are opened on first use, so that
    a process that was forked has its own."""

    def __init__(self, url: str, most: int = MOST) -> None:
        self._url = url
        self._free = threading.Semaphore(most)
        self._lock = threading.Lock()
        self._idle: list[Connection] = []
        self._lent: set[Connection] = set()

    def lend(self, until: float) -> Connection:
        """`until`: how long it may wait for one, by `time.perf_counter`.

        Raises psycopg.Error where the server does not answer, StoreBusyError when all are lent for too long.
        """
        if not self._free.acquire(timeout=max(0.0, until - time.perf_counter())):
            raise StoreBusyError("Nothing was written: the database is busy.")
        try:
            connection = self._idle_one() or connect(self._url)
        except BaseException:
            self._free.release()
            raise
        with self._lock:
            self._lent.add(connection)
        return connection

    def take_back(self, connection: Connection, *, usable: bool = True) -> None:
        with self._lock:
            kept = usable and connection in self._lent and not connection.closed
            self._lent.discard(connection)
            if kept:
                self._idle.append(connection)
        if not kept:
            close(connection)
        self._free.release()

    def close(self) -> None:
        """Also of those that are lent: their threads get an error."""
        with self._lock:
            connections = [*self._idle, *self._lent]
            self._idle, self._lent = [], set()
        for connection in connections:
            close(connection)

    def _idle_one(self) -> Connection | None:
        while True:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None or _is_alive(connection):
                return connection
            close(connection)


def close(connection: Connection) -> None:
    with contextlib.suppress(psycopg.Error, OSError):
        connection.close()


def _is_alive(connection: Connection) -> bool:
    """Without asking the server: it has nothing to say to an idle connection but that it ends."""
    if connection.closed:
        return False
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return not poll.poll(0)
