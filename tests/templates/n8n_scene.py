"""One scenario in the world: one product, and all that came of it since the scenario began."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import requests

from sandbox import API_KEY, SIGNING_SECRET, Fault, LedgerEntry, Received
from tests.templates.n8n_server import Execution
from tests.templates.n8n_world import RELAY_SECRET, SHOPIFY_SECRET, START_KEY, World, workflow
from tests.wire import wait_until

PHOTO = "https://cdn.creativeai.run/output/photo.png"
OUTPUT = "https://cdn.creativeai.run/output"

Sign = Callable[[bytes, str], Mapping[str, str]]


def by_creativeai(body: bytes, secret: str = SIGNING_SECRET) -> Mapping[str, str]:
    mac = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-CreativeAI-Signature": f"sha256={mac}", "X-CreativeAI-Event": "video.completed"}


def by_shopify(body: bytes, secret: str = SHOPIFY_SECRET) -> Mapping[str, str]:
    mac = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return {"X-Shopify-Hmac-Sha256": base64.b64encode(mac).decode(), "X-Shopify-Topic": "products/create"}


def by_relay(body: bytes, secret: str = RELAY_SECRET) -> Mapping[str, str]:
    """Standard Webhooks, with a secret that is used as it is."""
    at = str(int(time.time()))
    mac = hmac.new(secret.encode(), f"msg_1.{at}.".encode() + body, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(mac).decode()}"
    return {"webhook-id": "msg_1", "webhook-timestamp": at, "webhook-signature": signature}


@dataclass(frozen=True, slots=True)
class Entrance:
    """A webhook that is open to everybody with the right signature. `strange` is authentic and unknown."""

    path: str
    sign: Callable[..., Mapping[str, str]]
    strange: Mapping[str, Any]


STRANGE = {"id": "vgen_strange", "object": "video.generation", "status": "archived", "output_url": None}


def first_calls(world: World, entrances: Iterable[Entrance]) -> None:
    """Each has had one call: of the first two that a workflow ever has, n8n may fail one (decision 0020)."""
    for each in entrances:
        body = json.dumps(dict(each.strange)).encode()
        headers = {"Content-Type": "application/json", **each.sign(body)}
        address = f"{world.n8n.url}/webhook/{each.path}"
        assert requests.post(address, data=body, headers=headers, timeout=90).status_code == 200


class Scene:
    """`sku` is of this scenario alone. Of what came of it, the template's own: others run at the same time.

    calls_back  part of the address that CreativeAI is given by the template's jobs
    silent      kind of its jobs that have no address: their result is in the response, or polled
    """

    def __init__(self, world: World, sku: str, slug: str, calls_back: str, silent: str) -> None:
        self.world, self.sku, self.title = world, sku, f"Mug <{sku}> & more"
        self.n8n, self.sandbox = world.n8n, world.sandbox
        self._workflow, self._calls_back, self._silent = workflow(slug)["id"], calls_back, silent
        self._executions = world.n8n.last()
        self._jobs = len(world.sandbox.jobs)
        self._messages = len(world.messages())
        self._received = max((each.number for each in world.sandbox.received()), default=0)

    @property
    def product(self) -> dict[str, str]:
        return {"sku": self.sku, "title": self.title, "image_url": PHOTO}

    def post(self, path: str, body: Any, headers: Mapping[str, str] | None = None) -> requests.Response:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Content-Type": "application/json", **(headers or {})}
        return requests.post(f"{self.n8n.url}/{path}", data=raw, headers=sent, timeout=90)

    def start(self, path: str) -> requests.Response:
        """By another tool, with the key."""
        return self.post(f"webhook/{path}", self.product, {"X-Start-Key": START_KEY})

    def knock(self, path: str) -> int:
        """The status for somebody without a key; a form is looked at first."""
        if path.startswith("form/"):
            return requests.get(f"{self.n8n.url}/{path}", timeout=30).status_code
        return self.post(path, self.product).status_code

    def order(self, fault: Fault, times: int) -> None:
        """Each befalls one of the next jobs."""
        for _ in range(times):
            self.sandbox.inject(fault)

    def ask_creativeai(self, body: Mapping[str, Any]) -> None:
        """As somebody who is not n8n does, who asks again when it is busy."""

        def answered() -> list[requests.Response]:
            answer = requests.post(
                f"{self.sandbox.url}/v1/video/generations",
                json=body,
                headers={"Authorization": f"Bearer {API_KEY}"},
                timeout=10,
            )
            return [] if answer.status_code == 503 else [answer]

        [answer] = wait_until(answered, pause=1)
        assert answer.ok, answer.text

    @property
    def jobs(self) -> list[LedgerEntry]:
        """What was asked of CreativeAI."""
        return [each for each in self.sandbox.jobs[self._jobs :] if self._is_own(each)]

    def _is_own(self, job: LedgerEntry) -> bool:
        given = str(job.request.get("webhook_url", ""))
        return self._calls_back in given if given else job.kind == self._silent

    def link(self, kind: str = "video.generation") -> str:
        """That of the only job of its kind."""
        [job] = [each for each in self.jobs if each.kind == kind]
        ending = {"video": "mp4", "voice": "mp3", "image": "png"}.get(kind.partition(".")[0], "mp4")
        return f"{OUTPUT}/{job.id}.{ending}"

    def records(self, table: str) -> list[dict[str, Any]]:
        """This product's; what is empty does not count."""
        return [_filled(each) for each in self.world.records(table) if each.get("SKU") == self.sku]

    def rows(self, tab: str) -> list[dict[str, Any]]:
        return [_filled(each) for each in self.world.rows(tab)]

    @property
    def messages(self) -> list[str]:
        return [each for each in self.world.messages()[self._messages :] if self.sku in each]

    @property
    def received(self) -> list[Received]:
        """Whatever came to any destination, but for what a template's schedule sent meanwhile."""
        scheduled = self.n8n.scheduled(self._executions)
        return [
            each
            for each in self.sandbox.received()
            if each.number > self._received
            and not any(began <= each.at <= ended for began, ended in scheduled)
        ]

    @property
    def executions(self) -> list[Execution]:
        ended = self.n8n.executions(self._executions)
        return [each for each in ended if each.workflow == self._workflow]

    @property
    def errors(self) -> list[str]:
        return [each.error for each in self.executions if each.status != "success"]

    def ran(self, node: str) -> int:
        return sum(each.ran.get(node, 0) for each in self.executions)


def _filled(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in ("", None)}
