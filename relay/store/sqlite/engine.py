"""Connections and transactions on SQLite: WAL, every commit on disk, one writer at a time in this process.

Each `BEGIN` is immediate: a deferred one that reads and then writes fails at once when another process wrote
in between, whatever the busy time-out.
"""

import contextlib
import sqlite3
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from relay.errors import StoreBusyError
from relay.private_folder import make_private_folder
from relay.store.sqlite.write_queue import PAUSE, WriteQueue

BUSY_SECONDS = 3.4  # how long a write waits in all: CreativeAI and browsers get their 503 within 4 seconds
_KNOWN_BUSY = 7  # how many times shorter after one that waited in vain, for those that gathered behind it
IDLE_READERS = 16  # kept open for the next `read`: as many as the web process has threads

_LARGEST_LOG = 16_000_000  # bytes that the write-ahead log keeps on disk after a large transaction
_OURS_ALONE = 0o600

_NOT_NOW = {
    sqlite3.SQLITE_BUSY: "the database is busy",
    sqlite3.SQLITE_LOCKED: "the database is busy",
    sqlite3.SQLITE_PROTOCOL: "the database is busy",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_READONLY: "the database is read-only",
    sqlite3.SQLITE_IOERR: "the disk does not answer",
    sqlite3.SQLITE_CANTOPEN: "the database cannot be opened",
    sqlite3.SQLITE_NOTADB: "the file is not a database",
    sqlite3.SQLITE_CORRUPT: "the database is damaged",
}


