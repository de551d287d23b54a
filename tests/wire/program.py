"""The relay as a host runs it: `relay serve` in its own session, its processes by name."""

import contextlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from relay.store.sqlite.wake import Wake
from tests.store.template import new_database
from tests.wire.client import Connection, CutError, wait_until
from tests.wire.forked import ForkedRelay
from tests.wire.vendor import SECRET, request

ROOT = Path(__file__).resolve().parents[2]
SERVE = ("-m", "relay", "serve")
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX")


@dataclass(frozen=True, slots=True)
class Process:
    pid: int
    parent: int
    session: int
    started: int


class RelayProcess:
    """One running relay. Its environment is only what is given here; its output goes to `log`.

    Unless it is the `program` that matters, it is forked from a process that has done the imports, on a
    database that is migrated already: that takes a tenth of the processor time.
    """

    def __init__(
        self,
        data_dir: Path,
        environment: Mapping[str, str] | None = None,
        *,
        program: tuple[str, ...] = (),
        calls_back: bool = False,
    ) -> None:
        """`calls_back`: CreativeAI's stand-in is told where to call."""
        data_dir.mkdir(parents=True, exist_ok=True)
        self.database_path = data_dir / "relay.db"
        self.log = data_dir / "output.log"
        self.port = free_port()
        self._command = (sys.executable, *program) if program else ()
        self._environment = {name: os.environ[name] for name in _KEPT if name in os.environ} | {
            "PORT": str(self.port),
            "DATA_DIR": str(data_dir),
            "CREATIVEAI_WEBHOOK_SECRET": SECRET,
            "ARCHIVE": "off",  # most tests speak of links that nobody serves
            **({"PUBLIC_URL": f"http://127.0.0.1:{self.port}"} if calls_back else {}),
            **(environment or {}),
        }
        self._root: subprocess.Popen[bytes] | ForkedRelay | None = None
        self._known: dict[int, int] = {}

    def __enter__(self) -> Self:
        return self if self._root else self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def start(self, wait: bool = True) -> Self:
        self._root = self._program() if self._command else self._fork()
        if wait:
            self.wait_ready()
        return self

    def _fork(self) -> ForkedRelay:
        if "DATABASE_URL" not in self._environment:
            new_database(self.database_path)
        return ForkedRelay(self._environment, self.log)

    def _program(self) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as log:
            return subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_ready(self, seconds: float = 30.0) -> None:
        try:
            wait_until(self.ready, seconds)
        except TimeoutError:
            raise TimeoutError(f"not ready after {seconds} s; its last lines:\n{self.last_lines()}") from None

    def ready(self) -> bool:
        self._assert_running()
        with contextlib.suppress(OSError, CutError), Connection(self.port, timeout=5) as connection:
            return connection.post(request(b"", (), "/healthz", "GET")).status == 200
        return False

    def _assert_running(self) -> None:
        if self._root is None or self._root.poll() is not None:
            raise AssertionError(f"the relay has ended; its last lines:\n{self.last_lines()}")

    def last_lines(self, characters: int = 4000) -> str:
        return self.log.read_text(errors="replace")[-characters:]

    @property
    def pid(self) -> int:
        assert self._root is not None
        return self._root.pid

    def processes(self) -> dict[int, Process]:
        """All living processes of this relay, orphans too: its session and whatever descends from it."""
        if self._root is None:
            return {}
        everything = {process.pid: process for process in _living()}
        ours = {pid for pid, at in self._known.items() if pid in everything and everything[pid].started == at}
        while True:
            more = {p.pid for p in everything.values() if self.pid in (p.pid, p.session) or p.parent in ours}
            more -= ours
            if not more:
                break
            ours |= more
        self._known = {pid: everything[pid].started for pid in ours}
        return {pid: everything[pid] for pid in ours}

    def master(self) -> int | None:
        """The gunicorn master: the child that has a child."""
        return next((pid for pid, expected_results in self._children() if expected_results), None)

    def web_worker(self) -> int | None:
        return next(
            (expected_results[0] for _, expected_results in self._children() if expected_results), None
        )

    def delivery_worker(self) -> int | None:
        """The child that has no children, once the web worker is there (both are forks of one program)."""
        expected_results = self._children()
        if not any(grandchildren for _, grandchildren in expected_results):
            return None
        return next((pid for pid, grandchildren in expected_results if not grandchildren), None)

    def _children(self) -> list[tuple[int, list[int]]]:
        self._assert_running()
        alive = self.processes()
        expected_results = [process.pid for process in alive.values() if process.parent == self.pid]
        return [(pid, [p.pid for p in alive.values() if p.parent == pid]) for pid in sorted(expected_results)]

    def stop(self, seconds: float = 30.0) -> int:
        """SIGTERM as a host sends it; the exit code. Nothing may be left afterwards."""
        assert self._root is not None
        self._root.send_signal(signal.SIGTERM)
        code = self._root.wait(seconds)
        left = self.processes()
        self.kill()
        assert not left, f"left behind after SIGTERM: {left}"
        return code

    def kill(self) -> None:
        """SIGKILL to all of them, as when the machine goes."""
        if self._root is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        wait_until(self._all_dead)
        self._root, self._known = None, {}
        with contextlib.closing(Wake(self.database_path)) as wake:
            wake.notify()  # which sweeps away the sockets of the dead

    def _all_dead(self) -> bool:
        alive = self.processes()
        for pid in alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        assert self._root is not None
        return self._root.poll() is not None and not alive

    @contextlib.contextmanager
    def database(self) -> Iterator[sqlite3.Connection]:
        """The database, read only, while the relay runs or after it died."""
        connection = sqlite3.connect(f"file:{self.database_path}?mode=ro", uri=True, timeout=10)
        try:
            yield connection
        finally:
            connection.close()

    @property
    def on_postgres(self) -> bool:
        return self._environment.get("DATABASE_URL", "").startswith("postgres")

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows that a query gives, of whichever engine the relay has; `?` stands for a value."""
        if not self.on_postgres:
            with self.database() as database:
                return database.execute(query, values).fetchall()
        import psycopg

        with psycopg.connect(self._environment["DATABASE_URL"]) as connection:
            return connection.execute(query.replace("?", "%s"), values or None).fetchall()  # type: ignore[arg-type]

    def number(self, query: str, *values: object) -> int:
        """The single number that a query gives."""
        return int(self.rows(query, *values)[0][0])


def free_port() -> int:
    """A port that nobody listens on and nobody else gets, as long as this process lives.

    It stays bound, which keeps the system from giving it away for port 0 or for an outgoing connection. A
    server may bind it all the same, since both say SO_REUSEADDR and ours does not listen.
    """
    reserved = socket.socket()
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.bind(("127.0.0.1", 0))
    port = int(reserved.getsockname()[1])
    reserved.detach()
    return port


def _living() -> Iterator[Process]:
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                stat = Path(entry.path, "stat").read_text()
                state, parent, _, session, *more = stat.rpartition(")")[2].split()
                if state not in "ZX":
                    yield Process(int(entry.name), int(parent), int(session), int(more[15]))
