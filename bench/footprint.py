"""What the relay costs at start and while idle: time for `--help` and to start, memory, idle CPU."""

import contextlib
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from bench.measure import cpu_seconds, pss_megabytes
from tests.wire import (
    Connection,
    CutError,
    Receiver,
    RelayProcess,
    generation,
    new_generation_id,
    signed,
    wait_until,
)
from tests.wire.program import ROOT, SERVE


@dataclass(frozen=True, slots=True)
class Footprint:
    """Seconds of each `relay --help`, each first start and the one after it; memory after some work; CPU in
    percent of one core while idle."""

    help_seconds: list[float]
    boot_seconds: list[float]
    restart_seconds: list[float]
    pss_megabytes: float
    processes: int
    idle_percent: float


def run(folder: Path, starts: int, idle_seconds: float) -> Footprint:
    with Receiver() as receiver:
        environment = {"WEBHOOK_URL": receiver.url(), "ALLOWED_HOSTS": receiver.host}
        helps = [_help() for _ in range(starts)]
        boots, restarts = [], []
        for number in range(starts):
            for seconds in (boots, restarts):
                relay = RelayProcess(folder / f"boot{number}", environment, program=SERVE)
                seconds.append(_boot(relay))
        with RelayProcess(folder / "idle", environment, program=SERVE) as relay:
            for _ in range(20):
                _accepted(relay)
            wait_until(lambda: len(receiver.calls) >= 20)
            pids = list(relay.processes())
            memory = pss_megabytes(pids)
            before = cpu_seconds(pids)
            threading.Event().wait(idle_seconds)
            idle = (cpu_seconds(pids) - before) / idle_seconds * 100
    return Footprint(helps, boots, restarts, memory, len(pids), idle)


def _help() -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "relay", "--help"], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def _boot(relay: RelayProcess) -> float:
    """Seconds from the start of the process to the first webhook with a 2xx response."""
    started = time.perf_counter()
    relay.start(wait=False)
    try:
        wait_until(lambda: _accepted(relay), pause=0.005)
        return time.perf_counter() - started
    finally:
        relay.kill()


def _accepted(relay: RelayProcess) -> bool:
    with contextlib.suppress(OSError, CutError), Connection(relay.port) as line:
        return line.post(signed(generation(new_generation_id()))).status == 202
    return False
