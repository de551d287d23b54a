"""A commit wakes the workers of this machine, whatever process they are in."""

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from relay.store.sqlite.wake import SocketWaiter, Wake
from tests.wire import wait_until

ROOT = Path(__file__).resolve().parents[3]
LONG = 60.0  # longer than any test may take: who returns was woken

LISTEN = """
import sys
from pathlib import Path
from relay.store.sqlite.wake import Wake
waiter = Wake(Path(sys.argv[1])).listen()
print("listening", flush=True)
waiter.wait(60)
print("woken", flush=True)
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "relay.db"


@pytest.fixture
def wake(database: Path) -> Iterator[Wake]:
    made = Wake(database)
    yield made
    made.close()


@pytest.fixture
def waiter(wake: Wake) -> Iterator[SocketWaiter]:
    made = wake.listen()
    yield made
    made.close()


def listener(database: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", LISTEN, str(database)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "listening\n"
    return process


def sockets(wake: Wake) -> list[str]:
    return [entry.name for entry in os.scandir(wake._folder)] if wake._folder.exists() else []


def is_signalled(waiter: SocketWaiter) -> bool:
    return bool(select.select([waiter._in], [], [], 0)[0])


def test_a_notify_wakes_waiters_in_other_processes(database: Path, wake: Wake) -> None:
    processes = [listener(database), listener(database)]
    wake.notify()
    began = time.monotonic()
    assert [process.communicate(timeout=30)[0] for process in processes] == ["woken\n"] * 2
    assert time.monotonic() - began < LONG / 2


def test_a_signal_that_came_before_the_wait_counts(wake: Wake, waiter: SocketWaiter) -> None:
    wake.notify()
    began = time.monotonic()
    waiter.wait(LONG)
    assert time.monotonic() - began < LONG / 2


def test_any_number_of_signals_is_one_waking(wake: Wake, waiter: SocketWaiter) -> None:
    for _ in range(1_000):
        wake.notify()
        waiter.wake()
    waiter.wait(LONG)
    assert not is_signalled(waiter)


def test_a_wait_ends_by_itself_after_its_time(waiter: SocketWaiter) -> None:
    began = time.monotonic()
    waiter.wait(0.05)
    assert time.monotonic() - began >= 0.05
    waiter.wait(-1)


def test_another_thread_wakes_a_waiter_that_sleeps(waiter: SocketWaiter) -> None:
    thread = threading.Thread(target=waiter.wait, args=(LONG,))
    thread.start()
    waiter.wake()
    thread.join(30)
    assert not thread.is_alive()


def test_a_waiter_that_sleeps_uses_no_processor(waiter: SocketWaiter) -> None:
    before = time.thread_time()
    waiter.wait(0.5)
    assert time.thread_time() - before < 0.1


def test_the_socket_of_a_dead_process_is_swept_away(database: Path, wake: Wake) -> None:
    process = listener(database)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=30)
    assert len(sockets(wake)) == 1
    wake.notify()
    assert sockets(wake) == []


def test_a_waiter_that_closes_takes_its_socket_along(wake: Wake) -> None:
    waiter = wake.listen()
    assert len(sockets(wake)) == 1
    waiter.close()
    assert sockets(wake) == []
    waiter.wake()


def test_the_last_waiter_to_go_leaves_nothing_behind(database: Path, wake: Wake) -> None:
    """Not in the temporary folder either, whoever it was: one that closes, or one that is dead."""
    first, second, process = wake.listen(), wake.listen(), listener(database)
    first.close()
    second.close()
    wake.notify()
    assert process.communicate(timeout=30)[0] == "woken\n"
    assert len(sockets(wake)) == 1  # it ended without closing
    wake.notify()
    assert not wake._folder.exists()


def test_waiters_that_come_and_go_at_the_same_time_all_find_the_folder(database: Path) -> None:
    def come_and_go() -> None:
        wake = Wake(database)
        for _ in range(200):
            wake.listen().close()
        wake.close()

    with ThreadPoolExecutor(4) as pool:
        for each in [pool.submit(come_and_go) for _ in range(4)]:
            each.result()
    with closing(Wake(database)) as wake:
        assert not wake._folder.exists()


def test_a_signal_to_nobody_is_fine(wake: Wake) -> None:
    wake.notify()


def test_a_folder_that_cannot_be_read_loses_a_signal_and_no_commit(wake: Wake) -> None:
    wake._folder.write_text("in the way")
    try:
        wake.notify()
    finally:
        wake._folder.unlink()


def test_another_database_wakes_nobody_here(tmp_path: Path, waiter: SocketWaiter) -> None:
    other = Wake(tmp_path / "other.db")
    other.notify()
    other.close()
    assert not is_signalled(waiter)


def test_one_database_by_two_names_is_one(tmp_path: Path, waiter: SocketWaiter) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    other = Wake(tmp_path / "link" / "relay.db")
    other.notify()
    other.close()
    wait_until(lambda: is_signalled(waiter))


def test_only_its_owner_may_send(wake: Wake, waiter: SocketWaiter) -> None:
    assert wake._folder.stat().st_mode & 0o077 == 0
