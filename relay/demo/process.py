"""The demo's relay: the real one, in its own processes, which can be killed and restarted."""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from relay.config.settings import environment
from relay.demo.destinations import environment_of
from relay.errors import RemoteError
from relay.http.client import Http
from relay.resources import CODE
from sandbox import API_KEY, SIGNING_SECRET, Sandbox

PASSWORD = "sandbox"  # noqa: S105 - it protects invented data on loopback
PATIENCE = 90.0  # seconds
_KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV")


class Relay:
    """`python -m relay serve` in a process group of its own, so that a crash takes all of it."""

    def __init__(self, sandbox: Sandbox, folder: Path, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.webhook_url = f"{self.url}/webhooks/creativeai/demo"
        self.database = folder / "relay.db"
        self._log = folder / "relay.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.secret_key = secrets.token_urlsafe(32)
        outside = environment()
        self._environment = {name: outside[name] for name in _KEPT_VARIABLES if name in outside} | {
            "LISTEN_HOST": "127.0.0.1",
            "PORT": str(port),
            "DATA_DIR": str(folder),
            "ADMIN_PASSWORD": PASSWORD,
            "SECRET_KEY": self.secret_key,
            "CREATIVEAI_API_KEY": API_KEY,
            "CREATIVEAI_WEBHOOK_SECRET": SIGNING_SECRET,
            "PUBLIC_URL": self.url,
            **environment_of(sandbox),
        }

    def start(self, http: Http) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "relay", "serve"],
                cwd=CODE,
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        wait_for(lambda: _responds(http, f"{self.url}/healthz"), f"the relay (log: {self._log})")

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        self._signal(signal.SIGTERM)

    def log(self) -> str:
        return self._log.read_text(errors="replace")[-4000:]

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
            self._process.wait(30)
            self._process = None


def _responds(http: Http, url: str) -> bool:
    try:
        return http.send("GET", url, timeout=(1, 5)).status == 200
    except RemoteError:
        return False


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"Waited {PATIENCE:.0f} s for {what}.")
        time.sleep(0.05)


def free_port(preferred: int) -> int:
    for port in (preferred, 0):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise OSError("no free port on 127.0.0.1")
