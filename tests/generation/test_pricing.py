"""Prices are asked for sparingly, within the limits of the jobs, and a typical one is always there."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from responses import RequestsMock

from relay.creativeai import CreativeAI
from relay.generation.create_job import new_job
from relay.generation.kinds import kind
from relay.generation.pricing import Prices
from relay.models.job import Source
from relay.models.queue import QueueLimits
from relay.store.sqlite.store import SqliteStore
from tests.creativeai.calls import API, NOW
from tests.generation.inputs import job_input
from tests.store.template import new_database

VOICE = kind("voice")
LIMITS = QueueLimits(requests_per_minute=10)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    new_database(tmp_path / "relay.db")
    with closing(SqliteStore(tmp_path / "relay.db", busy_seconds=0.1)) as store:
        store.migrate()
        yield store


def prices(client: CreativeAI | None, store: SqliteStore) -> Prices:
    return Prices(client, store, account="key", limits=lambda: LIMITS)


def test_at_most_a_fifth_of_the_requests_a_minute_goes_into_prices(
    client: CreativeAI, store: SqliteStore, net: RequestsMock
) -> None:
    net.post(f"{API}/api/v1/model/calculate", json={"credits": 7})
    sources = [prices(client, store).price(VOICE, job_input("voice"), NOW + each).source for each in range(3)]
    assert sources == ["calculated", "calculated", "typical"]
    assert len(net.calls) == 2
    assert prices(client, store).price(VOICE, job_input("voice"), NOW + 70_000).source == "calculated"


def test_without_room_beside_the_jobs_the_typical_price_is_told_and_nobody_asked(
    client: CreativeAI, store: SqliteStore
) -> None:
    store.create_jobs([new_job("voice", {"text": "Hello."}, source=Source.API)] * 10, now=NOW)
    for _ in range(10):
        assert store.claim_call("key", LIMITS, now=NOW, lease_until=NOW + 1000)
    told = prices(client, store).price(VOICE, job_input("voice"), NOW)
    assert (told.source, "typical" in told.summary) == ("typical", True)


def test_without_a_key_the_typical_price_is_told(store: SqliteStore) -> None:
    assert prices(None, store).price(VOICE, job_input("voice"), NOW).credits == 8
