"""A relay that is killed -9 at any call of a Shopify video leaves that video once on its product.

Each kill has a relay, a store and a product of its own; many go on at the same time, because a dead relay's
lease and Shopify's processing are waited out. CRASH_SEED sets where chance starts.
"""

import contextlib
import json
import os
import random
import secrets
import signal
import sqlite3
import threading
import urllib.request
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, repeat
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from sandbox import ORIGINS, Config, serve
from tests.acceptance.line import MOMENTS, Aim, Line, Moment
from tests.wire import Connection, CutError, RelayProcess, generation, new_generation_id, signed, wait_until

pytestmark = pytest.mark.slow

AT_A_TIME = 8
QUICK = 60.0  # Shopify has processed the video at the first look
PATIENT = 1.0  # and here at the second only
TITLE = "Clay mug"
WAY = (
    "fetch the video",
    "get a token",
    "find the product",
    "look for media and marker",
    "ask for an upload place",
    "upload the video",
    "look for media and marker",
    "attach with its text",
    "write the marker",
    "ask whether it is ready",
    "ask whether it is ready",
)
DELIVERED = "select count(*) from delivery where connection = 'shopify' and status = 'delivered'"


@dataclass(frozen=True, slots=True)
class Case:
    """The kills of one relay, one after the other: at a call, or some seconds after the webhook."""

    kills: Sequence[Aim | float] = ()
    speed: float = QUICK


@dataclass(slots=True)
class Outcome:
    case: Case
    calls: list[str]
    hits: list[tuple[str, str]]
    media: list[dict[str, Any]]
    metafields: dict[str, str]
    generation_id: str


def every_step() -> list[Case]:
    """A kill at each moment of each call; the look that finds the video unready is the slow one."""
    found = []
    for number, name in enumerate(WAY):
        nth = WAY[: number + 1].count(name)
        speed = PATIENT if number == len(WAY) - 1 else QUICK
        found += [Case((Aim(moment, name, nth),), speed) for moment in MOMENTS]
    return found[::-1]


def in_the_recovery() -> list[Case]:
    """The attach is carried out and unanswered, and the relay that finds it dies again at its nth call."""
    lost = Aim(Moment.CARRIED_OUT, "attach with its text")
    return [Case((lost, Aim(Moment.CARRIED_OUT, nth=nth))) for nth in range(1, 6)]


def by_chance(chance: random.Random) -> list[Case]:
    """Any moment after the webhook, and then any call of what follows."""
    return [
        Case((chance.uniform(0, 0.3), Aim(chance.choice(MOMENTS), nth=chance.randint(1, len(WAY)))))
        for _ in range(8)
    ]


PARTS = 6  # each a test, so that processes can share them


@pytest.mark.parametrize("part", range(PARTS))
def test_no_kill_at_any_call_of_a_shopify_video_doubles_or_loses_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], part: int
) -> None:
    """Each part has its share of the calls, and of the kills by chance and in the recovery."""
    seed = int(os.environ.get("CRASH_SEED", "0")) or secrets.randbits(32)
    steps = every_step()[part::PARTS]
    cases = [*in_the_recovery()[part::PARTS], *by_chance(random.Random(seed))[part::PARTS], *steps]
    outcomes = all_of(cases, tmp_path)
    with capsys.disabled():
        print(report(seed, outcomes))
    for outcome in outcomes:
        assert_is_there_once(outcome)
    hits = Counter(hit for outcome in outcomes for hit in outcome.hits)
    aimed = {(kill.name, kill.moment) for case in steps for kill in case.kills if isinstance(kill, Aim)}
    assert aimed <= hits.keys()


def test_the_calls_of_a_shopify_video_are_those_that_are_killed_here(tmp_path: Path) -> None:
    (outcome,) = all_of([Case(speed=PATIENT)], tmp_path)
    assert tuple(outcome.calls) == WAY, "the way of a video has other calls now: name them here"
    assert_is_there_once(outcome)
    assert {(name, moment) for name in WAY for moment in MOMENTS} == {
        (kill.name, kill.moment) for case in every_step() for kill in case.kills if isinstance(kill, Aim)
    }


