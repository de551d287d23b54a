"""A burst of a thousand results meets no limit of any tool, and does not dawdle either.

The sandbox keeps each service's documented limits and answers 429 (Shopify: THROTTLED) beyond them. Two
workers share the database; each has a store object, connectors and a line out of its own, as processes have.
"""

import json
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from relay.bootstrap.app import make_loader
from relay.bootstrap.configuration import configure
from relay.delivery.attempt import Destination
from relay.delivery.worker import DeliveryWorker
from relay.demo.destinations import add_products, environment_of
from relay.http.client import Http
from relay.http.response import HttpResponse
from relay.models.core import Event, Output, Result, ResultStatus, RoutedResult
from sandbox import ORIGINS, Config, Sandbox, serve
from tests.acceptance.leaping import LeapingStore, SlowHttp, Time
from tests.connectors.files import GivenFiles
from tests.wire import wait_until

RESULTS = 1000
WORKERS = 2
SKUS = [f"SKU-{number}" for number in range(50)]  # Shopify takes 250 media a product
LEAST = 0.6  # of what the service allows
NOT_COUNTED = ("oauth2.googleapis.com",)  # a token is fetched once an hour
SHEETS = ("sandbox-sheet", "second-sheet")


@dataclass(frozen=True, slots=True)
class Burst:
    """How it went. `seconds` until the last was settled; `bodies` of what the service answered."""

    seconds: float
    deliveries: Mapping[str, int]
    attempts: Mapping[str, int]
    refused: int
    bodies: Sequence[bytes]


@pytest.mark.parametrize(
    ("kind", "options", "calls_per_second"),
    [
        pytest.param("slack", {}, 1, id="slack"),
        pytest.param("airtable", {}, 5, id="airtable"),
        pytest.param("airtable", {"AIRTABLE_ATTACHMENT_COLUMN": "Files"}, 5, id="airtable with files"),
    ],
)
def test_a_burst_keeps_to_what_the_service_allows_and_uses_it(
    tmp_path: Path, kind: str, options: Mapping[str, str], calls_per_second: float
) -> None:
    burst = deliver(tmp_path, kind, **options)
    assert_smooth(burst)
    assert len(burst.bodies) / burst.seconds >= LEAST * calls_per_second


def test_two_spreadsheets_of_one_account_share_its_sixty_calls_a_minute(tmp_path: Path) -> None:
    burst = deliver(tmp_path, "sheets", sheets=SHEETS)
    assert_smooth(burst)
    assert RESULTS / burst.seconds >= LEAST * 60 / 60  # a delivery is a read and a write; each has its sixty


def test_a_burst_of_videos_never_spends_points_that_shopify_has_not_given(tmp_path: Path) -> None:
    burst = deliver(tmp_path, "shopify")
    assert_smooth(burst)
    spent = sum(
        json.loads(body)["extensions"]["cost"]["actualQueryCost"] for body in burst.bodies if b"cost" in body
    )
    print(burst.seconds, spent, burst.attempts)
    assert spent >= LEAST * (2000 + 100 * burst.seconds)


def assert_smooth(burst: Burst) -> None:
    assert burst.refused == 0
    assert burst.deliveries == {"delivered": RESULTS}
    assert set(burst.attempts) <= {"done", "not yet"}, burst.attempts


def deliver(folder: Path, kind: str, *, sheets: Sequence[str] = (), **more: str) -> Burst:
    """A thousand deliveries to connections of this kind."""
    time = Time(WORKERS)
    sandbox = serve(config=Config(clock=time.seconds))
    environment = (
        {"DATA_DIR": str(folder), "SECRET_KEY": "a key for this test"} | environment_of(sandbox) | more
    )
    https = [SlowHttp(time, dict.fromkeys(ORIGINS, sandbox.url), seed) for seed in range(WORKERS)]
    stores = [LeapingStore(folder / "relay.db", time) for _ in range(WORKERS)]
    made = [destinations(environment, kind, sheets, http) for http in https]
    prepare(sandbox)
    stores[0].migrate()
    accept(stores[0], tuple(made[0]), time.ms())
    workers = [
        DeliveryWorker(store, lambda own=own: own, time.ms, files=lambda *_: GivenFiles())
        for store, own in zip(stores, made, strict=True)
    ]
    threads = [threading.Thread(target=worker.run) for worker in workers]
    began = time.ms()
    try:
        for thread in threads:
            thread.start()
        wait_until(lambda: stores[0].health().oldest_due_at is None, seconds=500, pause=0.2)
    finally:
        for worker in workers:
            worker.stop()
        for thread in threads:
            thread.join()
        for closing in (*stores, *https):
            closing.close()
        sandbox.stop()
    answers = [answer for http in https for answer in http.answers if answer.host not in NOT_COUNTED]
    return summed(folder / "relay.db", began, answers)


def destinations(
    environment: Mapping[str, str], kind: str, sheets: Sequence[str], http: Http
) -> dict[str, Destination]:
    """The connection of the environment; of Sheets one for each spreadsheet, all of one account."""
    configuration = configure(environment)
    loader = make_loader(configuration, http)
    options, wants = configuration.options[kind]
    each = {name: options.model_copy(update={"spreadsheet": name}) for name in sheets} or {kind: options}
    entries = [loader.configured(name, kind, own, wants) for name, own in each.items()]
    return {entry.name: entry.destination for entry in entries if entry.destination}


def prepare(sandbox: Sandbox) -> None:
    http = Http(allowed_hosts=[sandbox.url.partition("//")[2]])
    add_products(http, sandbox, {sku: sku for sku in SKUS})
    headers = {"Content-Type": "application/json"}
    body = json.dumps({"id": SHEETS[1], "tabs": [{"title": "Results"}]}).encode()
    http.send("POST", f"{sandbox.url}/sandbox/sheets", headers=headers, body=body)
    http.close()


def accept(store: LeapingStore, connections: Sequence[str], now: int) -> None:
    """A thousand deliveries, by one webhook for each product, all at once."""
    for number, sku in enumerate(SKUS):
        results = tuple(result(f"{number}_{n}") for n in range(RESULTS // len(SKUS) // len(connections)))
        event = Event(f"batch_{number}", "completed", "", "", "KEY", now, {}, b"{}", results, {"sku": sku})
        store.accept(event, [RoutedResult(each, tuple(connections)) for each in results])


def result(name: str) -> Result:
    output = Output(f"https://cdn.creativeai.run/output/vgen_{name}.mp4", "video/mp4")
    return Result(f"vgen_{name}", ResultStatus.COMPLETED, "video", (output,), prompt=f"Mug {name}")


def summed(database: Path, began: int, answers: Sequence[HttpResponse]) -> Burst:
    with closing(sqlite3.connect(database)) as db:
        ended = db.execute("select max(settled_at) from delivery").fetchone()[0]
        deliveries = dict(db.execute("select status, count(*) from delivery group by status"))
        attempts = dict(db.execute("select outcome, count(*) from attempt group by outcome"))
    refused = sum(each.status == 429 or b'"THROTTLED"' in each.body for each in answers)
    return Burst((ended - began) / 1000, deliveries, attempts, refused, [each.body for each in answers])
