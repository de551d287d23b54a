"""A relay that holds unsigned webhooks and asks the sandbox about them, at the sandbox's time."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from relay.creativeai import CreativeAI
from relay.generation.confirm_unsigned import Confirmation
from relay.http.client import Http
from relay.intake import events, routing, unsigned
from relay.models.connection import Route
from relay.models.core import Result, RoutedResult
from relay.models.queue import QueueLimits
from relay.store.sqlite.store import SqliteStore
from sandbox import API_KEY as KEY
from sandbox import Config, Sandbox, serve
from tests.sandbox.client import Client, Clock
from tests.store.template import new_database
from tests.wire import generation

SHEET = Route("sheet", "sheets", "sheet:1")
ACCOUNT = "key"


def route(results: Sequence[Result], now: int) -> tuple[RoutedResult, ...]:
    return routing.route(results, [SHEET], now=now)


@contextmanager
def running(path: Path) -> Iterator["Relay"]:
    """With a sandbox of its own, which signs nothing, and a caller there who is not the relay."""
    clock = Clock()
    sandbox = serve(config=Config(clock=clock, signing_secret=""))
    relay = Relay(path, sandbox, clock)
    yield relay
    relay.store.close()
    relay.vendor.session.close()
    sandbox.stop()


class Relay:
    """Its store, and the duty that confirms, at the sandbox's time."""

    def __init__(self, path: Path, sandbox: Sandbox, clock: Clock, key: str = KEY) -> None:
        self.path, self.sandbox, self.clock, self.key = path, sandbox, clock, key
        self.vendor = Client(sandbox, clock)
        self.open()

    def open(self) -> None:
        new_database(self.path)
        self.store = SqliteStore(self.path)
        self.store.migrate()
        http = Http(origin_map={"https://api.creativeai.run": self.sandbox.url})
        client = CreativeAI(self.key, http, events.parse)
        limits = QueueLimits(requests_per_minute=10)
        self.duty = Confirmation(self.store, client, route, account=ACCOUNT, limits=lambda: limits)

    @property
    def now(self) -> int:
        return round(self.clock.now * 1000)

    def take(
        self, body: bytes, headers: Mapping[str, str] | None = None, query: str = "", address: str = ""
    ) -> None:
        """An unsigned webhook comes in."""
        unsigned.hold_webhook(
            body, headers or {}, label="", query=query, now=self.now, store=self.store, address=address
        )

    def forge(self, generation_id: str, query: str = "", address: str = "", **fields: Any) -> None:
        self.take(json.dumps(generation(generation_id, **fields)).encode(), query=query, address=address)

    def take_all(self, query: str = "", address: str = "") -> None:
        """What the sandbox posted to the inbox, none of it signed."""
        for item in self.sandbox.received("relay"):
            headers = {name.lower(): value for name, value in item.headers.items()}
            assert "x-creativeai-signature" not in headers
            kept = {name: headers[name] for name in headers if name.startswith("x-creativeai")}
            self.take(item.body.encode(), kept, query, address)

    def pass_time(self, seconds: float = 6) -> None:
        """Some seconds later, one round of the loop, and all that it does."""
        self.clock.now += seconds
        self.duty(self.now)
        if self.duty._thread is not None:
            self.duty._thread.join(10)
            assert not self.duty._thread.is_alive()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.store._engine.read() as db:
            return [tuple(row) for row in db.execute(query)]

    @property
    def held(self) -> int:
        return int(self.rows("select count(*) from unsigned_event")[0][0])

    @property
    def looks(self) -> int:
        return int(self.rows("select count(*) from vendor_call")[0][0])

    @property
    def claimed(self) -> list[tuple[str, str]]:
        found = self.store.deliveries(limit=100)
        return sorted((each.generation_id, each.result_status) for each in found)
