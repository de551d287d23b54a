"""A destination that a test plays itself: a connector in the terms of the contract, answering as told."""

import dataclasses
import threading
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import SecretStr

from connectors.base import CheckResult, Connector, Done, Files, Memory, NotYet, Options, Pace
from connectors.webhook.connector import Webhook, WebhookOptions
from relay.delivery.attempt import Destination, secret_values
from relay.http.client import Http
from relay.models.connection import Route
from relay.models.core import Result
from tests.connectors.files import NoFiles

Deliver = Callable[["Played", Result, Memory], Done | NotYet]


def no_files(*_: object) -> Files:
    return NoFiles()


class PlayedOptions(Options):
    name: str = "sheet"
    token: SecretStr | None = None


class Played(Connector):
    """Calls `act` in the place of a service. `keys` are those it was given, in order."""

    kind = "played"
    Options = PlayedOptions
    pace = Pace()

    def __init__(self, options: PlayedOptions, act: Deliver) -> None:
        self._options = options
        self._act = act
        self.keys: list[str] = []
        self.seen: list[str] = []
        self.called = threading.Semaphore(0)

    @property
    def target(self) -> str:
        return f"played:{self._options.name}"

    def deliver(  # noqa: PLR0917 - the contract
        self, result: Result, context: Mapping[str, Any], key: str, memory: Memory, files: Files, now: int
    ) -> Done | NotYet:
        self.keys.append(key)
        self.seen.append(result.generation_id)
        self.called.release()
        return self._act(self, result, memory)

    def check(self) -> CheckResult:
        return CheckResult(True, "It is there.")

    def test(self, key: str, now: int) -> CheckResult:
        return CheckResult(True, "It works.")

    def remove_test(self, written: Mapping[str, str]) -> CheckResult:
        return CheckResult(True, "It is gone.")


def played(
    act: Deliver = lambda connector, result, memory: Done(),
    *,
    name: str = "sheet",
    token: str | None = None,
    **connection: Any,
) -> tuple[Played, Destination]:
    options = PlayedOptions(name=name, token=SecretStr(token) if token else None)
    connector = Played(options, act)
    return connector, _destination(name, connector, options, connection)


def webhook(http: Http, url: str, *, name: str = "webhook", **connection: Any) -> Destination:
    """The real webhook connector, wired as the app wires it."""
    options = WebhookOptions(url=SecretStr(url))
    return _destination(name, Webhook(options, http), options, connection)


def _destination(
    name: str, connector: Connector, options: Options, changes: Mapping[str, Any]
) -> Destination:
    plain = Route(name, connector.kind, connector.target, concurrency=connector.pace.concurrency)
    return Destination(dataclasses.replace(plain, **changes), connector, secret_values(options))
