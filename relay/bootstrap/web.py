"""The web process: gunicorn's master, which keeps one worker of ours alive. That one answers webhooks on its
loop, and everything else with the Flask app, on threads.

The master is there for what it has done for years: it starts the worker again when it dies, and ends it when
its loop has stood still. It never reads a request.
"""

import asyncio
import faulthandler
import os
import random
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.workers.base import Worker

from relay.bootstrap.app import create_app, make_receiver, share
from relay.bootstrap.configuration import Configuration
from relay.bootstrap.store import make_store
from relay.front.limits import Limits, of_this_machine
from relay.front.server import BACKLOG, Server, stop_on_signals
from relay.intake.accept_queue import AcceptQueue
from relay.store.contract.core import Store

GRACE_SECONDS = 24  # for the worker to finish; then the master kills it, a second before its own end
_HANGING_SECONDS = 60
_BEAT_SECONDS = 1.0


def serve(configuration: Configuration, listener: socket.socket, on_start: Callable[[], None]) -> None:
    """Until SIGTERM or SIGINT, and then the process exits. `on_start` is called in each worker."""
    _Gunicorn(configuration, _options(listener.detach(), on_start)).run()


def _options(listener: int, on_start: Callable[[], None]) -> dict[str, Any]:
    """One worker, whatever WEB_CONCURRENCY says: SQLite has one writer, and threads share it well."""
    return {
        "bind": f"fd://{listener}",
        "backlog": BACKLOG,
        "workers": 1,
        "worker_class": FrontWorker,
        "timeout": _HANGING_SECONDS,
        "graceful_timeout": GRACE_SECONDS,
        "control_socket_disable": True,
        "loglevel": "warning",
        "proc_name": "relay",
        "post_worker_init": lambda _worker: on_start(),
    }


class _Gunicorn(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    def __init__(self, configuration: Configuration, options: dict[str, Any]) -> None:
        self.configuration = configuration
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)


class FrontWorker(Worker):  # type: ignore[misc]  # as above
    """`relay/front` as a worker of gunicorn."""

    def load_wsgi(self) -> None:
        """The app is made on the loop, where its server is."""

    def init_signals(self) -> None:
        """SIGABRT comes when the loop has hung. Where it hung is written down even if Python cannot go on."""
        super().init_signals()
        faulthandler.enable()

    def handle_abort(self, _signal: int, _frame: FrameType | None) -> None:
        os._exit(1)  # nobody waits for threads that may hang as well

    def run(self) -> None:
        _stay_on_one_core()
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        configuration = self.app.configuration
        store = make_store(configuration.settings)
        server, stop_writing = make_server(configuration, store, of_this_machine())
        stop_on_signals(server)
        beat = asyncio.create_task(self._beat(server))
        await server.run(self.sockets[0].sock)
        stop_writing()
        store.close()
        beat.cancel()

    async def _beat(self, server: Server) -> None:
        """Tells the master that the loop turns. A worker whose master has died makes room for the next."""
        while True:
            self.notify()
            if os.getppid() != self.ppid:
                server.stop()
            await asyncio.sleep(_BEAT_SECONDS)


def make_server(
    configuration: Configuration, store: Store, limits: Limits
) -> tuple[Server, Callable[[], None]]:
    """For the running loop. Call the function after the server has ended: it writes what still waits."""
    pool = ThreadPoolExecutor(limits.threads, thread_name_prefix="app")
    loop = asyncio.get_running_loop()
    queue = AcceptQueue(store, loop.call_soon_threadsafe, loop.call_soon_threadsafe)
    shared = share(configuration, store)
    app = create_app(configuration, store, shared)
    receiver = make_receiver(
        configuration, store, shared, queue, pool=pool, on_loop=loop.call_soon_threadsafe
    )

    def stop_writing() -> None:
        queue.stop()
        shared.refusals.stop()

    return Server(app.wsgi_app, receiver, limits, pool), stop_writing


def _stay_on_one_core() -> None:
    """One thread of an interpreter runs at a time, and switching between cores costs time.

    docs/decisions/0021-the-front.md has the measurements.
    """
    if hasattr(os, "sched_setaffinity"):  # Linux
        core = random.choice(sorted(os.sched_getaffinity(0)))  # noqa: S311 - spreads load, guards nothing
        os.sched_setaffinity(0, {core})
