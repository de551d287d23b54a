"""Whether a worker's process has died is said only where it is certain."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from relay.delivery import worker_process
from relay.delivery.worker import DeliveryWorker
from relay.lease_loop import LEASE_MS
from relay.store.sqlite.store import SqliteStore
from tests.delivery.destination import no_files, played
from tests.delivery.test_worker import is_settled, named, running
from tests.store.contract.make import accept, result
from tests.wire import wait_until

ROOT = Path(__file__).resolve().parents[2]
SAY = "from relay.delivery import worker_process; print(worker_process.identity(), flush=True); input()"


@pytest.fixture
def other() -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-c", SAY], cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    yield process
    process.kill()
    process.communicate()


def said_by(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_a_living_process_has_not_died_and_a_killed_one_has(other: "subprocess.Popen[str]") -> None:
    found = said_by(other)
    assert not worker_process.has_died(worker_process.identity())
    assert not worker_process.has_died(f"{found} some worker")
    other.kill()
    other.wait()
    assert worker_process.has_died(f"{found} some worker")


@pytest.mark.parametrize("changed", [{0: "another-boot"}, {1: "pid:[1]"}, {2: "no number"}, {0: "", 1: ""}])
def test_what_cannot_be_known_from_here_counts_as_alive(
    changed: dict[int, str], other: "subprocess.Popen[str]"
) -> None:
    parts = said_by(other).split()
    other.kill()
    other.wait()
    assert not worker_process.has_died(" ".join(changed.get(i, part) for i, part in enumerate(parts)))


def test_another_process_under_its_pid_is_another_one() -> None:
    boot, namespace, _, _ = worker_process.identity().split()
    assert worker_process.has_died(f"{boot} {namespace} {os.getpid()} 1")
    assert not worker_process.has_died("")


def test_what_a_worker_had_in_hand_when_it_was_killed_is_delivered_at_once_by_the_next(
    store: SqliteStore, other: "subprocess.Popen[str]"
) -> None:
    _, delivered = played()
    accept(store, result(), to=[delivered.connection])
    now = time.time_ns() // 1_000_000
    claim = store.claim(
        [delivered.connection], now=now, lease_until=now + LEASE_MS, worker=f"{said_by(other)} uuid"
    )
    assert len(claim.deliveries) == 1
    other.kill()
    other.wait()
    with running(DeliveryWorker(store, named(delivered), lambda: now + 1, files=no_files)):
        wait_until(is_settled(store, "delivered"))  # by a clock that stands still: the lease never ends
