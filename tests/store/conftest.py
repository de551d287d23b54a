"""Two handles to one store, of whichever engine the test's class opens."""

from typing import TYPE_CHECKING

import pytest

from relay.store.contract.core import Store
from tests.store.contract import OpenStore

if TYPE_CHECKING:
    from tests import postgres


@pytest.fixture(scope="module")
def _database(postgres_server: "postgres.Server") -> str:
    from tests import postgres

    return postgres.new_database(postgres_server)


@pytest.fixture
def postgres_url(_database: str) -> str:
    """A migrated database with nothing in it."""
    from tests import postgres

    postgres.empty(_database)
    return _database


@pytest.fixture
def store(open_store: OpenStore) -> Store:
    return open_store()


@pytest.fixture
def second(open_store: OpenStore, store: Store) -> Store:
    """Another handle to the same store, as another process has."""
    return open_store()
