"""`python -m bench.neighbors`: does a destination that hangs or refuses hold up another on its host?

Writes NEIGHBORS.md.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from bench.__main__ import commit
from bench.measure import machine, percentile
from bench.targets import NEIGHBOR_P99
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

ALONE = "alone"
NEIGHBORS: Mapping[str, Answer] = {
    "beside one that hangs 30 s a call": Answer(after=30),
    "beside one that answers 503, Retry-After 3600": Answer(503, headers={"Retry-After": "3600"}),
}
_HEALTHY, _NEIGHBOR = "/healthy", "/neighbor"
_WARM_UP = 40  # webhooks: enough for the neighbor to have all its calls under way, and a backlog

_PAGE = """\
# What a neighbor costs

{now}, commit {commit}, {machine}.

Made by `python -m bench.neighbors`. A healthy webhook, alone and beside another webhook connection on the
same host, turn about, {rounds} rounds of {count} webhooks, one every {pause:g} ms or so; all on loopback.
Measured from when the client has read the 202 to when the healthy receiver has read the whole call. Ratios
are medians of the rounds' ratios; wanted of p99: {wanted}.

| the healthy webhook | p50 | p99 | p50 ratio | p99 ratio | met |
| --- | --- | --- | --- | --- | --- |
{rows}

p99 of each round, ms:
{each}
"""


def run(folder: Path, rounds: int, count: int, pause: float) -> dict[str, list[list[float]]]:
    """By situation: for each round, the milliseconds of each result."""
    took: dict[str, list[list[float]]] = {name: [] for name in (ALONE, *NEIGHBORS)}
    for number in range(rounds):
        names = list(took)
        for name in names if number % 2 == 0 else reversed(names):
            print(f"measuring: round {number + 1}, {name}", file=sys.stderr, flush=True)
            took[name].append(_measure(folder / f"{number} {name}", NEIGHBORS.get(name), count, pause))
    return took


def _measure(folder: Path, neighbor: Answer | None, count: int, pause: float) -> list[float]:
    def answer(call: Call) -> Answer:
        return neighbor if neighbor and call.path == _NEIGHBOR else Answer()

    with Receiver() as receiver:
        environment = {
            "WEBHOOK_URL": receiver.url(_HEALTHY),
            "ALLOWED_HOSTS": receiver.host,
            "SECRET_KEY": "a key of the bench",
        }
        relay = RelayProcess(folder, environment, program=SERVE)
        if neighbor:
            _add(folder, environment, receiver.url(_NEIGHBOR))
        receiver.answer = answer
        with relay, Connection(relay.port) as line:
            _post(line, _WARM_UP, pause)
            wait_until(lambda: len(_calls(receiver, _HEALTHY)) >= _WARM_UP)
            if neighbor:
                wait_until(lambda: _is_under_way(receiver, neighbor))
            accepted = _post(line, count, pause)
            wait_until(lambda: len(_calls(receiver, _HEALTHY)) >= _WARM_UP + count, seconds=120)
        called = {call.json["data"]["generation_id"]: call.at for call in _calls(receiver, _HEALTHY)}
    return [(called[generation_id] - at) / 1e6 for generation_id, at in accepted.items()]


def _calls(receiver: Receiver, path: str) -> list[Call]:
    return [call for call in receiver.calls if call.path == path and call.body]


def _is_under_way(receiver: Receiver, neighbor: Answer) -> bool:
    return len(_calls(receiver, _NEIGHBOR)) >= (Webhook.pace.concurrency if neighbor.after else 1)


def _add(folder: Path, environment: Mapping[str, str], url: str) -> None:
    command = [sys.executable, "-m", "relay", "connections", "add", "webhook", "neighbor", "--set", "url=-"]
    given = {"PATH": os.environ["PATH"], "DATA_DIR": str(folder), **environment}
    subprocess.run(command, cwd=ROOT, env=given, input=url, text=True, check=True, capture_output=True)


def _post(line: Connection, count: int, pause: float) -> dict[str, int]:
    """When the 202 of each generation was read, by time.perf_counter_ns()."""
    accepted: dict[str, int] = {}
    beat = threading.Event()
    for _ in range(count):
        generation_id = new_generation_id()
        raw = signed(generation(generation_id))
        beat.wait(pause)
        if line.post(raw).status != 202:
            raise RuntimeError("a webhook was not accepted")
        accepted[generation_id] = time.perf_counter_ns()
    return accepted


def page(took: Mapping[str, Sequence[Sequence[float]]], count: int, pause: float) -> str:
    return _PAGE.format(
        now=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        commit=commit(),
        machine=machine(),
        rounds=len(took[ALONE]),
        count=count,
        pause=pause * 1000,
        wanted=NEIGHBOR_P99.wanted,
        rows="\n".join(_row(name, took) for name in took),
        each="\n".join(
            f"- {name}: {', '.join(f'{percentile(each, 0.99):.1f}' for each in rounds)}"
            for name, rounds in took.items()
        ),
    )


def _row(name: str, took: Mapping[str, Sequence[Sequence[float]]]) -> str:
    p50, p99 = (median(percentile(each, share) for each in took[name]) for share in (0.5, 0.99))
    ratios = [ratio(took[name], took[ALONE], share) for share in (0.5, 0.99)]
    met = "yes" if NEIGHBOR_P99.met(ratios[1]) else "**no**"
    return f"| {name} | {p50:.1f} ms | {p99:.1f} ms | {ratios[0]:.2f} | {ratios[1]:.2f} | {met} |"


def ratio(ours: Sequence[Sequence[float]], theirs: Sequence[Sequence[float]], share: float) -> float:
    """The median of the rounds' ratios, each round against the baseline of the same round."""
    return median(percentile(a, share) / percentile(b, share) for a, b in zip(ours, theirs, strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.neighbors", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--count", type=int, default=300, help="webhooks in a round")
    parser.add_argument("--pause", type=float, default=0.02, help="seconds between two")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("NEIGHBORS.md"))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="relay-bench-") as folder:
        text = page(run(Path(folder), given.rounds, given.count, given.pause), given.count, given.pause)
    given.output.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
