"""docs/endpoints.md, the vendor's reference, the client, the kinds and the sandbox agree."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from relay.creativeai import called_by
from relay.generation.kinds import kinds
from sandbox.app import create_sandbox
from sandbox.config import Config
from sandbox.creativeai.service import Vendor
from sandbox.creativeai.webhooks import Webhooks
from sandbox.inboxes import Inboxes
from sandbox.scheduler import Schedule
from tests.creativeai.calls import name_of
from tests.reference.creativeai import endpoints

PAGE = Path(__file__).parent.parent.parent / "docs" / "endpoints.md"
CODE = re.compile(r"`([^`]+)`")
ROWS = [
    tuple(tuple(CODE.findall(cell)) for cell in line.strip("|").split("|"))
    for line in PAGE.read_text(encoding="utf-8").splitlines()
    if line.startswith("| `")
]
TABLE = {endpoint: (methods, names, routes) for (endpoint,), methods, names, routes in ROWS}


def gaps(route: str) -> str:
    """One spelling for `{generation_id}`, `:id` and `<generation_id>`."""
    return re.sub(r"\{\w+\}|:\w+|<\w+>", "*", route)


@pytest.fixture
def sandbox() -> Iterator[Flask]:
    config = Config()
    schedules = [Schedule(config.clock, config.speed, threads=1, name=name) for name in ("renders", "sends")]
    webhooks = Webhooks(config, schedules[1])
    yield create_sandbox(config, Vendor(config, schedules[0], webhooks), webhooks, Inboxes(config.clock))
    for each in schedules:
        each.stop()
    webhooks.close()


def test_the_client_has_a_method_for_each_endpoint_of_the_reference_and_for_no_other() -> None:
    called = {(each.method, gaps(each.path)) for each in called_by()}
    assert called == {(method, gaps(path)) for method, path in endpoints()}


def test_the_page_lists_what_the_client_calls() -> None:
    methods = {
        name_of(endpoint): (f"{name.partition('.')[0].lower()}.{name.partition('.')[2]}",)
        for endpoint, name in called_by().items()
    }
    assert {endpoint: row[0] for endpoint, row in TABLE.items()} == methods


def test_the_page_lists_the_kinds_in_their_order() -> None:
    listed = {endpoint: names for endpoint, (_, names, _) in TABLE.items() if names}
    sent: dict[str, tuple[str, ...]] = {}
    for each in kinds():
        sent[name_of(each.endpoint)] = (*sent.get(name_of(each.endpoint), ()), each.name)
    assert listed == sent


@pytest.mark.parametrize("endpoint", TABLE)
def test_the_sandbox_has_the_route_that_the_page_names(sandbox: Flask, endpoint: str) -> None:
    (route,) = TABLE[endpoint][2]
    assert gaps(route) == gaps(endpoint)
    routes = {
        f"{method} {gaps(rule.rule)}"
        for rule in sandbox.url_map.iter_rules()
        for method in rule.methods or ()
    }
    assert gaps(route) in routes
