"""`python -m bench.postgres`: accepts and deliveries on Postgres with 1, 2 and 4 workers, beside SQLite.

The server is started here, and commits to the disk as it does everywhere. Writes POSTGRES.md.
"""

import argparse
import contextlib
import os
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import psycopg

from bench.__main__ import commit
from bench.load import Client, webhooks
from bench.measure import Sample, cpu_ratio, cpu_seconds, machine, rate_ratio
from tests import postgres
from tests.wire import Receiver, RelayProcess, wait_until
from tests.wire.program import SERVE

_OPEN = "select count(*) from delivery where status in ('pending', 'retrying')"

_PAGE = """\
# On Postgres

{now}, commit {commit}, {machine}, Postgres {version}.

Made by `python -m bench.postgres`. {count} webhooks of about 1 kB are accepted over 16 connections while the
workers are stopped, then delivered to one webhook that answers at once; {rounds} rounds, turn about, the
archive is off. Everything is on one machine: server, relay, client and destination share its processors. CPU
is for one, of the relay and of Postgres. Ratios are medians of the rounds' ratios against SQLite.

| database, workers | accepts a second | CPU | ratio | CPU ratio | deliveries | CPU | ratio | CPU ratio |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
{rows}
"""


@dataclass(slots=True)
class Row:
    """`workers`: processes that deliver, the first of them that of `relay serve`."""

    name: str
    workers: int
    url: str = ""
    accepts: list[Sample] = field(default_factory=list)
    deliveries: list[Sample] = field(default_factory=list)


def run(folder: Path, server: postgres.Server, rounds: int, count: int) -> list[Row]:
    rows = [Row("SQLite, 1", 1)]
    rows += [Row(f"Postgres, {number}", number, server.create(f"bench_{number}")) for number in (1, 2, 4)]
    for number in range(rounds):
        for row in rows if number % 2 == 0 else reversed(rows):
            with Receiver() as receiver:
                _measure(folder / row.name, row, receiver, server, count)
    return rows


def _measure(folder: Path, row: Row, receiver: Receiver, server: postgres.Server, count: int) -> None:
    environment = {
        "WEBHOOK_URL": receiver.url(),
        "ALLOWED_HOSTS": receiver.host,
        "SECRET_KEY": "a key of the bench",
    }
    environment |= {"DATABASE_URL": row.url} if row.url else {}
    with _relay(folder, environment, row.workers) as (relay, workers, processes):
        wait_until(lambda: relay.number(_OPEN) == 0, seconds=60)
        _signal(workers, signal.SIGSTOP)
        with _measured(processes, server, row, row.accepts, count):
            tally = Client(relay.port, 16, 202, b'"event"').run(iter(webhooks(count)), seconds=300)
        if tally.good != count:
            raise RuntimeError(f"{count - tally.good} webhooks were not accepted: {tally.first_bad}")
        with _measured(processes, server, row, row.deliveries, count):
            _signal(workers, signal.SIGCONT)
            wait_until(lambda: relay.number(_OPEN) == 0, seconds=300, pause=0.05)


@contextmanager
def _relay(
    folder: Path, environment: Mapping[str, str], workers: int
) -> Iterator[tuple[RelayProcess, Sequence[int], Sequence[int]]]:
    """A relay, the processes of its workers, and all of them."""
    relay = RelayProcess(folder, environment, program=SERVE)
    more = [
        RelayProcess(
            folder.with_name(f"{folder.name} {number}"), environment, program=("-m", "relay", "worker")
        )
        for number in range(1, workers)
    ]
    with ExitStack() as started:
        started.enter_context(relay)
        for each in more:
            started.callback(each.kill)
            each.start(wait=False)
        delivering = [wait_until(relay.delivery_worker), *(each.pid for each in more)]
        time.sleep(1.0)  # until all are idle: one that is stopped within a transaction keeps its locks
        yield relay, delivering, [*relay.processes(), *(each.pid for each in more)]


@contextmanager
def _measured(
    processes: Sequence[int], server: postgres.Server, row: Row, samples: list[Sample], count: int
) -> Iterator[None]:
    before, began = _cpu(processes, server, row), time.perf_counter()
    yield
    took = time.perf_counter() - began
    samples.append(Sample(count, took, _cpu(processes, server, row) - before))


def _cpu(processes: Sequence[int], server: postgres.Server, row: Row) -> float:
    """Of the relay, and of Postgres where it has the data. One of its processes that ends counts as its
    parent's."""
    used = cpu_seconds(processes)
    if row.url:
        children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
        for pid in (server.pid, *map(int, children)):
            with contextlib.suppress(FileNotFoundError):
                used += cpu_seconds([pid])
    return used


def _signal(processes: Sequence[int], number: signal.Signals) -> None:
    for process in processes:
        os.kill(process, number)


@contextmanager
def _server() -> Iterator[tuple[postgres.Server, str]]:
    """One that keeps what it has committed, and its version."""
    server = postgres.Server.make()
    try:
        server.start(durable=True)
        with closing(psycopg.connect(server.url("postgres"), autocommit=True)) as connection:
            version = str(connection.info.server_version // 10_000)
        yield server, version
    finally:
        server.remove()


def page(rows: Sequence[Row], version: str, rounds: int, count: int) -> str:
    base = rows[0]
    lines = []
    for row in rows:
        figures = (_figures(row.accepts, base.accepts), _figures(row.deliveries, base.deliveries))
        lines.append(f"| {row.name} | {' | '.join(figures)} |")
    return _PAGE.format(
        now=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        commit=commit(),
        machine=machine(),
        version=version,
        count=count,
        rounds=rounds,
        rows="\n".join(lines),
    )


def _figures(samples: Sequence[Sample], base: Sequence[Sample]) -> str:
    rate = median(sample.rate for sample in samples)
    cpu = median(sample.cpu_each for sample in samples)
    return f"{rate:.0f} | {cpu:.0f} us | {rate_ratio(samples, base):.2f} | {cpu_ratio(samples, base):.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.postgres", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--count", type=int, default=3000, help="webhooks of a round")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("POSTGRES.md"))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="relay-bench-") as folder, _server() as (server, version):
        rows = run(Path(folder), server, given.rounds, given.count)
    text = page(rows, version, given.rounds, given.count)
    given.output.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
