"""A sandbox's Slack for the connector, a process that is killed at a point, and a worker's patience."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import requests

import connectors
from connectors.base import Connector, Done
from relay.errors import RemoteError
from relay.http.client import Http
from relay.models.core import Result
from sandbox import Config, Sandbox, serve
from tests.connectors.contract import CONTEXT, VIDEO, Kept
from tests.connectors.files import NoFiles
from tests.sandbox.client import Clock

BLIND = "xoxb-without-history"
CHANNEL = "C0SANDBOX"


@dataclass
class Slack:
    """A sandbox, its clock, and what its channel shows."""

    sandbox: Sandbox
    clock: Clock
    http: Http

    def connector(self, token: str = "xoxb-sandbox") -> Connector:
        kind = connectors.connector("slack")
        return kind(kind.Options.model_validate({"bot_token": token, "channel": CHANNEL}), self.http)

    def order(self, what: str, **asked: Any) -> None:
        answer = requests.post(f"{self.sandbox.url}/sandbox/slack/{what}", json=asked, timeout=5)
        assert answer.status_code == 202, answer.text

    def messages(self) -> list[dict[str, Any]]:
        """The channel's, each with its `replies`."""
        seen = requests.get(f"{self.sandbox.url}/sandbox/slack", timeout=5).json()["channels"][0]
        return list(seen["messages"])

    def keys(self) -> list[str]:
        return [key_of(message) for message in self.messages()]


def key_of(message: dict[str, Any]) -> str:
    return str(message["metadata"]["event_payload"]["key"])


@contextmanager
def running(**settings: Any) -> Iterator[Slack]:
    clock = Clock()
    sandbox = serve(config=Config(**{"clock": clock, "paced": False, **settings}))
    http = Http(origin_map={"https://slack.com": sandbox.url})
    try:
        yield Slack(sandbox, clock, http)
    finally:
        http.close()
        sandbox.stop()


class Killed(BaseException):
    """The process ends here."""


class Dying(Kept):
    """A memory in a process that is killed at a certain point: before its nth save, or right after it."""

    point = -1

    def save(self) -> None:
        for step in (lambda: None, super().save):
            step()
            self.point -= 1
            if self.point == 0:
                raise Killed


def dying(memory: Kept, point: int) -> Dying:
    made = Dying(memory.saved, memory.saved_batch)
    made.point = point
    return made


def bring(slack: Slack, connector: Connector, result: Result, memory: Kept) -> tuple[Done, Kept]:
    """As the worker does: again and again from what was saved, until it is done."""
    for _ in range(60):
        now = round(slack.clock.now * 1000)
        try:
            ended = connector.deliver(
                result, CONTEXT, f"{result.generation_id}/{result.status}", memory, NoFiles(), now
            )
        except RemoteError as error:
            if error.whose != "transient":
                raise
            slack.clock.now += max(5.0, error.retry_after or 0)
        else:
            if isinstance(ended, Done):
                return ended, memory.after_crash()
            slack.clock.now += ended.after
        memory = memory.after_crash()
    raise AssertionError("it was not delivered")


def numbered(count: int, result: Result = VIDEO) -> list[Result]:
    return [replace(result, generation_id=f"vgen_{number}") for number in range(count)]
