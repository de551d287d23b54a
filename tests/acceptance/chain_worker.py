"""A queue's worker as a process of its own, in fast time, that can kill itself at a call of its store."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from relay.creativeai import CreativeAI
from relay.generation import pipeline
from relay.generation.worker import QueueWorker
from relay.http.client import Http
from relay.intake import events
from relay.intake.routing import route
from relay.models.connection import Route
from relay.models.queue import QueueLimits, StatusPoll
from relay.store.sqlite.store import SqliteStore
from sandbox import API_KEY

FASTER = 10
SHEET = Route("sheet", "sheets", "sheet:1")


def fast_clock(began: float) -> Callable[[], int]:
    """The same in every process that knows when it began."""
    return lambda: round((began + (time.time() - began) * FASTER) * 1000)


def strike_at(store: SqliteStore, method: str, moment: str, nth: int) -> None:
    """Calls that only look, or find nothing to do, do not count."""
    real = getattr(store, method)
    count = 0

    def struck(*given: Any, **named: Any) -> Any:
        nonlocal count
        if moment == "before":
            count += 1
            if count == nth:
                os.kill(os.getpid(), signal.SIGKILL)
        answer = real(*given, **named)
        if moment == "after" and answer and not isinstance(answer, StatusPoll):
            count += 1
            if count == nth:
                os.kill(os.getpid(), signal.SIGKILL)
        return answer

    setattr(store, method, struck)


def main(database: str, sandbox: str, began: str, videos: str = "100", *aim: str) -> None:
    """`aim`: at which call of the store it dies: its name, before or after it, and which one of them."""
    store = SqliteStore(Path(database))
    if aim:
        method, moment, nth = aim
        strike_at(store, method, moment, int(nth))
    client = CreativeAI(API_KEY, Http(origin_map={"https://api.creativeai.run": sandbox}), events.parse)
    plenty = 1_000_000
    queue = QueueWorker(
        store,
        client,
        lambda results, now: route(results, [SHEET], now=now),
        account="key",
        limits=lambda: QueueLimits(plenty, plenty, plenty, int(videos), plenty),
        duties=[lambda now: pipeline.advance(store, now)],
        clock=fast_clock(float(began)),
        longest_sleep=0.05,
    )
    signal.signal(signal.SIGTERM, lambda *_: queue.stop())
    queue.run()
