"""Programs of ours in processes of their own, forked from a server that has imported the relay: they start
in milliseconds instead of a second, and die of `kill -9` like any other."""

import multiprocessing
import os
from collections.abc import Callable, Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from connectors import REGISTRY
from relay.cli.main import cli

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(
    [
        "tests.acceptance.chain_worker",
        "tests.acceptance.queue_worker",
        "relay.bootstrap.supervisor",
        "relay.store.sqlite.migrations",
        "sqlite_utils",
        "gunicorn.arbiter",
        *(target.partition(":")[0] for target in REGISTRY.values()),
    ]
)


def start(main: Callable[..., None], *given: str, log: Path) -> ForkServerProcess:
    """`main` is a function of a module. Its output is added to `log`."""
    process = _context.Process(target=_run, args=(main, given, log), daemon=True)
    process.start()
    return process


class ForkedRelay:
    """`relay serve` in a session of its own, with the methods of a Popen that `RelayProcess` needs."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self._process = _context.Process(target=_serve, args=(dict(environment), log))
        self._process.start()
        assert self._process.pid is not None
        self.pid: int = self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, seconds: float) -> int:
        self._process.join(seconds)
        assert self._process.exitcode is not None, f"still running after {seconds} s"
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)


def _run(main: Callable[..., None], given: tuple[str, ...], log: Path) -> None:
    _write_to(log)
    main(*given)


def _serve(environment: dict[str, str], log: Path) -> None:
    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    _write_to(log)
    cli(["serve"], prog_name="relay")


def _write_to(log: Path) -> None:
    with log.open("ab") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
