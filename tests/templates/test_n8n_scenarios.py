"""Nothing is paid twice, no limit loses anything: each scenario of `n8n_matrix` in a real n8n.

In CI each one on the template that it hurts most, in two rounds, since all share one Airtable base: first the
thirty products and what needs no Airtable, then the rest. Most of the time they wait for limits. With
N8N_MATRIX=all each on every template where it applies, a scenario after the other.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

import pytest

from sandbox import API_KEY, UNLIMITED, Limits
from tests.templates.n8n_matrix import CI, LONG, MATRIX, Scenario, play, plays
from tests.templates.n8n_scenarios import thirty_products_in_one_second
from tests.templates.n8n_subjects import PATIENCE, SUBJECTS, Posted
from tests.templates.n8n_world import SLUGS, World

Play = tuple[Scenario, str]
WHOLE = os.environ.get("N8N_MATRIX") == "all"
PLAYS = plays(LONG if WHOLE else CI)
# Three active videos of 10 s and five a quarter of a minute: as 40 s and a minute, four times faster. Still
# faster would bring more callbacks at a time than Airtable takes from anybody.
VENDOR = Limits(videos_per_day=1000, minute=15)


def name_of(play: Play) -> str:
    return f"{play[0].__name__}-{play[1]}"


def round_of(scenario: Scenario, slug: str) -> object:
    """Plays with the same one begin together."""
    if WHOLE:
        return scenario
    return isinstance(SUBJECTS[slug], Posted) and scenario is not thirty_products_in_one_second


class Rounds:
    """A round begins when the first of its plays is asked for, and when the one before it has ended."""

    def __init__(self, world: World, threads: ThreadPoolExecutor, chosen: Sequence[Play]) -> None:
        self._world, self._threads, self._chosen = world, threads, chosen
        self._begun: dict[Play, Future[None]] = {}

    def end(self, scenario: Scenario, slug: str) -> None:
        if (scenario, slug) not in self._begun:
            wait(self._begun.values())
            self._world.settle()
            for each in self._chosen:
                if round_of(*each) == round_of(scenario, slug):
                    self._begun[each] = self._threads.submit(play, self._world, *each)
        self._begun[scenario, slug].result(timeout=2 * PATIENCE)


@pytest.fixture(scope="module")
def rounds(made: World, request: pytest.FixtureRequest) -> Iterator[Rounds]:
    """Of what was chosen on pytest's command line."""
    names = {each.name for each in request.session.items}
    chosen = [each for each in PLAYS if f"test_it_ends_as_it_should[{name_of(each)}]" in names]
    made.settle()
    made.sandbox.limit(API_KEY, VENDOR)
    with ThreadPoolExecutor(len(chosen)) as threads:
        yield Rounds(made, threads, chosen)
    made.sandbox.limit(API_KEY, UNLIMITED)


@pytest.mark.n8n
@pytest.mark.parametrize(("scenario", "slug"), PLAYS, ids=map(name_of, PLAYS))
def test_it_ends_as_it_should(scenario: Scenario, slug: str, rounds: Rounds) -> None:
    rounds.end(scenario, slug)


def test_every_template_that_spends_credits_is_in_the_matrix() -> None:
    """The others start nothing: one is a part of the rest, one reads."""
    assert sorted([*SUBJECTS, "signature-guard", "relay-report"]) == SLUGS
    for scenario, row in MATRIX.items():
        assert row.keys() == SUBJECTS.keys()
        assert all(row.values()), f"{scenario.__name__}: a template without a reason"
        assert CI in row.values(), f"{scenario.__name__} is not in CI"
