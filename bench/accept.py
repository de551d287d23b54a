"""How fast and how expensive is a durable accept, beside a bare Flask route on the same server?"""

import contextlib
import json
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench.measure import Sample, cpu_seconds
from bench.vendor_files import CDN, FILE, is_link
from tests.wire import Answer, Call, Receiver, RelayProcess
from tests.wire.program import ROOT, SERVE

CONNECTIONS = 16


@dataclass(frozen=True, slots=True)
class Accept:
    """A server's name, how it is started, what counts as its response, and its samples, one per round.

    stalled  how many sockets beside the load send one byte and stay
    web      as `samples`, with the CPU of the processes that answer: the relay's without its worker
    """

    name: str
    server: RelayProcess
    status: int
    text: str
    stalled: int = 0
    samples: list[Sample] = field(default_factory=list)
    web: list[Sample] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    client_share: list[float] = field(default_factory=list)
    totals: list[int] = field(default_factory=list)


RELAY = "relay, archive off, no connection"
RELAY_ARCHIVE = "relay, archive on, no connection"
RELAY_WEBHOOK = "relay, archive off, delivering to one webhook"
RELAY_STALLED = "relay, archive off, beside 200 stalled sockets"
FLASK = "bare Flask route"
RESPONDER = "bare responder"


def run(folder: Path, rounds: int, seconds: float) -> dict[str, Accept]:
    """The samples by name. All servers are up all the time; the load goes to one after the other."""
    with Receiver(_file) as receiver:
        webhook = {"WEBHOOK_URL": receiver.url(), "ALLOWED_HOSTS": receiver.host}
        archive = {"ARCHIVE": "local", "ORIGIN_MAP": f"{CDN}=http://{receiver.host}"}
        kinds = [
            Accept(RELAY, _relay(folder / "relay"), 202, '"event"'),
            Accept(RELAY_ARCHIVE, _relay(folder / "archive", archive), 202, '"event"'),
            Accept(RELAY_WEBHOOK, _relay(folder / "webhook", webhook), 202, '"event"'),
            Accept(RELAY_STALLED, _relay(folder / "stalled"), 202, '"event"', stalled=200),
            Accept(FLASK, _baseline(folder, "flask"), 204, ""),
            Accept(RESPONDER, _baseline(folder, "responder"), 202, '"event"'),
        ]
        try:
            for kind in kinds:
                kind.server.start()
                _load(kind, 0.5, 2000)
            for number in range(rounds):
                for kind in kinds if number % 2 == 0 else reversed(kinds):
                    _measure(kind, seconds)
            _check_stored(kinds[0])
        finally:
            for kind in kinds:
                kind.server.kill()
    return {kind.name: kind for kind in kinds}


def _file(call: Call) -> Answer:
    """A result's file, from its link at CreativeAI's CDN; to a delivery, that it has arrived."""
    return Answer(body=FILE, headers={"Content-Type": "video/mp4"}) if is_link(call.path) else Answer()


def _relay(folder: Path, environment: Mapping[str, str] | None = None) -> RelayProcess:
    return RelayProcess(folder, environment, program=SERVE)


def _baseline(folder: Path, name: str) -> RelayProcess:
    return RelayProcess(folder / name, program=("-m", "bench.baselines", name))


def _measure(kind: Accept, seconds: float) -> None:
    pids = list(kind.server.processes())
    web = [pid for pid in pids if kind.name in (FLASK, RESPONDER) or pid != kind.server.delivery_worker()]
    before, web_before = cpu_seconds(pids), cpu_seconds(web)
    with _stalled(kind.server.port, kind.stalled):
        tally = _load(kind, seconds, 20_000 if kind.name == RESPONDER else round(seconds * 4_000))
    kind.web.append(Sample(round(tally["good"]), tally["seconds"], cpu_seconds(web) - web_before))
    kind.samples.append(Sample(round(tally["good"]), tally["seconds"], cpu_seconds(pids) - before))
    kind.p50.append(tally["p50_ms"])
    kind.p99.append(tally["p99_ms"])
    kind.client_share.append(tally["cpu_seconds"] / tally["seconds"])


@contextlib.contextmanager
def _stalled(port: int, number: int) -> Iterator[None]:
    with contextlib.ExitStack() as opened:
        for _ in range(number):
            opened.enter_context(socket.create_connection(("127.0.0.1", port), 10)).sendall(b"P")
        yield


def _load(kind: Accept, seconds: float, count: int) -> Mapping[str, float]:
    command = [sys.executable, "-m", "bench.load", "--port", str(kind.server.port)]
    command += ["--connections", str(CONNECTIONS), "--seconds", str(seconds), "--count", str(count)]
    command += ["--status", str(kind.status), "--text", kind.text]
    command += ["--round"] if kind.name in {FLASK, RESPONDER} else []
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=seconds + 120
    )
    tally = json.loads(done.stdout)
    if tally["bad"] or tally["ran_out"]:
        raise RuntimeError(f"{kind.name}: the load did not go as planned: {tally}")
    kind.totals.append(tally["good"])
    return dict(tally)


def _check_stored(kind: Accept) -> None:
    """What was counted as accepted is in the database."""
    stored, counted = kind.server.number("select count(*) from event"), sum(kind.totals)
    if stored != counted:
        raise RuntimeError(f"{counted} webhooks were answered 202 and {stored} are stored")
