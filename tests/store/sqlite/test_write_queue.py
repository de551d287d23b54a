"""Processes that write one after the other take turns, however busy one of them is."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from relay.store.sqlite.engine import SqliteEngine, connect

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
def busy_processes(path: Path) -> Iterator[int]:
    """They commit, and want to write again at once, for as long as the test lasts."""
    number = 2
    running = [
        subprocess.Popen([sys.executable, "-c", BUSY, str(path)], cwd=ROOT, stdout=subprocess.PIPE)
        for _ in range(number)
    ]
    for process in running:
        assert process.stdout is not None
        process.stdout.readline()
    yield number
    for process in running:
        process.kill()
        process.communicate()


def test_who_waits_comes_next_beside_processes_that_write_without_a_pause(
    path: Path, busy_processes: int
) -> None:
    reader = connect(path)
    passed = []
    with closing(SqliteEngine(path)) as engine, closing(reader):
        for _ in range(40):
            before = reader.execute("select busy from turn").fetchone()[0]
            with engine.write() as connection:
                passed.append(connection.execute("select busy from turn").fetchone()[0] - before)
    # The one that writes, the one in front, and one that took the front between the look and the wait.
    assert sorted(passed)[len(passed) // 2] <= busy_processes + 1, passed
    assert max(passed) < 25, passed


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
