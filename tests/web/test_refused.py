"""Webhooks that were refused are shown by hour and reason, on Home, on the page Incoming and by the API, also
after a restart."""

from collections.abc import Callable
from pathlib import Path

import pytest

from relay.models.status import DAY_MS
from relay.retention import Pruner
from tests.web.api.client import Caller
from tests.web.site import Site
from tests.wire import Connection, RelayProcess, generation, signed, wait_until

OpenSite = Callable[..., Site]
FORGED = {"X-CreativeAI-Signature": "sha256=" + "0" * 64}


@pytest.fixture
def after(open_site: OpenSite) -> Site:
    """A relay that was started again after it had refused three webhooks, for two reasons."""
    before = open_site()
    for signature in (FORGED, FORGED, {}):
        assert before.post(generation("vgen_1"), secret=None, headers=signature).status_code == 401
    before.close()
    return open_site()


def test_home_counts_those_of_the_last_day(after: Site) -> None:
    assert "3 webhooks refused in the last 24 hours" in after.page("/").text
    after.rows("update refused_webhook set hour = hour - ?", 2 * DAY_MS)
    assert "webhooks refused" not in after.page("/").text


def test_incoming_names_each_reason_with_the_number_and_the_last_sender(after: Site) -> None:
    text = " ".join(after.page("/deliveries/incoming").text.split())
    assert "2 webhooks, the last from 127.0.0.1: no configured secret signed this body" in text
    assert "1 webhook from 127.0.0.1: the header X-CreativeAI-Signature is missing" in text


def test_the_api_lists_them_in_pages(after: Site) -> None:
    caller = Caller(after)
    first = caller.get("/api/refused-webhooks", limit=1).json
    second = caller.get("/api/refused-webhooks", limit=1, before=first["next"]).json
    items = [*first["items"], *second["items"]]
    assert second["next"] is None
    assert {(each["reason"], each["count"], each["last_sender"]) for each in items} == {
        ("no configured secret signed this body", 2, "127.0.0.1"),
        ("the header X-CreativeAI-Signature is missing", 1, "127.0.0.1"),
    }
    for each in items:
        assert each["hour"].endswith(":00:00.000Z")
        assert each["hour"][:13] == each["last_at"][:13]


def test_they_are_forgotten_with_the_rest(after: Site) -> None:
    ((newest,),) = after.rows("select max(last_at) from refused_webhook")
    for age, left in ((7 * DAY_MS - 60_000, 2), (7 * DAY_MS + 60_000, 0)):
        moment = newest + age
        Pruner(after.store, lambda: 7, clock=lambda: moment).prune()  # noqa: B023 - called at once
        assert after.count("refused_webhook") == left


@pytest.mark.slow
def test_a_running_relay_writes_them_within_a_second_and_at_its_end(tmp_path: Path) -> None:
    forged = signed(generation("vgen_1"), secret="another secret")
    count = "select coalesce(sum(number), 0) from refused_webhook"
    with RelayProcess(tmp_path / "data", {}) as relay, Connection(relay.port) as wire:
        assert wire.post(forged).status == 401
        wait_until(lambda: relay.number(count) == 1)
        for _ in range(50):
            assert wire.post(forged).status == 401
        assert relay.stop() == 0
        assert relay.number(count) == 51
