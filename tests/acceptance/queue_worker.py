"""A queue as a process of its own, in fast time, to be killed."""

import signal
import time
from collections.abc import Callable
from pathlib import Path

from relay.creativeai import CreativeAI
from relay.generation.worker import QueueWorker
from relay.http.client import Http
from relay.intake import events
from relay.intake.routing import route
from relay.models.connection import Route
from relay.models.core import ResultStatus
from relay.models.queue import QueueLimits
from relay.store.contract.core import Store
from relay.store.sqlite.store import SqliteStore
from sandbox import API_KEY

FASTER = 60
SHEET = Route("sheet", "sheets", "sheet:1", statuses=frozenset(ResultStatus))
LEASE_SECONDS = 2  # of ours


def fast(began: float, faster: float = FASTER) -> Callable[[], float]:
    """Seconds since 1970, the same in every process that knows when it began."""
    return lambda: began + (time.time() - began) * faster


def make_queue(
    store: Store,
    http: Http,
    began: float,
    *,
    limits: QueueLimits,
    public_url: str = "",
    faster: float = FASTER,
) -> QueueWorker:
    now = fast(began, faster)
    return QueueWorker(
        store,
        CreativeAI(API_KEY, http, events.parse),
        lambda results, at: route(results, [SHEET], now=at),
        account="key",
        limits=lambda: limits,
        public_url=public_url,
        clock=lambda: round(now() * 1000),
        lease_ms=round(LEASE_SECONDS * faster * 1000),
        longest_sleep=0.02,
    )


def main(database: str, sandbox: str, relay: str, began: str, faster: str = str(FASTER)) -> None:
    http = Http(origin_map={"https://api.creativeai.run": sandbox})
    queue = make_queue(
        SqliteStore(Path(database)),
        http,
        float(began),
        limits=QueueLimits(100),
        public_url=relay,
        faster=float(faster),
    )
    signal.signal(signal.SIGTERM, lambda *_: queue.stop())
    queue.run()
