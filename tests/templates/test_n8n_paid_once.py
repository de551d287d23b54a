"""Nothing is paid twice, no limit loses anything: `n8n_scenarios`, each on the template it hurts most."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from sandbox import API_KEY, UNLIMITED, Limits
from tests.templates.n8n_scenarios import PATIENCE, SCENARIOS, prepare
from tests.templates.n8n_world import World

pytestmark = pytest.mark.n8n

Scenario = Callable[[World], None]


@pytest.fixture(scope="module")
def ends(made: World) -> Iterator[Mapping[Scenario, Future[None]]]:
    """All of them begin at once: they wait most of the time, for limits."""
    made.settle()
    prepare(made)
    made.sandbox.limit(API_KEY, Limits())
    with ThreadPoolExecutor(len(SCENARIOS)) as threads:
        yield {each: threads.submit(each, made) for each in SCENARIOS}
    made.sandbox.limit(API_KEY, UNLIMITED)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.__name__)
def test_it_ends_as_it_should(scenario: Scenario, ends: Mapping[Scenario, Future[None]]) -> None:
    ends[scenario].result(timeout=2 * PATIENCE)
