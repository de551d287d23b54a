"""However many short-lived threads of the worker read the store, it keeps no file open for each of them."""

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from relay.connections.loader import ConnectionLoader
from relay.connections.registry import ConnectionRegistry
from relay.generation.shopify_products import NewProducts, NewProductSettings
from relay.http.client import Http
from relay.intake import routing
from relay.intake.shopify_webhook import read_product
from relay.models.core import ShopEvent
from relay.models.job import Source
from relay.models.queue import QueueLimits
from relay.security.encryption import Vault
from relay.store.contract.core import ConnectionStore
from relay.store.sqlite.store import SqliteStore
from tests.generation.confirming import Relay, running
from tests.store.contract.make import NOW
from tests.store.template import new_database

PRODUCTS = 40


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    new_database(tmp_path / "relay.db")
    with closing(SqliteStore(tmp_path / "relay.db")) as made:
        yield made


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[Relay]:
    with running(tmp_path / "relay.db") as relay:
        yield relay


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def registry(store: ConnectionStore) -> ConnectionRegistry:
    """It reads the store at every question, as it does in the worker from second to second."""
    loader = ConnectionLoader(Http(), Vault([]), None)  # type: ignore[arg-type]  # nothing is sealed here
    seconds: Callable[[], float] = itertools.count(step=2).__next__
    return ConnectionRegistry(store, {}, loader, seconds)


def test_checking_new_products_keeps_no_descriptors(store: SqliteStore) -> None:
    connections = registry(store)

    def shopfronts() -> dict[str, NewProductSettings]:
        connections.loaded()
        return {"shop": NewProductSettings("A slow turn", 5, lambda _id, _now: "https://cdn.test/a.jpg")}

    duty = NewProducts(
        store,
        shopfronts,
        lambda e: read_product(e.body, e.webhook_id, e.shop),
        account="key",
        limits=QueueLimits,
    )

    def check(number: int) -> None:
        body = json.dumps({"id": number, "title": f"Mug {number}", "variants": []}).encode()
        store.keep_shop_event(ShopEvent("shop", f"w{number}", "products/create", "shop", NOW + number, body))
        duty(NOW + number)
        assert duty._thread is not None
        duty._thread.join(10)

    check(1)
    before = open_descriptors()
    for number in range(2, 2 + PRODUCTS):
        check(number)
    assert len(store.jobs(limit=100)) == 1 + PRODUCTS
    assert {job.source for job in store.jobs(limit=100)} == {Source.SHOP}
    assert open_descriptors() <= before


@pytest.mark.heavy
def test_confirming_unsigned_webhooks_keeps_no_descriptors(relay: Relay) -> None:
    connections = registry(relay.store)

    def route(results: Any, now: int) -> Any:
        return routing.route(results, connections.connections(), now=now)

    relay.duty._route = route

    def confirm() -> None:
        made = relay.vendor.create_with_webhook()
        relay.vendor.pass_time(150)
        (came,) = [each for each in relay.sandbox.received("relay") if made in each.body][-1:]
        relay.take(came.body.encode())
        relay.pass_time()
        assert relay.held == 0

    confirm()
    before = open_descriptors()
    for _ in range(PRODUCTS - 1):
        confirm()
    assert len(relay.store.events(limit=100)) == PRODUCTS
    assert open_descriptors() <= before
