"""How fast is a backlog delivered, beside bare loops of calls without a database?"""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.load import webhooks
from bench.measure import Sample, cpu_seconds
from connectors.webhook.connector import Webhook
from tests.wire import Answer, Call, Connection, Receiver, RelayProcess, wait_until
from tests.wire.program import ROOT, SERVE

RELAY = "relay worker, from the database"
LOOP = "bare loop of the relay's own client"
REQUESTS = "bare loop of requests.Session.post"

_SENT_AGAIN = ("content-type", "user-agent", "webhook-id", "webhook-timestamp", "webhook-signature")
_PENDING = "select count(*) from delivery where status in ('pending', 'retrying')"


@dataclass(slots=True)
class Fanout:
    """The samples by name, one per round, and with how many threads at once the calls were made."""

    count: int
    threads: int
    samples: dict[str, list[Sample]] = field(default_factory=lambda: {RELAY: [], LOOP: [], REQUESTS: []})


class _Watch:
    """A receiver that knows when the first and the last of `count` calls came."""

    def __init__(self, count: int) -> None:
        self.receiver = Receiver(self._call)
        self.count = count
        self.pids: list[int] = []
        self.restart()

    def restart(self) -> None:
        self.receiver.calls.clear()
        self.all = threading.Event()
        self.since = self.cpu_before = 0.0

    def sample(self) -> Sample:
        """From the first call until now."""
        seconds = time.perf_counter() - self.since
        return Sample(self.count, seconds, cpu_seconds(self.pids) - self.cpu_before)

    def _call(self, _: Call) -> Answer:
        if len(self.receiver.calls) == 1:
            self.since, self.cpu_before = time.perf_counter(), cpu_seconds(self.pids)
        if len(self.receiver.calls) >= self.count:
            self.all.set()
        return Answer()


def run(folder: Path, rounds: int, count: int) -> Fanout:
    watch = _Watch(count)
    with watch.receiver as receiver:
        environment = {"WEBHOOK_URL": receiver.url(), "ALLOWED_HOSTS": receiver.host}
        _fill(folder / "filled", environment, count)
        sample = folder / "call.json"
        found = Fanout(count, _threads())
        _worker(folder / "first", folder / "filled", environment, watch)
        sample.write_text(json.dumps(_recorded(receiver.calls[-1])))
        for number in range(rounds):
            names = [RELAY, LOOP, REQUESTS]
            for name in names if number % 2 == 0 else reversed(names):
                if name == RELAY:
                    done = _worker(folder / f"round{number}", folder / "filled", environment, watch)
                else:
                    done = _loop("relay" if name == LOOP else "requests", sample, found, watch)
                found.samples[name].append(done)
    return found


def _threads() -> int:
    """How many calls the relay's worker makes at the same time to one webhook."""
    return Webhook.pace.concurrency


def _fill(folder: Path, environment: dict[str, str], count: int) -> None:
    """A database with `count` deliveries pending: accepted while the delivery worker is paused."""
    relay = RelayProcess(folder, environment, program=SERVE)
    with relay:
        os.kill(wait_until(relay.delivery_worker), signal.SIGSTOP)
        with Connection(relay.port) as line:
            for raw in webhooks(count):
                if line.post(raw).status != 202:
                    raise RuntimeError("a webhook was not accepted")
    if relay.number(_PENDING) != count:
        raise RuntimeError("the deliveries are not all pending")


def _worker(folder: Path, filled: Path, environment: dict[str, str], watch: _Watch) -> Sample:
    """`relay worker` on a copy of the filled database, from its first call until all is settled."""
    shutil.copytree(filled, folder)
    relay = RelayProcess(folder, environment, program=("-m", "relay", "worker"))
    watch.restart()
    with relay.start(wait=False):
        watch.pids = [relay.pid]
        if not watch.all.wait(300):
            raise TimeoutError(relay.last_lines())
        wait_until(lambda: relay.number(_PENDING) == 0, pause=0.002)
        done = watch.sample()
    if len(watch.receiver.calls) != watch.count:
        raise RuntimeError(f"{len(watch.receiver.calls)} calls for {watch.count} deliveries")
    shutil.rmtree(folder)
    return done


def _loop(client: str, sample: Path, found: Fanout, watch: _Watch) -> Sample:
    watch.restart()
    command = [sys.executable, "-m", "bench.baselines", "loop", "--client", client, "--sample", str(sample)]
    command += ["--url", watch.receiver.url(), "--count", str(found.count), "--threads", str(found.threads)]
    with _started(command) as process:
        watch.pids = [process.pid]
        if not watch.all.wait(300):
            raise TimeoutError(f"{client}: {len(watch.receiver.calls)} calls came")
        done = watch.sample()
        process.communicate(timeout=30)
        if process.returncode:
            raise RuntimeError(f"{client}: calls failed")
    return done


@contextmanager
def _started(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def _recorded(call: Call) -> dict[str, object]:
    headers = {name: value for name, value in call.headers.items() if name in _SENT_AGAIN}
    return {"headers": headers, "body": call.body.decode()}
