"""`relay serve`: supervises gunicorn and one worker process, and restarts one that dies.

The listening socket is this process's, so that clients wait in its backlog while the web process restarts.

Both are forked from this process after all imports, so that they share its memory. Each holds the reading
end of a pipe whose writing end only this process has: however this process ends, they notice and stop.
"""

import logging
import multiprocessing
import multiprocessing.connection
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from types import FrameType

from relay.bootstrap import findings, listening, web
from relay.bootstrap.app import (
    make_archiver,
    make_file_source,
    make_pruner,
    make_queue,
    make_registry,
    make_secrets,
    make_worker,
    prepare,
)
from relay.bootstrap.configuration import Configuration
from relay.bootstrap.store import make_store
from relay.errors import StoreBusyError

log = logging.getLogger(__name__)

GRACE_SECONDS = 25  # hosts kill 30 s after SIGTERM
_RESTART_SECONDS = 1.0

_fork = multiprocessing.get_context("fork")


def serve(configuration: Configuration) -> int:
    """Returns the exit code after SIGTERM or SIGINT, when both are down. Raises ListenError before it changes
    anything: another relay may run on this database."""
    with listening.listen(configuration.settings) as listener:
        steps = prepare(configuration)
        database = configuration.settings.database_name
        log.info("relay starts", extra={"database": database, "migrated": steps})
        _announce(configuration)
        code = _Supervisor(configuration, listener).run()
    _complete_database(configuration)
    return code


def work(configuration: Configuration) -> None:
    """`relay worker`: the worker alone, which may well be the first to start."""
    prepare(configuration)
    run_worker(configuration)
    _complete_database(configuration)


def _announce(configuration: Configuration) -> None:
    """Where the relay is, and what it lacks."""
    settings = configuration.settings
    log.info("listening", extra={"address": settings.local_url, "public_url": settings.public_url})
    store = make_store(settings)
    try:
        secrets = make_secrets(configuration, store)()
        for sentence in (*findings.no_secret(secrets), *findings.missing(settings)):
            log.warning("not set up", extra={"what": sentence})
        for risk in findings.at_risk(settings, secrets, make_registry(configuration, store).loaded()):
            log.warning("at risk", extra={"what": risk.sentence})
    finally:
        store.close()


def _complete_database(configuration: Configuration) -> None:
    """After a stop the database's file alone has everything, for whoever copies it then."""
    store = make_store(configuration.settings)
    try:
        store.checkpoint()
    except StoreBusyError as error:
        log.warning("the database is not in one file", extra={"why": str(error)})
    finally:
        store.close()


def run_worker(configuration: Configuration) -> None:
    """Until SIGTERM or SIGINT. Every loop of this process works on one store."""
    store = make_store(configuration.settings)
    source = make_file_source(configuration)
    worker = make_worker(configuration, store, source)
    optional = {
        "archive": make_archiver(configuration, store, source),
        "queue": make_queue(configuration, store),
        "pruning": make_pruner(configuration, store),
    }
    loops = {name: loop for name, loop in optional.items() if loop is not None}

    def stop(_signal: int, _frame: FrameType | None) -> None:
        for loop in (worker, *loops.values()):
            loop.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    log.info("worker starts")
    threads = [threading.Thread(target=loop.run, name=name, daemon=True) for name, loop in loops.items()]
    for thread in threads:
        thread.start()
    worker.run()
    for thread in threads:
        thread.join()


class _Supervisor:
    def __init__(self, configuration: Configuration, listener: socket.socket) -> None:
        self._configuration, self._listener = configuration, listener
        self._alive, self._held = os.pipe()
        self._children: dict[str, BaseProcess] = {}
        self._stop, self._stopping = os.pipe()

    def run(self) -> int:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: os.write(self._stopping, b"!"))
        for name in ("web", "worker"):
            self._start(name)
        while not self._wait():
            if (self._children["web"].exitcode or 0) > 0:  # it failed to run, and would again
                log.error("web cannot run", extra={"why": "the lines above; a host starts the relay again"})
                self._shut_down()
                return 1
            self._restart_dead()
        return self._shut_down()

    def _start(self, name: str) -> None:
        run = {"web": self._web, "worker": self._worker}[name]
        child = _fork.Process(target=run, name=f"relay {name}")
        child.start()
        self._children[name] = child

    def _wait(self) -> bool:
        """True: a signal to stop arrived. False: a child died."""
        sentinels = [child.sentinel for child in self._children.values()]
        return self._stop in multiprocessing.connection.wait([self._stop, *sentinels])

    def _restart_dead(self) -> None:
        for name, child in self._children.items():
            if not child.is_alive():
                log.error("process died", extra={"which": name, "exit_code": child.exitcode})
                time.sleep(_RESTART_SECONDS)
                self._start(name)

    def _shut_down(self) -> int:
        log.info("relay stops")
        self._listener.close()  # nobody is to wait for a process that does not come again
        for child in self._children.values():
            child.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        for child in self._children.values():
            child.join(max(0.0, deadline - time.monotonic()))
            if child.is_alive():
                child.kill()
                child.join()
        return 0

    def _web(self) -> None:
        self._reset()
        master = os.getpid()

        def stop_with_supervisor() -> None:
            self._when_supervisor_dies(lambda: os.kill(master, signal.SIGTERM))

        web.serve(self._configuration, self._listener, on_start=stop_with_supervisor)

    def _worker(self) -> None:
        self._reset()
        self._listener.close()
        self._when_supervisor_dies(lambda: os.kill(os.getpid(), signal.SIGTERM))
        run_worker(self._configuration)

    def _reset(self) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.close(self._held)

    def _when_supervisor_dies(self, act: Callable[[], None]) -> None:
        def watch() -> None:
            os.read(self._alive, 1)
            act()

        threading.Thread(target=watch, name="supervisor", daemon=True).start()
