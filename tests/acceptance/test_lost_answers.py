"""A fifth of all answers lost, over five hundred results: each tool ends up with each result exactly once.

The worker, its store and the connectors are the real ones; the sandbox carries every fifth call out and then
breaks the connection. Time leaps for both, so that days of retries fit, however slow the machine is.
"""

import dataclasses
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from relay.bootstrap.app import make_registry
from relay.bootstrap.configuration import configure
from relay.delivery.attempt import Destination
from relay.delivery.worker import DeliveryWorker
from relay.demo.destinations import add_products, contents, environment_of
from relay.http.client import Http
from relay.models.core import Event, Output, Result, ResultStatus, RoutedResult
from relay.models.delivery import Selection
from relay.store.sqlite.store import SqliteStore
from sandbox import Config, Sandbox, serve
from tests.acceptance.leaping import LeapingStore, Time
from tests.connectors.files import GivenFiles
from tests.wire import wait_until

RESULTS = 500
LEAP = 600.0  # seconds: the next try of three days is at most so late
PATIENCE = 500.0  # seconds
SKUS = [f"SKU-{number}" for number in range(50)]  # Shopify takes 250 media a product
TOOLS = ("airtable", "sheets", "slack", "shopify")


@pytest.fixture
def clock() -> Time:
    return Time(workers=1)


@pytest.fixture
def sandbox(clock: Time) -> Iterator[Sandbox]:
    running = serve(config=Config(paced=False, clock=clock.seconds))
    yield running
    running.stop()


def destinations(sandbox: Sandbox, store: SqliteStore, folder: Path) -> Mapping[str, Destination]:
    """As the app makes them, but without a pace: the clock runs faster than calls can be made."""
    environment = {"DATA_DIR": str(folder), "SECRET_KEY": "a key for this test"} | environment_of(sandbox)
    made = make_registry(configure(environment), store).destinations()
    return {
        name: dataclasses.replace(
            made[name], connection=dataclasses.replace(made[name].connection, calls_per_second=None)
        )
        for name in TOOLS
    }


def result(number: int, status: str, sandbox: Sandbox) -> Result:
    outputs = (Output(f"{sandbox.url}/output/vgen_{number}.mp4", "video/mp4"),) * (status == "completed")
    return Result(f"vgen_{number}", ResultStatus(status), "video", outputs, prompt=f"Mug {number}")


def accept(store: SqliteStore, each: Result, sku: str, now: int) -> None:
    event = Event(
        each.generation_id, each.status, "", "", "KEY", now, {}, b"{}", (each,), {"sku": sku, "title": sku}
    )
    tools = TOOLS if each.status is ResultStatus.COMPLETED else TOOLS[:3]
    store.accept(event, [RoutedResult(each, tools)])


@pytest.mark.slow
def test_with_a_fifth_of_the_answers_lost_every_tool_has_every_result_exactly_once(
    tmp_path: Path, sandbox: Sandbox, clock: Time
) -> None:
    http = Http(allowed_hosts=[sandbox.url.partition("//")[2]])
    add_products(http, sandbox, {sku: sku for sku in SKUS})
    store = LeapingStore(tmp_path / "relay.db", clock, longest=LEAP)
    store.migrate()
    tools = destinations(sandbox, store, tmp_path)
    sandbox.drop_responses(0.2, seed=7)
    became: dict[str, list[str]] = {}
    worker = DeliveryWorker(store, lambda: tools, clock.ms, files=lambda *_: GivenFiles())
    running = threading.Thread(target=worker.run)
    running.start()
    try:
        for number in range(RESULTS):
            story = {0: ("failed", "completed"), 1: ("failed",)}.get(number % 5, ("completed",))
            for status in story:
                each = result(number, status, sandbox)
                accept(store, each, SKUS[number % len(SKUS)], clock.ms())
            became[each.generation_id] = [each.status]
        wait_until(lambda: store.health().oldest_due_at is None, PATIENCE, pause=0.2)
        # A video takes seven calls, each with the whole ladder before it: one in seven thousand is given up.
        given_up = store.deliveries(limit=10_000, status="failed", connection="shopify")
        assert len(given_up) <= 1, [each.note for each in given_up]
        while store.replay(Selection(status="failed"), now=clock.ms()):
            wait_until(lambda: store.health().oldest_due_at is None, PATIENCE, pause=0.2)
    finally:
        worker.stop()
        running.join()
    sandbox.drop_responses(0)

    found = contents(http, sandbox)
    states = Counter(each.status for each in store.deliveries(limit=10_000))
    store.close()
    assert set(states) <= {"delivered", "skipped"}, states
    assert found.records == became
    assert found.rows == became
    assert found.messages == Counter(list(became))
    videos = Counter(
        SKUS[int(generation_id.removeprefix("vgen_")) % len(SKUS)]
        for generation_id, (status,) in became.items()
        if status == "completed"
    )
    assert {sku: media for sku, media in found.videos.items() if media} == {
        sku: ["READY"] * count for sku, count in videos.items()
    }


def test_the_planted_loss_is_seen(sandbox: Sandbox) -> None:
    """The sandbox did what the test above relies on: carried out, and not answered."""
    sandbox.drop_responses(1.0)
    http = Http(allowed_hosts=[sandbox.url.partition("//")[2]])
    broken: list[Any] = []
    try:
        http.send("POST", f"{sandbox.url}/inbox/x", body=b"{}")
    except Exception as error:
        broken.append(error)
    assert getattr(broken[0], "ambiguous", False)
    assert len(sandbox.received("x")) == 1
