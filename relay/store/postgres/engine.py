"""Transactions on Postgres. Every write takes one lock: alone, so that none sees what another is about to
change, or shared with others that lock the rows and names on which they depend."""

import contextlib
import threading
import time
from collections.abc import Iterator

import psycopg
from psycopg.pq import TransactionStatus

from relay.errors import StoreBusyError
from relay.store.postgres.connections import MOST, Connection, Pool, connect
from relay.store.postgres.errors import translate_postgres_errors

BUSY_SECONDS = 3.4  # how long a write waits in all: CreativeAI and browsers get their 503 within 4 seconds

_WRITES = 7_252_001  # the advisory lock that every write takes


class PostgresEngine:
    """A pool of connections, opened on first use; any thread may use it."""

    def __init__(self, url: str, busy_seconds: float = BUSY_SECONDS) -> None:
        self.url = url
        self._busy_seconds = busy_seconds
        self._pool = Pool(url)
        self._turns = threading.Semaphore(MOST - 1)  # of writers: one connection is always left to read with
        self._mine = threading.local()

    @contextlib.contextmanager
    def write(self, *, patience: float | None = None, alongside: bool = False) -> Iterator[Connection]:
        """One transaction, on the server's disk when it ends; within another of this thread, a part of it.

        `alongside`: others that say so run at the same time; otherwise it is alone.

        Raises StoreBusyError after `patience` seconds in all; None: as long as the engine waits. Then nothing
        was written. Only when the server goes away during the commit, that is not known.
        """
        within: Connection | None = getattr(self._mine, "connection", None)
        if within is not None:
            yield within
            return
        seconds = self._busy_seconds if patience is None else min(patience, self._busy_seconds)
        until = time.perf_counter() + seconds
        if not self._turns.acquire(timeout=seconds):
            raise StoreBusyError("Nothing was written: the database is busy.")
        try:
            with translate_postgres_errors(), self._lent(until) as connection:
                _begin(connection, until, alongside=alongside)
                self._mine.connection = connection
                try:
                    yield connection
                finally:
                    self._mine.connection = None
                _commit(connection)
        finally:
            self._turns.release()

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection on which each statement is a transaction. Raises StoreBusyError."""
        with translate_postgres_errors(), self._lent(time.perf_counter() + self._busy_seconds) as connection:
            yield connection

    def connect(self) -> Connection:
        """A connection beside the pool, for the caller alone. Raises psycopg.Error."""
        return connect(self.url)

    def close(self) -> None:
        self._pool.close()

    @contextlib.contextmanager
    def _lent(self, until: float) -> Iterator[Connection]:
        """One that failed in a way that leaves its state unknown is not used again."""
        connection = self._pool.lend(until)
        usable = False
        try:
            yield connection
            usable = True
        except psycopg.Error as error:
            usable = error.sqlstate not in (None, "0A000") and _roll_back(connection)
            raise
        except BaseException:
            usable = _roll_back(connection)
            raise
        finally:
            self._pool.take_back(connection, usable=usable)


def _begin(connection: Connection, until: float, *, alongside: bool) -> None:
    """In one message to the server, which therefore is simple SQL without parameters."""
    left = max(1, round((until - time.perf_counter()) * 1000))
    lock = "pg_advisory_xact_lock_shared" if alongside else "pg_advisory_xact_lock"
    connection.execute(f"begin; set local lock_timeout = {left}; select {lock}({_WRITES})")


def _commit(connection: Connection) -> None:
    try:
        ended = connection.execute("commit").statusmessage
    except psycopg.OperationalError as error:
        if not connection.broken:
            raise
        raise StoreBusyError(
            "The database went away during the last step, so whether it was written is not known."
        ) from error
    if ended != "COMMIT":
        raise RuntimeError("A statement failed, and what followed was not rolled back.")


def _roll_back(connection: Connection) -> bool:
    """Whether the connection can be used again."""
    with contextlib.suppress(psycopg.Error):
        if connection.info.transaction_status in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
            connection.execute("rollback")
        return connection.info.transaction_status is TransactionStatus.IDLE
    return False
