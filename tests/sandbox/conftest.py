"""A sandbox on a free port, its clock moved by hand, and a client of it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sandbox import Config, Sandbox, serve
from tests.sandbox.client import Client, Clock

StartSandbox = Callable[..., Sandbox]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def start(clock: Clock) -> Iterator[StartSandbox]:
    """Starts sandboxes with a configuration of their own."""
    started = []

    def start_one(**settings: Any) -> Sandbox:
        started.append(serve(config=Config(**{"clock": clock, **settings})))
        return started[-1]

    yield start_one
    for sandbox in started:
        sandbox.stop()


@pytest.fixture
def connect(clock: Clock) -> Iterator[Callable[..., Client]]:
    clients = []

    def connect_one(sandbox: Sandbox, **settings: Any) -> Client:
        clients.append(Client(sandbox, clock, **settings))
        return clients[-1]

    yield connect_one
    for client in clients:
        client.session.close()


@pytest.fixture
def sandbox(start: StartSandbox) -> Sandbox:
    return start()


@pytest.fixture
def client(sandbox: Sandbox, connect: Callable[..., Client]) -> Client:
    return connect(sandbox)