def all_of(cases: Sequence[Case], folder: Path) -> list[Outcome]:
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        running = [pool.submit(run, case, folder / str(number)) for number, case in enumerate(cases)]
        return [future.result() for future in running]


def assert_is_there_once(outcome: Outcome) -> None:
    assert [(each["status"], each["alt"]) for each in outcome.media] == [("READY", TITLE)], outcome
    marker = {f"creativeai_relay.{outcome.generation_id}": outcome.media[0]["id"]}
    assert outcome.metafields == marker, outcome


def run(case: Case, folder: Path) -> Outcome:
    """One video through a relay that is killed as the case says, until it is delivered."""
    sandbox = serve(config=Config(speed=case.speed))
    generation_id = new_generation_id()
    hits = []
    try:
        with Line(sandbox.url) as line, RelayProcess(folder, environment(line)) as relay:
            begins = chain([lambda: post(relay, generation_id)], repeat(lambda: relay.start(wait=False)))
            try:
                for kill, begin in zip(case.kills, begins, strict=False):
                    hits += killed(relay, line, kill, begin)
                next(begins)()
                wait_until(lambda: delivered(relay), seconds=90, pause=0.2)
            except TimeoutError as error:
                error.add_note(f"{case}\n{line.calls}\n{relay.last_lines()}")
                raise
            calls = [call.name for call in line.calls]
        with urllib.request.urlopen(f"{sandbox.url}/sandbox/shopify", timeout=20) as answer:
            (product,) = json.load(answer)["products"]
    finally:
        sandbox.stop()
    return Outcome(case, calls, hits, product["media"], product["metafields"], generation_id)


def killed(
    relay: RelayProcess, line: Line, kill: Aim | float, begin: Callable[[], object]
) -> list[tuple[str, str]]:
    """Where the kill hit; none if the video was delivered before."""
    dead = threading.Event()

    def strike() -> None:
        os.killpg(relay.pid, signal.SIGKILL)
        dead.set()

    line.take(kill if isinstance(kill, Aim) else None, strike)
    begin()
    if isinstance(kill, float):
        dead.wait(kill)
        strike()
    wait_until(lambda: dead.is_set() or delivered(relay), seconds=60, pause=0.05)
    line.take(None)
    hit = line.hits[-1:] if isinstance(kill, Aim) else line.reached
    relay.kill()
    return hit if dead.is_set() else []


def delivered(relay: RelayProcess) -> bool:
    with contextlib.suppress(sqlite3.OperationalError):  # the relay is just opening it
        return bool(relay.number(DELIVERED))
    return False


def environment(line: Line) -> dict[str, str]:
    return {
        "ORIGIN_MAP": ",".join(f"{origin}={line.url}" for origin in ORIGINS),
        "SHOPIFY_SHOP": "sandbox.myshopify.com",
        "SHOPIFY_CLIENT_ID": "sandbox",
        "SHOPIFY_CLIENT_SECRET": "a secret of the store",
    }


def post(relay: RelayProcess, generation_id: str) -> None:
    """The vendor's webhook. The relay may be dead before it answers: it is stored before any call is made."""
    path = f"/webhooks/creativeai?{urlencode({'sku': 'MUG-1', 'title': TITLE})}"
    with contextlib.suppress(CutError), Connection(relay.port) as connection:
        assert connection.post(signed(generation(generation_id), path=path)).status == 202


def report(seed: int, outcomes: Sequence[Outcome]) -> str:
    hits = Counter(hit for outcome in outcomes for hit in outcome.hits)
    lines = [f"\nshopify: {hits.total()} kills of {len(outcomes)} relays, seed {seed}; where they hit"]
    lines += ["".join((f"  {'call':<25}", *(f"{moment:>27}" for moment in MOMENTS)))]
    for name in dict.fromkeys((*WAY, *(name for name, _ in hits))):
        lines.append("".join((f"  {name:<25}", *(f"{hits[name, moment]:>27}" for moment in MOMENTS))))
    return "\n".join(lines)
