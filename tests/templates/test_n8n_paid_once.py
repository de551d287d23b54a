"""Nothing is paid twice, no limit loses anything: each scenario of `n8n_matrix` in a real n8n.

In CI each one on the template that it hurts most, all at the same time: most of the time they wait for limits.
With N8N_MATRIX=all each on every template where it applies, a scenario after the other.
"""

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from sandbox import API_KEY, UNLIMITED, Limits
from tests.templates.n8n_matrix import CI, LONG, MATRIX, Scenario, play, plays
from tests.templates.n8n_subjects import PATIENCE, SUBJECTS
from tests.templates.n8n_world import SLUGS, World

PLAYS = plays(LONG if os.environ.get("N8N_MATRIX") == "all" else CI)
VENDOR = Limits(videos_per_day=1000, minute=4)  # its clock is fifteen times faster: 50 s of a render are 3.3


class Rounds:
    """Plays of one round begin together, when the first of them is asked for."""

    def __init__(self, world: World, threads: ThreadPoolExecutor) -> None:
        self._world, self._threads = world, threads
        self._begun: dict[tuple[Scenario, str], Future[None]] = {}

    def end(self, scenario: Scenario, slug: str) -> None:
        if (scenario, slug) not in self._begun:
            self._world.settle()
            for each in PLAYS:
                if len(PLAYS) == len(plays(CI)) or each[0] is scenario:
                    self._begun[each] = self._threads.submit(play, self._world, *each)
        self._begun[scenario, slug].result(timeout=2 * PATIENCE)


@pytest.fixture(scope="module")
def rounds(made: World) -> Iterator[Rounds]:
    made.settle()
    made.sandbox.limit(API_KEY, VENDOR)
    with ThreadPoolExecutor(len(PLAYS)) as threads:
        yield Rounds(made, threads)
    made.sandbox.limit(API_KEY, UNLIMITED)


@pytest.mark.n8n
@pytest.mark.parametrize(("scenario", "slug"), PLAYS, ids=[f"{each.__name__}-{slug}" for each, slug in PLAYS])
def test_it_ends_as_it_should(scenario: Scenario, slug: str, rounds: Rounds) -> None:
    rounds.end(scenario, slug)


def test_every_template_that_spends_credits_is_in_the_matrix() -> None:
    """The others start nothing: one is a part of the rest, one reads."""
    assert sorted([*SUBJECTS, "signature-guard", "relay-report"]) == SLUGS
    for scenario, row in MATRIX.items():
        assert row.keys() == SUBJECTS.keys()
        assert all(row.values()), f"{scenario.__name__}: a template without a reason"
        assert CI in row.values(), f"{scenario.__name__} is not in CI"
