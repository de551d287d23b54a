"""Old bodies are forgotten by themselves, and nothing else is."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from relay.retention import DAY_MS, Pruner
from tests.store.contract.make import accept, result
from tests.web.site import N8N, Site
from tests.wire import generation
from tests.wire.client import wait_until
from tests.wire.program import RelayProcess


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with closing(Site(tmp_path / "data", **N8N)) as site:
        yield site


def test_what_is_older_than_the_days_that_are_set_loses_its_body(site: Site) -> None:
    site.post(generation("vgen_1"))
    ((received_at,),) = site.rows("select received_at from event")
    for age, left in ((7 * DAY_MS, 1), (7 * DAY_MS + 1, 0)):
        moment = received_at + age
        Pruner(site.store, lambda: 7, clock=lambda: moment).prune()  # noqa: B023 - called at once
        assert site.count("event_body") == left
    assert site.post(generation("vgen_1")).status_code == 200  # still known: it happens once
    (event,) = site.store.events(limit=9)
    assert "The body was removed" in site.page(f"/deliveries/incoming/{event.id}").text
    assert site.client.get(f"/deliveries/incoming/{event.id}/body").status_code == 404


def test_a_running_relay_forgets_them(site: Site) -> None:
    accept(site.store, result("vgen_old"), at=time.time_ns() // 1_000_000 - 2 * DAY_MS)
    site.post(generation("vgen_new"))
    with RelayProcess(site.database.parent, {"KEEP_BODIES_DAYS": "1"}):
        wait_until(lambda: site.count("event_body") == 1)
    assert site.rows("select delivery_id from event order by delivery_id") == [("vgen_new",), ("vgen_old",)]
