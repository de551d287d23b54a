"""Between idle and saturated: how long from the 202 to the outgoing call, and what CPU an event costs?"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench.measure import Sample, cpu_seconds, percentile
from bench.vendor_files import CDN, FILE, is_link
from connectors.webhook.connector import Webhook
from tests.wire import (
    Answer,
    Call,
    Connection,
    Receiver,
    RelayProcess,
    generation,
    new_generation_id,
    signed,
    wait_until,
)
from tests.wire.program import ROOT, SERVE

_HEALTHY, _NEIGHBOR = "/healthy", "/neighbor"
_HANGS = Answer(after=30)
_OPEN = "select count(*) from delivery where status in ('pending', 'retrying') and connection = 'webhook'"
_WARM_UP = 40  # webhooks: enough for the neighbor to have all its calls under way, and a backlog


@dataclass(frozen=True, slots=True)
class Row:
    """A situation. `archive`: on, as it is unless it is switched off; a file is served from loopback."""

    rate: int
    archive: bool = True
    neighbor: bool = False

    @property
    def name(self) -> str:
        beside = ", beside a destination that hangs 30 s" if self.neighbor else ""
        return f"{self.rate} a second, archive {'on' if self.archive else 'off'}{beside}"


SLOW = Row(20)
MAIN = Row(200, archive=False)
BESIDE = Row(200, archive=False, neighbor=True)
ROWS = (
    *(SLOW, Row(200), Row(600)),
    *(Row(20, archive=False), MAIN, Row(600, archive=False)),
    BESIDE,
)


@dataclass(slots=True)
class Steady:
    """Of each round: milliseconds of each event, and the CPU of all processes from accept to settled."""

    took: list[list[float]] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        """The median of the rounds' percentiles."""
        return median(percentile(took, share) for took in self.took)


def run(folder: Path, rounds: int, seconds: float) -> dict[Row, Steady]:
    found = {row: Steady() for row in ROWS}
    for number in range(rounds):
        for index, row in enumerate(ROWS if number % 2 == 0 else reversed(ROWS)):
            took, sample = measure(folder / f"{number} {index}", row, round(row.rate * seconds))
            found[row].took.append(took)
            found[row].samples.append(sample)
    return found


def measure(folder: Path, row: Row, count: int) -> tuple[list[float], Sample]:
    with Receiver(_answer) as receiver:
        environment = {
            "WEBHOOK_URL": receiver.url(_HEALTHY),
            "ALLOWED_HOSTS": receiver.host,
            "SECRET_KEY": "a key of the bench",
            "PUBLIC_URL": "https://relay.example",
            "ORIGIN_MAP": f"{CDN}=http://{receiver.host}",
            "ARCHIVE": "local" if row.archive else "off",
        }
        relay = RelayProcess(folder, environment, program=SERVE)
        if row.neighbor:
            _add(folder, environment, receiver.url(_NEIGHBOR))
        with relay:
            _warm_up(relay, receiver, row)
            pids = list(relay.processes())
            before = cpu_seconds(pids)
            accepted = _paced(relay.port, row.rate, count)
            wait_until(lambda: len(_calls(receiver)) >= _WARM_UP + count, seconds=120)
            wait_until(lambda: relay.number(_OPEN) == 0)
            used = cpu_seconds(pids) - before
        called = {call.json["data"]["generation_id"]: call.at for call in _calls(receiver)}
    took = [(called[generation_id] - at) / 1e6 for generation_id, at in accepted.items()]
    return took, Sample(count, count / row.rate, used)


def _answer(call: Call) -> Answer:
    if is_link(call.path):
        return Answer(body=FILE, headers={"Content-Type": "video/mp4"})
    return _HANGS if call.path == _NEIGHBOR and call.body else Answer()


def _calls(receiver: Receiver, path: str = _HEALTHY) -> list[Call]:
    return [call for call in receiver.calls if call.path == path and call.body]


def _add(folder: Path, environment: Mapping[str, str], url: str) -> None:
    command = [sys.executable, "-m", "relay", "connections", "add", "webhook", "neighbor", "--set", "url=-"]
    given = {"PATH": os.environ["PATH"], "DATA_DIR": str(folder), **environment}
    subprocess.run(command, cwd=ROOT, env=given, input=url, text=True, check=True, capture_output=True)


def _warm_up(relay: RelayProcess, receiver: Receiver, row: Row) -> None:
    with Connection(relay.port) as line:
        for _ in range(_WARM_UP):
            if line.post(signed(generation(new_generation_id()))).status != 202:
                raise RuntimeError("a webhook was not accepted")
    wait_until(lambda: len(_calls(receiver)) >= _WARM_UP)
    wait_until(lambda: relay.number(_OPEN) == 0)
    if row.neighbor:
        wait_until(lambda: len(_calls(receiver, _NEIGHBOR)) >= Webhook.pace.concurrency)


def _paced(port: int, rate: int, count: int) -> dict[str, int]:
    command = [sys.executable, "-m", "bench.paced", "--port", str(port), "--rate", str(rate)]
    command += ["--count", str(count)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=300)
    accepted: dict[str, int] = json.loads(done.stdout)
    if len(accepted) != count:
        raise RuntimeError(f"{count - len(accepted)} of {count} webhooks were not accepted")
    return accepted
