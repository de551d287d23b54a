"""The front on a port of its own, with limits of a test's choice, in a thread of this process."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from relay.front.limits import Limits
from relay.front.server import Direct, Server
from relay.front.wsgi import App

OnLoop = Callable[[Callable[[], None]], object]


@dataclass(frozen=True, slots=True)
class Front:
    port: int
    server: Server
    stop: Callable[[], None]  # as SIGTERM does; returns when it has ended


@contextlib.contextmanager
def front(
    app: App, make_direct: Callable[[ThreadPoolExecutor, OnLoop], Direct], limits: Limits | None = None
) -> Iterator[Front]:
    """`make_direct` gets the pool and what runs something on the loop."""
    limits = limits or Limits()
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    started = threading.Event()
    found: list[Server] = []

    async def run() -> None:
        with ThreadPoolExecutor(limits.threads) as pool:
            direct = make_direct(pool, asyncio.get_running_loop().call_soon_threadsafe)
            found.append(Server(app, direct, limits, pool))
            started.set()
            await found[0].run(listener)

    thread = threading.Thread(target=asyncio.run, args=(run(),), name="front")
    thread.start()
    assert started.wait(30)

    def stop() -> None:
        found[0].stop()
        thread.join(60)
        assert not thread.is_alive()

    try:
        yield Front(listener.getsockname()[1], found[0], stop)
    finally:
        stop()