class SqliteEngine:
    """One connection for writing, behind a lock, and a pool of readers; opened on first use.

    A reader is lent for one `read`, so their number is that of the reads at one moment, however many threads
    come and go.
    """

    def __init__(self, path: Path, busy_seconds: float = BUSY_SECONDS) -> None:
        self.path = path
        self._busy_seconds = busy_seconds
        self._lock = threading.RLock()
        self._writer: sqlite3.Connection | None = None
        self._durable = True  # how the writer commits
        self._queue = WriteQueue(path.parent)
        self._is_known_busy = False  # another program held the database when a write last began
        self._file: tuple[int, int] | None = None  # which one the writer opened
        self._pool = threading.Lock()
        self._idle: list[sqlite3.Connection] = []  # the last one given back is lent first: its cache is warm
        self._lent: set[sqlite3.Connection] = set()

    @contextlib.contextmanager
    def write(self, *, patience: float | None = None, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """One immediate transaction; within another of this thread, a part of it.

        `durable` False: its commit does not wait for the disk. It survives the end of the process, and a loss
        of power once a later commit of any process was durable: the log is written in order.

        Raises StoreBusyError after `patience` seconds in all, for the other threads of this process and for
        other processes together; None: as long as the engine waits. Then nothing was written.
        """
        with self._turn(patience) as until, translate_sqlite_errors():
            writer = self._writing()
            if writer.in_transaction:
                yield writer
                return
            self._check_file()
            self._sync_commits(writer, durable)
            try:
                self._begin(writer, until)
                yield writer
                writer.execute("commit")
            except BaseException:
                self._roll_back(writer)
                raise

    @contextlib.contextmanager
    def _turn(self, patience: float | None) -> Iterator[float]:
        """The writer, for this thread alone. Gives until when a transaction may wait for other processes."""
        most = self._busy_seconds / _KNOWN_BUSY if self._is_known_busy else self._busy_seconds
        seconds = most if patience is None else min(patience, most)
        until = time.perf_counter() + seconds
        if not self._lock.acquire(timeout=seconds):
            raise StoreBusyError("Nothing was written: the database is busy.")
        try:
            yield until
        finally:
            self._lock.release()

    def _begin(self, writer: sqlite3.Connection, until: float) -> None:
        began = time.perf_counter()
        with self._queue.place(until):
            try:
                while not self._has_begun(writer, until):
                    time.sleep(PAUSE)
            except sqlite3.OperationalError:
                waited = time.perf_counter() - began
                self._is_known_busy |= waited > self._busy_seconds / 2  # long enough to know
                raise
        self._is_known_busy = False

    def _has_begun(self, writer: sqlite3.Connection, until: float) -> bool:
        """Raises what SQLite says once the time is over, or at once if waiting would not help."""
        try:
            writer.execute("begin immediate")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.perf_counter() >= until:
                raise
            return False
        return True

    def checkpoint(self) -> None:
        """Move what is committed from the write-ahead log into the database's file, and empty the log.

        What another process still reads or writes stays in the log.
        """
        with (
            self._turn(None),
            translate_sqlite_errors(),
            contextlib.closing(connect(self.path, self._busy_seconds)) as own,
        ):
            own.execute("pragma wal_checkpoint(truncate)").fetchall()

    def release_free_pages(self, most: int, *, keep: int) -> bool:
        """Give up to so many pages that hold nothing back to the disk, in one short write; `keep` stay for
        what comes next. False: there are no more."""
        with self.read() as reader:
            free = int(reader.execute("pragma freelist_count").fetchone()[0]) - keep
        if free <= 0:
            return False
        with self.write() as writer:
            before = int(writer.execute("pragma freelist_count").fetchone()[0])
            writer.execute(f"pragma incremental_vacuum({min(most, free)})").fetchall()
            after = int(writer.execute("pragma freelist_count").fetchone()[0])
        return after < before and after > keep

    @contextlib.contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A reading connection, for as long as the `with` lasts. Raises StoreBusyError."""
        with translate_sqlite_errors():
            reader = self._lend()
            try:
                yield reader
            except sqlite3.Error:
                self._take_back(reader, usable=False)
                raise
            except BaseException:
                self._take_back(reader)
                raise
            self._take_back(reader)

    def close(self) -> None:
        """Of connections that are lent too: their threads get a StoreBusyError or sqlite3's own error."""
        with self._lock:
            if self._writer is not None:
                self._writer.close()
                self._writer = None
            self._queue.close()
        with self._pool:
            readers = [*self._idle, *self._lent]
            self._idle, self._lent = [], set()
        for reader in readers:
            reader.close()

    def _lend(self) -> sqlite3.Connection:
        with self._pool:
            reader = self._idle.pop() if self._idle else None
            if reader is not None:
                self._lent.add(reader)
                return reader
        reader = connect(self.path, self._busy_seconds)
        reader.execute("pragma query_only = on")
        with self._pool:
            self._lent.add(reader)
        return reader

    def _take_back(self, reader: sqlite3.Connection, *, usable: bool = True) -> None:
        """One that failed, and more than are worth keeping, are closed."""
        with self._pool:
            kept = usable and reader in self._lent and len(self._idle) < IDLE_READERS
            self._lent.discard(reader)
            if kept:
                self._idle.append(reader)
        if not kept:
            with contextlib.suppress(sqlite3.Error):
                reader.close()

    def _writing(self) -> sqlite3.Connection:
        if self._writer is None:
            self._writer, self._durable = connect(self.path, self._busy_seconds), True
            self._writer.execute("pragma busy_timeout = 0")  # it waits in `_begin`
            self._file = self._file or _identity(self.path)
        return self._writer

    def _sync_commits(self, writer: sqlite3.Connection, durable: bool) -> None:
        if durable != self._durable:
            writer.execute(f"pragma synchronous = {'full' if durable else 'normal'}")
            self._durable = durable

    def _check_file(self) -> None:
        """A connection would go on writing into a file that was removed or replaced, where it is lost."""
        if _identity(self.path) != self._file:
            raise StoreBusyError(
                f"Nothing was written: {self.path} was removed or replaced. Start the relay again."
            )

    def _roll_back(self, writer: sqlite3.Connection) -> None:
        """A connection that cannot even roll back is not used again."""
        try:
            if writer.in_transaction:
                writer.execute("rollback")
        except sqlite3.Error:
            self._writer = None
            with contextlib.suppress(sqlite3.Error):
                writer.close()


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def connect(path: Path, busy_seconds: float = BUSY_SECONDS) -> sqlite3.Connection:
    """Makes the folder and the file where they are missing. Nobody but their owner may read either."""
    make_private_folder(path.parent)
    connection = sqlite3.connect(
        path, timeout=busy_seconds, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    connection.row_factory = sqlite3.Row
    try:
        if connection.execute("pragma page_count").fetchone()[0] == 0:
            # Takes effect before the first table only, and would wait for the writer on each opening.
            connection.execute("pragma auto_vacuum = incremental")
        keep_private(path)
        connection.execute("pragma journal_mode = wal")
        connection.execute(f"pragma journal_size_limit = {_LARGEST_LOG}")
        connection.execute("pragma synchronous = full")
        connection.execute("pragma foreign_keys = on")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def keep_private(path: Path) -> None:
    """The database and the files beside it are for their owner alone: they hold customers' data.

    SQLite makes the files beside it as the database is, so it comes first. By name, as closing a file that
    SQLite has open would end its locks. A file of another owner stays as that one wants it.
    """
    for each in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        with contextlib.suppress(FileNotFoundError, PermissionError):
            if stat.S_IMODE(each.stat().st_mode) & ~_OURS_ALONE:
                each.chmod(_OURS_ALONE)


@contextlib.contextmanager
def translate_sqlite_errors() -> Iterator[None]:
    """A fault of the whole database, as opposed to one of a statement, is worth another try."""
    try:
        yield
    except OSError as error:
        raise StoreBusyError(f"The database's folder cannot be used: {error.strerror}.") from error
    except sqlite3.Error as error:
        words = _NOT_NOW.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
        if words is None and "no such table" in str(error):
            words = "the database has no tables; start the relay again"
        if words is None:
            raise
        raise StoreBusyError(f"Nothing was written: {words}.") from error
