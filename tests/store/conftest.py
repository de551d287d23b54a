"""Two handles to one store, of whichever engine the test's class opens."""

import pytest

from relay.store.contract.core import Store
from tests.store.contract import OpenStore


@pytest.fixture
def store(open_store: OpenStore) -> Store:
    return open_store()


@pytest.fixture
def second(open_store: OpenStore, store: Store) -> Store:
    """Another handle to the same store, as another process has."""
    return open_store()
