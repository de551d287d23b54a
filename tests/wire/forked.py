"""A worker in a process of its own, forked from a server that has imported the relay: it starts in
milliseconds instead of a second, and dies of `kill -9` like any other."""

import multiprocessing
import os
from collections.abc import Callable
from multiprocessing.context import ForkServerProcess
from pathlib import Path

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.acceptance.chain_worker", "tests.acceptance.queue_worker"])


def start(main: Callable[..., None], *given: str, log: Path) -> ForkServerProcess:
    """`main` is a function of a module. Its output is added to `log`."""
    process = _context.Process(target=_run, args=(main, given, log), daemon=True)
    process.start()
    return process


def _run(main: Callable[..., None], given: tuple[str, ...], log: Path) -> None:
    with log.open("ab") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    main(*given)
