"""Processes that write one after the other take turns, however busy one of them is."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from relay.store.sqlite import write_queue
from relay.store.sqlite.engine import SqliteEngine, connect
from relay.store.sqlite.write_queue import PAUSE

ROOT = Path(__file__).resolve().parents[3]
BUSY = """
import sys
from pathlib import Path
from relay.store.sqlite.engine import SqliteEngine

engine = SqliteEngine(Path(sys.argv[1]))
print("begins", flush=True)
while True:
    with engine.write() as connection:
        connection.execute("update turn set busy = busy + 1")
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with closing(connect(tmp_path / "relay.db")) as connection:
        connection.execute("create table turn (busy integer not null)")
        connection.execute("insert into turn values (0)")
    return tmp_path / "relay.db"


@pytest.fixture
def busy_processes(path: Path) -> Iterator[None]:
    """They commit, and want to write again at once, for as long as the test lasts."""
    running = [
        subprocess.Popen([sys.executable, "-c", BUSY, str(path)], cwd=ROOT, stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    for process in running:
        assert process.stdout is not None
        process.stdout.readline()
    yield
    for process in running:
        process.kill()
        process.communicate()


@pytest.mark.usefixtures("busy_processes")
def test_who_is_in_front_comes_next_beside_processes_that_write_without_a_pause(path: Path) -> None:
    passed = []
    with closing(SqliteEngine(path)) as engine, closing(connect(path, busy_seconds=0)) as own:
        for _ in range(40):
            with engine._queue.place(1e18):
                before = own.execute("select busy from turn").fetchone()[0]
                while not engine._has_begun(own, 1e18):
                    time.sleep(PAUSE)
            passed.append(own.execute("select busy from turn").fetchone()[0] - before)
            own.execute("rollback")
    assert max(passed) <= 1, "only the one that was writing already"


def test_a_write_waits_for_the_front(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_queue, "_LONGEST", 30.0)
    written = threading.Event()
    with closing(SqliteEngine(path)) as other, closing(SqliteEngine(path, busy_seconds=30.0)) as engine:

        def write() -> None:
            with engine.write():
                written.set()

        thread = threading.Thread(target=write)
        with other._queue.place(1e18):
            thread.start()
            assert not written.wait(0.3)
        thread.join()
    assert written.is_set()


def test_a_process_that_died_in_front_leaves_the_front_to_the_next(path: Path) -> None:
    script = BUSY.replace(
        "while True:",
        "import os\nwith engine.write():\n    pass\nwith engine._queue.place(1e18):\n    os._exit(1)\nif 0:",
    )
    assert subprocess.run([sys.executable, "-c", script, str(path)], cwd=ROOT, check=False).returncode == 1
    with closing(SqliteEngine(path)) as engine, engine.write() as connection:
        assert connection.execute("update turn set busy = 7").rowcount == 1


def test_whoever_stays_in_front_for_too_long_stops_no_write(path: Path) -> None:
    with closing(SqliteEngine(path)) as stuck, closing(SqliteEngine(path)) as engine:
        is_in_front, go_on = threading.Event(), threading.Event()

        def stay() -> None:
            with stuck.write():
                pass
            with stuck._queue.place(1e18):
                is_in_front.set()
                go_on.wait()

        thread = threading.Thread(target=stay)
        thread.start()
        is_in_front.wait()
        with engine.write() as connection:
            assert connection.execute("update turn set busy = 7").rowcount == 1
        go_on.set()
        thread.join()
