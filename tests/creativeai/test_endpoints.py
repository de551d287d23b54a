"""The vendor's reference, the client and the sandbox have the same endpoints."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask

from relay.creativeai import called_by
from sandbox.app import create_sandbox
from sandbox.config import Config
from sandbox.creativeai.vendor import Vendor
from sandbox.creativeai.webhooks import Webhooks
from sandbox.inboxes import Inboxes
from sandbox.scheduler import Schedule
from tests.reference.creativeai import endpoints


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


@pytest.mark.parametrize(("method", "path"), sorted(endpoints()))
def test_the_sandbox_has_a_route_for_each_endpoint_of_the_reference(
    sandbox: Flask, method: str, path: str
) -> None:
    routes = {(verb, gaps(rule.rule)) for rule in sandbox.url_map.iter_rules() for verb in rule.methods or ()}
    assert (method, gaps(path)) in routes
