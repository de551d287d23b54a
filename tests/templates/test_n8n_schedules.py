"""Random schedules of runs, by hand and by the clock, with kills of n8n in the middle: each row is paid once.

Several are played at the same time in one n8n, each on a copy of a template with a list of its own, so that a
kill hits all of them. `make n8n-schedules` plays 200 and appends what each came to to N8N_OUTCOMES; N8N_FIRST
is the number of the first one, to go on where an earlier run ended.
"""

import os
import random
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox import LedgerEntry
from tests.templates.n8n_copies import COPIES, EVERY, Copy, marks
from tests.templates.n8n_scene import PHOTO, STRANGE, Entrance, by_creativeai, first_calls
from tests.templates.n8n_world import World
from tests.wire import wait_until

pytestmark = pytest.mark.n8n

FIRST, SCHEDULES = int(os.environ.get("N8N_FIRST", "0")), int(os.environ.get("N8N_SCHEDULES", "5"))
ROUNDS = [range(at, min(at + len(COPIES), SCHEDULES)) for at in range(FIRST, SCHEDULES, len(COPIES))]
OUTCOMES = os.environ.get("N8N_OUTCOMES", "")
BY_HAND = "Start by hand"
LONG = 1.0 * EVERY  # seconds in which runs are started by hand; the schedule fires meanwhile
PATIENCE = 400.0
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a person starts the copy's workflow, in seconds, and with which SKUs in its rows."""

    seed: int
    copy: Copy
    skus: tuple[str, ...]
    moments: tuple[float, ...]

    def rows(self) -> list[dict[str, str]]:
        return [
            {"SKU": sku, "Title": f"Row {place}", "Image URL": PHOTO} for place, sku in enumerate(self.skus)
        ]


def drawn(seed: int, copy: Copy) -> Schedule:
    """Two runs of one moment are likely, and so is a SKU that stands in several rows."""
    chance = random.Random(seed)
    moments = [chance.choice((0.0, 0.0, chance.uniform(0, LONG))) for _ in range(chance.randint(1, 4))]
    return Schedule(seed, copy, tuple(chance.choices("ABCD", k=chance.randint(2, 5))), tuple(moments))


@pytest.fixture(scope="module")
def copies(made: World) -> Iterator[World]:
    """Their schedules fire from here on."""
    made.settle()
    used = COPIES[: max(map(len, ROUNDS))]
    for each in used:
        made.list_products(each.tab, [], each.book)
        made.n8n.publish(each.workflow())
    first_calls(made, (Entrance(each.path, by_creativeai, STRANGE) for each in used))
    made.settle()
    yield made
    for each in used:
        made.n8n.unpublish(each.id)
    made.settle()


@pytest.mark.parametrize("seeds", ROUNDS, ids=lambda seeds: f"{seeds[0]}-{seeds[-1]}")
def test_every_row_is_paid_for_once_whatever_runs_when(seeds: range, copies: World) -> None:
    """Every second round, from the first on, has a kill. What it left is started again by a person."""
    schedules = [drawn(seed, copy) for seed, copy in zip(seeds, COPIES, strict=False)]
    killed = seeds[0] // len(COPIES) % 2 == 0
    copies.settle()
    known, executions = len(copies.sandbox.jobs), copies.n8n.last()
    for each in schedules:
        copies.list_products(each.copy.tab, each.rows(), each.copy.book)
    _play(copies, schedules, random.Random(seeds[0]).uniform(0, LONG) if killed else None)
    copies.settle()
    for each in schedules:
        _start_again_what_was_not_sent(copies, each, known)
    wait_until(lambda: all(_is_sent(copies, each, known) for each in schedules), PATIENCE, pause=1)
    wait_until(lambda: _has_run_by_the_clock(copies, schedules, executions), PATIENCE, pause=1)
    copies.settle()
    runs = copies.n8n.begun(executions)
    outcomes = {each: _outcome(copies, each, known) for each in schedules}
    _write_down(outcomes, runs, killed=killed)
    assert all(not wrong for wrong in outcomes.values()), outcomes


def _play(world: World, schedules: Sequence[Schedule], kill_at: float | None) -> None:
    acts = [
        threading.Timer(moment, partial(_run, world, each.copy))
        for each in schedules
        for moment in each.moments
    ]
    for each in acts:
        each.start()
    if kill_at is not None:
        kill = threading.Timer(kill_at, world.n8n.kill)
        kill.start()
        kill.join()
        world.n8n.start_again(*(each.copy.path for each in schedules))
    for each in acts:
        each.join()


def _run(world: World, copy: Copy) -> None:
    """A person who clicks while n8n is down does so in vain."""
    with suppress(requests.RequestException, AssertionError):
        world.n8n.run(copy.id, BY_HAND)


def _start_again_what_was_not_sent(world: World, schedule: Schedule, known: int) -> None:
    """As the page says: the Status of a row that stays at Starting is emptied. The schedule does the rest."""
    rows = _rows(world, schedule.copy)
    paid = _paid(world, schedule.copy, known)
    unsent = [number for number, row in enumerate(rows, 1) if row.get("Status") and not _jobs_of(row, paid)]
    if unsent:
        world.clear(schedule.copy.tab, unsent, schedule.copy.book)


def _is_sent(world: World, schedule: Schedule, known: int) -> bool:
    paid = _paid(world, schedule.copy, known)
    return all(_jobs_of(row, paid) for row in _rows(world, schedule.copy))


def _has_run_by_the_clock(world: World, schedules: Sequence[Schedule], executions: int) -> bool:
    """After all was sent too: a schedule that fires then must find nothing to pay."""
    runs = world.n8n.begun(executions)
    return all(runs.get((each.copy.id, "trigger"), 0) for each in schedules)


def _outcome(world: World, schedule: Schedule, known: int) -> list[str]:
    """What is wrong: empty."""
    rows, paid = _rows(world, schedule.copy), _paid(world, schedule.copy, known)
    wrong = [f"{row}: {len(_jobs_of(row, paid))} jobs" for row in rows if len(_jobs_of(row, paid)) != 1]
    if not len(rows) == len(paid) == len(schedule.skus):
        wrong.append(f"{len(paid)} paid for {len(rows)} rows")
    return wrong


def _rows(world: World, copy: Copy) -> list[dict[str, Any]]:
    return world.rows(copy.tab, copy.book)


def _paid(world: World, copy: Copy, known: int) -> list[LedgerEntry]:
    return copy.paid(world.sandbox.jobs[known:])


def _jobs_of(row: Row, paid: Sequence[LedgerEntry]) -> list[str]:
    """By its ID; or by its mark, when n8n was down while CreativeAI called: a direct template loses that."""
    own = {row.get("Generation ID"), row.get("Status")} - {"", None}
    return [job for job, mark in marks(paid).items() if own & {job, mark}]


def _write_down(
    outcomes: Mapping[Schedule, Sequence[str]], runs: Mapping[tuple[str, str], int], *, killed: bool
) -> None:
    """A line for each schedule, for whoever reads what a long run came to."""
    if not OUTCOMES:
        return
    with Path(OUTCOMES).open("a", encoding="utf-8") as lines:
        for each, wrong in outcomes.items():
            by_hand, timed = (runs.get((each.copy.id, mode), 0) for mode in ("manual", "trigger"))
            result = "; ".join(wrong) or f"{len(each.skus)} rows, {len(each.skus)} paid"
            lines.write(
                f"{each.seed}\t{each.copy.slug}\t{by_hand} by hand, {timed} by the schedule"
                f"{', killed' if killed else ''}\t{result}\n"
            )
