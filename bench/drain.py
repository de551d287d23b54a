"""`python -m bench.drain`: do accepts and deliveries slow down with the size of the database?

Fills a small database and one with a million events (some minutes and 5 GB), then drains the same backlog
from each, turn about. Writes DRAIN.md.
"""

import argparse
import os
import signal
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from bench import pages_data
from bench.__main__ import commit
from bench.load import Client, webhooks
from bench.measure import Sample, cpu_seconds, machine, rate_ratio
from tests.wire import Receiver, RelayProcess, wait_until
from tests.wire.program import SERVE

FEW = 10_000
_OPEN = "select count(*) from delivery where status in ('pending', 'retrying') and connection = 'webhook'"

_PAGE = """\
# With a million events in the database

{now}, commit {commit}, {machine}.

Made by `python -m bench.drain`. {count} webhooks are accepted while the worker is stopped, then delivered to
one webhook; {rounds} rounds, turn about, in a database with {few:,} events and in one with {many:,}. The
archive is off. Ratios are medians of the rounds' ratios.

| events | accepts a second | deliveries a second | accept ratio | delivery ratio |
| --- | --- | --- | --- | --- |
{rows}
"""


@dataclass(slots=True)
class Drained:
    accepts: list[Sample] = field(default_factory=list)
    deliveries: list[Sample] = field(default_factory=list)


def run(folder: Path, many: int, rounds: int, count: int) -> dict[int, Drained]:
    found = {FEW: Drained(), many: Drained()}
    for events in found:
        pages_data.fill(folder / str(events), events)
    for number in range(rounds):
        for events in found if number % 2 == 0 else reversed(found):
            _measure(folder / str(events), count, found[events])
    return found


def _measure(folder: Path, count: int, found: Drained) -> None:
    with Receiver() as receiver:
        environment = {"WEBHOOK_URL": receiver.url(), "ALLOWED_HOSTS": receiver.host}
        relay = RelayProcess(folder, environment, program=SERVE)
        with relay:
            wait_until(lambda: relay.number(_OPEN) == 0, seconds=120)
            worker = wait_until(relay.delivery_worker)
            os.kill(worker, signal.SIGSTOP)
            tally = Client(relay.port, 16, 202, b'"event"').run(iter(webhooks(count)), seconds=300)
            found.accepts.append(Sample(tally.good, tally.seconds, 0.0))
            before, began = cpu_seconds([worker]), time.perf_counter()
            os.kill(worker, signal.SIGCONT)
            wait_until(lambda: relay.number(_OPEN) == 0, seconds=300, pause=0.005)
            took, used = time.perf_counter() - began, cpu_seconds([worker]) - before
            found.deliveries.append(Sample(count, took, used))


def page(found: Mapping[int, Drained], rounds: int, count: int) -> str:
    few = found[FEW]
    rows = (
        f"| {events:,} | {median(s.rate for s in each.accepts):.0f}"
        f" | {median(s.rate for s in each.deliveries):.0f} | {rate_ratio(each.accepts, few.accepts):.2f}"
        f" | {rate_ratio(each.deliveries, few.deliveries):.2f} |"
        for events, each in found.items()
    )
    return _PAGE.format(
        now=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        commit=commit(),
        machine=machine(),
        count=count,
        rounds=rounds,
        few=FEW,
        many=max(found),
        rows="\n".join(rows),
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.drain", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--count", type=int, default=3000, help="webhooks of a round")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("DRAIN.md"))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="relay-bench-") as folder:
        found = run(Path(folder), given.events, given.rounds, given.count)
    text = page(found, given.rounds, given.count)
    given.output.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
