"""What the tests of the sandbox share: a clock moved by hand, a client, and waiting for a condition."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import requests

from sandbox import API_KEY, Sandbox

START = 1_800_000_000.0


def until(condition: Callable[[], object], seconds: float = 5) -> None:
    """Wait for something that happens in another thread; fail when it does not."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.002)


def signature(secret: str, body: str) -> str:
    return "sha256=" + hmac.new(secret.encode(), body.encode(), hashlib.sha256).hexdigest()


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


class Client:
    """A caller with a key, who can also let the sandbox's time pass."""

    def __init__(self, sandbox: Sandbox, clock: Clock, key: str = API_KEY) -> None:
        self.sandbox = sandbox
        self.clock = clock
        self.key = key
        self.session = requests.Session()

    def call(self, method: str, path: str, **rest: Any) -> requests.Response:
        rest.setdefault("headers", {"Authorization": f"Bearer {self.key}"})
        rest.setdefault("timeout", 5)
        return self.session.request(method, self.sandbox.url + path, **rest)

    def create(self, **fields: Any) -> requests.Response:
        return self.call("POST", "/v1/video/generations", json={"prompt": "A red kite over a bay", **fields})

    def create_with_webhook(self, inbox: str = "relay", **fields: Any) -> str:
        """The id of a new job whose webhooks go to an inbox of the sandbox itself."""
        answer = self.create(webhook_url=f"{self.sandbox.url}/inbox/{inbox}", **fields)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def post(self, path: str, **fields: Any) -> requests.Response:
        """A submit to any endpoint that takes JSON."""
        return self.call("POST", path, json=fields)

    def get(self, path: str) -> dict[str, Any]:
        answer = self.call("GET", path)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    @property
    def inbox(self) -> str:
        """A webhook_url of the sandbox's own, whose arrivals stand under `relay`."""
        return f"{self.sandbox.url}/inbox/relay"

    def arrived(self) -> list[dict[str, Any]]:
        """The bodies of the webhooks that came there, oldest first."""
        return [json.loads(item.body) for item in self.sandbox.received("relay")]

    def status(self, job_id: str) -> dict[str, Any]:
        answer = self.call("GET", f"/v1/video/generations/{job_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def pass_time(self, seconds: float) -> None:
        """Move the clock, and wait until all that is due by then has been done."""
        self.clock.now += seconds
        self.sandbox.wake()
        until(lambda: not self.sandbox.due)
