"""The server: one loop, its connections, the memory and the threads that they share, and how it stops."""

import asyncio
import logging
import signal
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from typing import Protocol

from relay.front import message
from relay.front.connection import Connection
from relay.front.incoming import Incoming
from relay.front.limits import Limits
from relay.front.message import Answer, Request
from relay.front.wsgi import App, Environ, Exchange

log = logging.getLogger(__name__)

BACKLOG = 2048
_BUSY = "The relay is busy. Try again in a moment."
_RETRY_AFTER = ("Retry-After", "2")


class Direct(Protocol):
    """What is answered on the loop, without the app."""

    @property
    def too_large(self) -> Answer:
        """For a body beyond `Limits.body_bytes`, which is not read."""
        ...

    def wants(self, path: str) -> bool: ...

    def __call__(self, request: Request, reply: Callable[[Answer], None]) -> None:
        """Must not wait. `reply` is called once, on the loop, now or later."""
        ...


class Server:
    """Serves one listening socket. All but `call_on_loop` and `stop` is for the loop."""

    def __init__(self, app: App, direct: Direct, limits: Limits, pool: ThreadPoolExecutor) -> None:
        self.limits, self.direct = limits, direct
        self.closing = False
        self.date = b""
        self.now = 0.0  # seconds of the loop's clock, at the last check
        self.address = ("", 0)
        self._app, self._pool = app, pool
        self._connections: set[Connection] = set()
        self._idle: dict[Connection, None] = {}  # without a request; the longest idle first
        self._bodies: dict[Connection, None] = {}  # with half a body; the longest on its way first
        self._held = 0  # bytes of bodies
        self._in_app = self._uploads = 0
        self._stopping = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    async def run(self, listener: socket.socket) -> None:
        """Until `stop`; then what is in hand is finished, for as long as the grace allows."""
        self.address = listener.getsockname()[:2]
        self._tick()
        server = await self._loop.create_server(lambda: Connection(self), sock=listener, backlog=BACKLOG)
        checking = asyncio.ensure_future(self._check())
        await self._stopping.wait()
        self.closing = True
        server.close()
        for each in list(self._connections):
            each.end_when_idle()
        end = self._loop.time() + self.limits.grace_seconds
        while self._connections and self._loop.time() < end:
            await asyncio.sleep(0.05)
        checking.cancel()
        for each in list(self._connections):
            each.abort()
        await asyncio.sleep(0)  # they notice

    def stop(self) -> None:
        """Safe from any thread, and more than once."""
        self.call_on_loop(self._stopping.set)

    def call_on_loop(self, work: Callable[[], object]) -> None:
        try:
            self._loop.call_soon_threadsafe(work)
        except RuntimeError:  # the loop has ended, and with it whoever waited
            log.debug("came after the end")

    async def _check(self) -> None:
        while True:
            await asyncio.sleep(min(1.0, self.limits.request_seconds / 10))
            self._tick()
            for each in list(self._connections):
                each.check(self.now)

    def _tick(self) -> None:
        self.now = self._loop.time()
        self.date = formatdate(usegmt=True).encode()

    # ---- connections

    def opened(self, connection: Connection) -> None:
        """Beyond the limit the one that has been idle for the longest time makes room for the new one, or
        else the one whose body has been on its way for the longest."""
        if len(self._connections) >= self.limits.connections:
            slowest = next(iter(self._idle or self._bodies or (connection,)))
            self._idle.pop(slowest, None)
            self._bodies.pop(slowest, None)
            slowest.close()
        self._connections.add(connection)
        self._idle[connection] = None

    def closed(self, connection: Connection) -> None:
        self._connections.discard(connection)
        self._idle.pop(connection, None)
        self._bodies.pop(connection, None)

    def is_idle(self, connection: Connection) -> None:
        self._idle[connection] = None

    def is_busy(self, connection: Connection) -> None:
        """It has sent a whole head; until then it is as good as idle."""
        self._idle.pop(connection, None)
        self._bodies[connection] = None

    # ---- memory

    def hold_body(self, connection: Connection, size: int) -> bool:
        """False: there is no memory for it, and it is itself the one that must make room."""
        self._held += size
        if self._held <= self.limits.memory_bytes:
            return True
        slowest = next(iter(self._bodies))
        if slowest is not connection:
            slowest.make_room()
        return slowest is not connection

    def body_is_whole(self, connection: Connection) -> None:
        self._bodies.pop(connection, None)

    def release(self, size: int) -> None:
        self._held -= size

    # ---- the app

    def enter_app(self, received: Incoming) -> Answer | None:
        """An answer: there is no place for it."""
        full = self._in_app >= self.limits.waiting
        if received.stream:
            full = full or self._uploads >= self.limits.uploads
        if full:
            return message.error(503, _BUSY, _RETRY_AFTER)
        self._in_app += 1
        self._uploads += received.stream is not None
        received.entered_app()
        return None

    def leave_app(self, received: Incoming) -> None:
        self._in_app -= 1
        self._uploads -= received.stream is not None

    def run_app(self, environ: Environ, client: Connection) -> Exchange:
        exchange = Exchange(self._app, environ, client, self._pool, self.call_on_loop)
        exchange.start()
        return exchange


def stop_on_signals(server: Server) -> None:
    """On SIGQUIT too, which gunicorn's master makes of a SIGINT: what is in hand is finished all the same."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        loop.add_signal_handler(number, server.stop)
