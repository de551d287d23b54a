"""Each scenario on each template: played there, or the reason why it cannot happen.

`CI` marks the template that a scenario hurts most: CI plays it there, `make n8n-schedules` everywhere.
"""

import threading
from collections.abc import Callable, Mapping

from tests.templates import n8n_scenarios as scenarios
from tests.templates.n8n_copies import COPIES
from tests.templates.n8n_scene import STRANGE, Entrance, by_creativeai, first_calls
from tests.templates.n8n_subjects import (
    CATALOGUE,
    FILM,
    FORM,
    PATIENCE,
    RELAYED,
    SHEET,
    SHOP,
    SUBJECTS,
    VIDEO,
    Listed,
)
from tests.templates.n8n_world import World
from tests.wire import wait_until

CI, LONG = "in CI", "in the long run"
Scenario = Callable[..., None]
_NO_ROWS = "it reads no list: each call is one product"
_NO_SCHEDULE = "it has no schedule"
_A_NEW_ONE = "a second form is a second request, and its page says that each one costs credits"
_ROWS_KEEP = "a row that has a status is not started again: see one_product_in_several_rows"
_ONE_FILM = "it makes one video, not a film in parts"
_BY_ADDRESS = "CreativeAI fetches the picture and reports that it cannot: see the stories of failed renders"
_READS_TEXT = "a cell of a sheet, a form or a product's title is always a text"
_SLACK_ALONE = "its result is a message, which nobody can delete before it is sent"
_NO_SHELF = "it writes the record by its SKU: a deleted one is created again"

_PUBLISHING = threading.Lock()


def _of(
    played: Mapping[str, str], reasons: Mapping[str, str] | None = None, otherwise: str = ""
) -> Mapping[str, str]:
    """For each template CI, LONG or the reason why not."""
    return {slug: played.get(slug) or (reasons or {}).get(slug) or otherwise for slug in SUBJECTS}


MATRIX: Mapping[Scenario, Mapping[str, str]] = {
    scenarios.one_product_in_several_rows: _of({SHEET.slug: CI, CATALOGUE.slug: LONG}, otherwise=_NO_ROWS),
    scenarios.run_twice_at_once: _of({CATALOGUE.slug: CI, SHEET.slug: LONG}, otherwise=_NO_ROWS),
    scenarios.run_by_hand_while_the_schedule_fires: _of(
        {SHEET.slug: CI, CATALOGUE.slug: CI}, otherwise=_NO_SCHEDULE
    ),
    scenarios.started_twice_at_once: _of(
        {VIDEO.slug: CI, FILM.slug: LONG, RELAYED.slug: LONG, SHOP.slug: LONG},
        {FORM.slug: _A_NEW_ONE},
        "its runs are started, not its products: see run_twice_at_once",
    ),
    scenarios.started_again_after_the_end: _of(
        {VIDEO.slug: CI, FILM.slug: LONG},
        {
            FORM.slug: _A_NEW_ONE,
            RELAYED.slug: "within the hour it is the same job: see reported_again_after_the_end",
            SHOP.slug: "Shopify creates a product once: see reported_again_after_the_end",
        },
        _ROWS_KEEP,
    ),
    scenarios.reported_again_after_the_end: _of(
        {RELAYED.slug: CI, SHOP.slug: LONG},
        {
            FORM.slug: _A_NEW_ONE,
            VIDEO.slug: "a second start makes a new video: see started_again_after_the_end",
            FILM.slug: "a second start makes a new film: see started_again_after_the_end",
        },
        _ROWS_KEEP,
    ),
    scenarios.thirty_products_in_one_second: _of({VIDEO.slug: CI}, otherwise=LONG),
    scenarios.three_films_at_once_and_one_of_them_again: _of({FILM.slug: CI}, otherwise=_ONE_FILM),
    scenarios.a_photo_that_cannot_be_fetched: _of({FILM.slug: CI}, otherwise=_BY_ADDRESS),
    scenarios.a_sku_that_is_no_text: _of(
        {VIDEO.slug: CI, FILM.slug: CI, RELAYED.slug: CI}, otherwise=_READS_TEXT
    ),
    scenarios.a_service_that_is_busy: _of(
        {SHOP.slug: CI, SHEET.slug: CI, CATALOGUE.slug: LONG, VIDEO.slug: LONG, RELAYED.slug: LONG},
        {
            FORM.slug: "its form is sent to CreativeAI at once, whose limits are in every story",
            FILM.slug: "its four parts are paid for at other times: see three_films_at_once",
        },
    ),
    scenarios.a_place_that_is_deleted_meanwhile: _of(
        {SHOP.slug: CI, VIDEO.slug: CI, FILM.slug: LONG, SHEET.slug: LONG, CATALOGUE.slug: LONG},
        {FORM.slug: _SLACK_ALONE, RELAYED.slug: _NO_SHELF},
    ),
}


# With lists of their own, in which a schedule fires often: so nothing else is disturbed.
ON_A_COPY: tuple[Scenario, ...] = (
    scenarios.run_by_hand_while_the_schedule_fires,
    scenarios.thirty_products_in_one_second,
    scenarios.a_service_that_is_busy,
    scenarios.a_place_that_is_deleted_meanwhile,
)


def plays(when: str) -> list[tuple[Scenario, str]]:
    """In CI those of CI; in the long run all that apply."""
    wanted = (CI,) if when == CI else (CI, LONG)
    return [(scenario, slug) for scenario, row in MATRIX.items() for slug in row if row[slug] in wanted]


def play(world: World, scenario: Scenario, slug: str) -> None:
    subject = SUBJECTS[slug]
    if scenario not in ON_A_COPY or not isinstance(subject, Listed):
        scenario(world, subject)
        return
    own = [each for each in COPIES if each.slug == slug][ON_A_COPY.index(scenario)]
    subject = Listed.of(own)
    subject.fill(world, [])
    with _PUBLISHING:
        world.n8n.publish(own.workflow())
    try:
        known = world.n8n.last()
        first_calls(world, [Entrance(own.path, by_creativeai, STRANGE)])

        def ended() -> bool:
            return any(each.ran.get("Accept with 200") for each in world.n8n.executions(known, own.id))

        wait_until(ended, PATIENCE, pause=1)
        scenario(world, subject)
    finally:
        with _PUBLISHING:
            world.n8n.unpublish(own.id)
