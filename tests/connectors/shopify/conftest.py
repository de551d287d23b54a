"""Stores of the sandbox's Shopify, stopped when their test ends."""

from collections.abc import Iterator

import pytest

from tests.connectors.shopify.store import StartStore, Store


@pytest.fixture
def start_store() -> Iterator[StartStore]:
    started: list[Store] = []

    def start(**settings: object) -> Store:
        started.append(Store(**settings))
        return started[-1]

    yield start
    for store in started:
        store.close()


@pytest.fixture
def store(start_store: StartStore) -> Store:
    return start_store()
