"""The web process: webhooks on the loop, everything else in the Flask app, on threads."""

import asyncio
import faulthandler
import os
import random
import socket
from concurrent.futures import ThreadPoolExecutor

from relay.bootstrap.app import Configuration, create_app, make_receiver, share
from relay.bootstrap.store import make_store
from relay.front.limits import Limits, of_this_machine
from relay.front.server import Server, stop_on_signals
from relay.intake.accept_queue import AcceptQueue
from relay.store.contract.core import Store

_HANGING_SECONDS = 60


def serve(configuration: Configuration, listener: socket.socket) -> int:
    """Until SIGTERM or SIGINT. The exit code."""
    stay_on_one_core()
    asyncio.run(_serve(configuration, listener))
    return 0


async def _serve(configuration: Configuration, listener: socket.socket) -> None:
    store = make_store(configuration.settings)
    server, queue = make_server(configuration, store, of_this_machine())
    stop_on_signals(server)
    watch = asyncio.create_task(_end_a_loop_that_hangs())
    await server.run(listener)
    watch.cancel()
    faulthandler.cancel_dump_traceback_later()
    queue.stop()
    store.close()


async def _end_a_loop_that_hangs() -> None:
    """A process whose loop stands still serves nobody. This one says where it stood, and is started again."""
    while True:
        faulthandler.dump_traceback_later(_HANGING_SECONDS, exit=True)
        await asyncio.sleep(_HANGING_SECONDS / 10)


def make_server(configuration: Configuration, store: Store, limits: Limits) -> tuple[Server, AcceptQueue]:
    """For the running loop. Stop the queue after the server."""
    pool = ThreadPoolExecutor(limits.threads, thread_name_prefix="app")
    loop = asyncio.get_running_loop()
    queue = AcceptQueue(store, loop.call_soon_threadsafe, loop.call_soon_threadsafe)
    shared = share(configuration, store)
    app = create_app(configuration, store, shared)
    receiver = make_receiver(
        configuration, store, shared, queue, pool=pool, on_loop=loop.call_soon_threadsafe
    )
    return Server(app.wsgi_app, receiver, limits, pool), queue


def stay_on_one_core() -> None:
    """One thread of an interpreter runs at a time, and switching between cores costs time.

    docs/decisions/0021-the-front.md has the measurements.
    """
    if hasattr(os, "sched_setaffinity"):  # Linux
        core = random.choice(sorted(os.sched_getaffinity(0)))  # noqa: S311 - spreads load, guards nothing
        os.sched_setaffinity(0, {core})
