"""`python -m bench.pages`: how long each page takes, 10,000 events against 1,000,000. Writes PAGES.md."""

import argparse
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from flask.testing import FlaskClient

from bench.__main__ import commit
from bench.measure import machine
from bench.pages_data import COMMON, PASSWORD, environment, fill
from relay.bootstrap.app import create_app
from relay.bootstrap.configuration import configure
from relay.store.sqlite.store import SqliteStore

FEW, MANY = 10_000, 1_000_000
RATIO, STORE = 3.0, 10.0  # wanted: times as long with many, ms in the store at the median


class Timed:
    """The store, with the time that is spent in its calls (ms)."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self.spent = 0.0

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        return self._timed(found) if callable(found) else found

    def _timed(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*given: Any, **named: Any) -> Any:
            begun = time.perf_counter()
            try:
                return call(*given, **named)
            finally:
                self.spent += (time.perf_counter() - begun) * 1000

        return timed


@dataclass(frozen=True, slots=True)
class Took:
    """Milliseconds of each time the page was made, and of its calls to the store."""

    page: list[float] = field(default_factory=list)
    store: list[float] = field(default_factory=list)


class Relay:
    """The app over one database, signed in; its responses are made in this process."""

    def __init__(self, folder: Path) -> None:
        configuration = configure(environment(folder))
        self.store = SqliteStore(configuration.settings.database_path)
        self.timed = Timed(self.store)
        self.client: FlaskClient = create_app(configuration, self.timed).test_client()  # type: ignore[arg-type]
        self.client.post("/login", data={"password": PASSWORD})

    def look(self, path: str, took: Took | None = None) -> None:
        self.timed.spent = 0.0
        begun = time.perf_counter()
        answer = self.client.get(path)
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answered {answer.status_code}")
        if took:
            took.page.append((time.perf_counter() - begun) * 1000)
            took.store.append(self.timed.spent)


def paths(events: int) -> Mapping[str, str]:
    """By what the page shows."""
    half = events // 2
    job, event = f"job_{half:012d}", f"evt_{half:012d}"
    delivery = f"dlv_{half:012d}_slack"
    return {
        "home": "/",
        "jobs": "/jobs",
        "jobs, in the middle": f"/jobs?before={job}",
        "jobs that failed": "/jobs?status=failed",
        "jobs on hold (none)": "/jobs?status=held",
        "jobs of one kind that failed": "/jobs?kind=text-to-video&status=failed",
        "jobs of a kind that there are none of": "/jobs?kind=voice",
        "jobs of a day that had none": "/jobs?from=2100-01-01",
        "search for one SKU": f"/jobs?q=MUG-{half}",
        "search for the beginning of a SKU": "/jobs?q=MUG-5",
        "search for one letter": "/jobs?q=m",
        "search for an id of CreativeAI's": f"/jobs?q=vgen_{half:012d}",
        "search for a word of every job": f"/jobs?q={COMMON}",
        "search for it among those on hold (none)": f"/jobs?q={COMMON}&status=held",
        "job": f"/jobs/{job}",
        "deliveries": "/deliveries",
        "deliveries, in the middle": f"/deliveries?before={delivery}",
        "deliveries that failed": "/deliveries?status=failed",
        "deliveries to Slack": "/deliveries?connection=slack",
        "deliveries to Slack that failed": "/deliveries?connection=slack&status=failed",
        "deliveries to Airtable that failed (none)": "/deliveries?connection=airtable&status=failed",
        "count before resending": "/deliveries/replay?connection=slack&status=failed",
        "delivery": f"/deliveries/{delivery}",
        "incoming": "/deliveries/incoming",
        "incoming, in the middle": f"/deliveries/incoming?before={event}",
        "one incoming webhook": f"/deliveries/incoming/{event}",
        "connections": "/connections",
        "connection": "/connections/slack",
        "settings": "/settings",
        "create": "/create",
        "form": "/create/text-to-video",
        "share links": "/settings/share",
        "templates": "/templates",
    }


def measure(folder: Path, rounds: int) -> dict[str, tuple[Took, Took]]:
    relays = [Relay(folder / str(events)) for events in (FEW, MANY)]
    found = {}
    with closing(relays[0].store), closing(relays[1].store):
        for name in paths(FEW):
            took = (Took(), Took())
            for number in range(rounds + 3):  # the first three warm up
                for relay, events, times in zip(relays, (FEW, MANY), took, strict=True):
                    relay.look(paths(events)[name], times if number >= 3 else None)
            found[name] = took
    return found


_HEAD = """\
# How long the pages take

{now}, commit {commit}, {machine}.

Made by `python -m bench.pages` (some minutes and 5 GB): a database with {few:,} events and one with
{many:,}, each event with its job, its result, a copy and three deliveries with an attempt each, one
every 8 s. Each page {rounds} times, turn about, in this process through Flask's client, medians. Wanted: the
page at most {ratio:g} times as long with {many:,} events; in the store at most {store:g} ms.

| page | {few:,} events | {many:,} events | ratio | of it in the store | met |
| --- | --- | --- | --- | --- | --- |"""


def page(found: Mapping[str, tuple[Took, Took]], rounds: int) -> str:
    head = _HEAD.format(
        now=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        commit=commit(),
        machine=machine(),
        few=FEW,
        many=MANY,
        rounds=rounds,
        ratio=RATIO,
        store=STORE,
    )
    return "\n".join([head, *(_line(name, *took) for name, took in found.items()), ""])


def _line(name: str, few: Took, many: Took) -> str:
    ratio, store = median(many.page) / median(few.page), median(many.store)
    met = "yes" if ratio <= RATIO and store <= STORE else "**no**"
    times = f"{median(few.page):.1f} ms | {median(many.page):.1f} ms | {ratio:.2f} | {store:.1f} ms"
    return f"| {name} | {times} | {met} |"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.pages", description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("PAGES.md"))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="relay-bench-") as name:
        for events in (FEW, MANY):
            fill(Path(name) / str(events), events)
        text = page(measure(Path(name), given.rounds), given.rounds)
    given.output.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
