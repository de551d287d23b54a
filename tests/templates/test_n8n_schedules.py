"""Random schedules of runs that overlap, with a kill of n8n in the middle: paid jobs equal rows, always.

`make n8n-schedules` runs 200 of them, and the number is in N8N_SCHEDULES.
"""

import os
import random
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import pytest

from sandbox import LedgerEntry
from tests.templates.n8n_scene import PHOTO
from tests.templates.n8n_world import World
from tests.wire import wait_until

pytestmark = pytest.mark.n8n

SCHEDULES = int(os.environ.get("N8N_SCHEDULES", "1"))
CALLBACK = "creativeai-sheet-video-done"
SHEET = ("caiImageVideoG2", "Start by hand")
PATIENCE = 400.0
Row = Mapping[str, Any]


@pytest.mark.parametrize("seed", range(SCHEDULES))
def test_every_row_is_paid_for_once_whatever_runs_when(seed: int, made: World) -> None:
    """Every second schedule, from the first on, has a kill. What it left is started again by a person."""
    chance = random.Random(seed)
    rows = [{"SKU": chance.choice("ABCD"), "Title": f"Row {place}", "Image URL": PHOTO} for place in range(3)]
    made.settle()
    known = len(made.sandbox.jobs)
    made.list_products("Videos", rows)
    moments = [chance.choice((0.0, 0.0, chance.uniform(0, 12))) for _ in range(chance.randint(2, 4))]
    acts = [threading.Timer(each, made.n8n.run, SHEET) for each in moments]
    for each in acts:
        each.start()
    for each in acts:
        each.join()
    if seed % 2 == 0:
        kill = threading.Timer(chance.uniform(0, 15), made.n8n.kill)
        kill.start()
        kill.join()
        made.n8n.start_again(CALLBACK)
    made.settle()
    _start_again_what_was_not_sent(made, known)
    paid = _paid(made, known)
    assert len(paid) == len(rows), (moments, made.rows("Videos"))
    for row in made.rows("Videos"):
        assert len([each for each in paid if _is_of(each, row)]) == 1, (moments, row)


def _paid(world: World, known: int) -> list[LedgerEntry]:
    return [each for each in world.sandbox.jobs[known:] if CALLBACK in str(each.request.get("webhook_url"))]


def _is_of(job: LedgerEntry, row: Row) -> bool:
    """By its ID; or by its mark, when n8n was down while CreativeAI called: a direct template loses that."""
    mark = quote(str(row.get("Status") or "none"), safe="()")
    return row.get("Generation ID") == job.id or mark in str(job.request["webhook_url"])


def _start_again_what_was_not_sent(world: World, known: int) -> None:
    """As the page says: the Status of a row that stays at Starting is emptied."""

    def all_sent() -> bool:
        paid = _paid(world, known)
        return all(any(_is_of(job, row) for job in paid) for row in world.rows("Videos"))

    paid = _paid(world, known)
    for number, row in enumerate(world.rows("Videos"), 1):
        if not any(_is_of(job, row) for job in paid):
            world.clear("Videos", number)
    if not all_sent():
        world.n8n.run(*SHEET)
        wait_until(all_sent, PATIENCE, pause=1)
    world.settle()
