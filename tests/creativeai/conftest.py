"""A client whose calls end at `responses`."""

from collections.abc import Iterator

import pytest
from responses import RequestsMock

from relay.creativeai import CreativeAI
from tests.creativeai.calls import client_of


@pytest.fixture
def net() -> Iterator[RequestsMock]:
    with RequestsMock() as net:
        yield net


@pytest.fixture
def client() -> CreativeAI:
    return client_of()
