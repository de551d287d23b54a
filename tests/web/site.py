"""The relay's Flask app over a real database, and what a vendor or a person sends it."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from sqlite3 import connect
from typing import Any

from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.test import TestResponse

from relay.bootstrap.app import create_app, share
from relay.bootstrap.configuration import configure
from relay.bootstrap.store import make_store
from relay.models.connection import Route
from relay.models.delivery import DeliveryStatus, Outcome, Settlement
from relay.store.sqlite.store import SqliteStore
from tests.store.template import new_database
from tests.web.in_process import WebhooksOrApp
from tests.wire import SECRET, sign

PATH = "/webhooks/creativeai"
N8N = {"WEBHOOK_URL": "https://n8n.example.com/webhook/x"}
THEN = 1_772_000_000_000  # 2026-02-25 06:13:20 UTC
_ONE_AT_A_TIME = Route(name="webhook", kind="webhook", target="t", concurrency=1)
PASSWORD = "correct horse battery staple"


class _Compiled(BytecodeCache):
    """Templates compiled for one site serve the next: each has an environment of its own."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


_compiled = _Compiled()


class Site:
    """One app. Its busy time-out is short; `connections` are the database's own, for real faults."""

    def __init__(self, data_dir: Path, *, migrate: bool = True, **environ: str) -> None:
        given = {"DATA_DIR": str(data_dir), "CREATIVEAI_WEBHOOK_SECRET": SECRET, "ADMIN_PASSWORD": PASSWORD}
        given["ARCHIVE"] = "off"  # most tests speak of links that nobody serves
        configuration = configure(given | environ)
        self.database = configuration.settings.database_path
        url = configuration.settings.postgres_url
        if migrate and not url:
            new_database(self.database)
        self.store: Any = make_store(configuration.settings) if url else SqliteStore(self.database, 0.1)
        if migrate:
            self.store.migrate()
        self.shared = shared = share(configuration, self.store)
        self.app = create_app(configuration, self.store, shared)
        self._front = WebhooksOrApp(self.app.wsgi_app, configuration, self.store, shared)
        self.app.wsgi_app = self._front  # type: ignore[method-assign, assignment]
        self.app.jinja_env.bytecode_cache = _compiled
        self.client = self.app.test_client()

    def close(self) -> None:
        self._front.close()
        self.shared.refusals.stop()
        self.store.close()

    def post(
        self,
        body: bytes | Mapping[str, Any],
        *,
        secret: str | None = SECRET,
        path: str = PATH,
        headers: Mapping[str, str] | None = None,
    ) -> TestResponse:
        """Signed unless `secret` is None. The headers given win."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        signed = {} if secret is None else {"X-CreativeAI-Signature": sign(raw, secret)}
        return self.client.post(
            path, data=raw, headers={"Content-Type": "application/json"} | signed | dict(headers or {})
        )

    def sign_in(self, password: str = PASSWORD) -> TestResponse:
        return self.client.post("/login", data={"password": password})

    def page(self, path: str = "/") -> TestResponse:
        """As somebody who is signed in sees it."""
        self.sign_in()
        return self.client.get(path)

    def deliver(
        self, *, note: str = "", link: str = "", answer: str = "", outcome: Outcome = Outcome.DONE
    ) -> str:
        """What a worker does with the first delivery that is due; its id."""
        now = time.time_ns() // 1_000_000
        (claimed,) = self.store.claim([_ONE_AT_A_TIME], now=now + 1, lease_until=now + 1000).deliveries
        status = {Outcome.DONE: DeliveryStatus.DELIVERED, Outcome.FAILED: DeliveryStatus.FAILED}
        settled = Settlement(
            delivery_id=claimed.delivery_id,
            connection="webhook",
            token=claimed.token,
            outcome=outcome,
            status=status.get(outcome, DeliveryStatus.RETRYING),
            started_at=THEN,
            milliseconds=5,
            message=note,
            link=link,
            answer=answer,
            due_at=None if outcome in status else THEN + 60_000,
        )
        assert self.store.settle([settled]) == []
        return claimed.delivery_id

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with connect(self.database) as database:
            found = database.execute(query, values).fetchall()
        database.close()
        return found

    def count(self, table: str) -> int:
        return int(self.rows(f"select count(*) from {table}")[0][0])

    def deliveries(self) -> list[tuple[str, str, str]]:
        """(generation, its result's status, the delivery's status), in the order of the alphabet."""
        return self.rows(
            "select d.generation_id, r.status, d.status from delivery d join result r on r.id = d.result_id"
            " order by d.generation_id, r.status"
        )
