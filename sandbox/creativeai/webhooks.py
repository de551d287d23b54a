"""Calls the webhook_url: signed over the raw body, at 0, 5 and 30 s until a 2xx, and then never again.

https://creativeai.run/api-docs, Video Webhooks. The vendor skips a repeat of the same id and status; here a
job comes to each status once, so only a fault makes a second copy.
"""

import hashlib
import hmac
import json
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

from sandbox.config import Config
from sandbox.creativeai.faults import FaultPlan
from sandbox.scheduler import Schedule

RETRY_DELAYS = (0.0, 5.0, 30.0)  # each counted from the attempt before
RESPONSE_WITHIN = 10  # seconds; not documented
KEPT = 1000
UNKNOWN_EVENT = "asset.ready"
WRONG_SECRET = "another secret"  # noqa: S105 - it is not meant to be secret


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call of a webhook_url, and its response: `status` is None without one."""

    number: int
    at: float
    event: str
    delivery_id: str
    url: str
    headers: Mapping[str, str]
    body: str
    status: int | None
    error: str = ""

    @property
    def ok(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class OutgoingWebhook:
    """One webhook, ready to be posted as often as it takes."""

    event: str
    delivery_id: str
    url: str
    headers: Mapping[str, str]
    body: bytes


class Webhooks:
    """Sends, retries, and remembers the last attempts."""

    def __init__(self, config: Config, schedule: Schedule) -> None:
        self._config = config
        self._schedule = schedule
        self._lock = threading.Lock()
        self._attempts: deque[Attempt] = deque(maxlen=KEPT)
        self._session = requests.Session()
        self._session.trust_env = False

    def send(
        self,
        url: str,
        event: str,
        delivery_id: str,
        body: bytes,
        plan: FaultPlan | None = None,
        *,
        first: bool = False,
    ) -> None:
        """Have it posted soon, as `plan` says; one that comes before the submit's response is posted here."""
        plan = plan or FaultPlan()
        if not plan.calls_back:
            return
        webhook = self._prepare(url, event if plan.known_event else UNKNOWN_EVENT, delivery_id, body, plan)
        at_once = plan.webhook_first and first and not plan.webhook_delay
        for _ in range(plan.copies - at_once):
            self._post_after(plan.webhook_delay + RETRY_DELAYS[0], webhook, 1)
        if at_once:
            self._post(webhook, 1)

    def attempts(self) -> list[Attempt]:
        """The last attempts, oldest first."""
        with self._lock:
            return list(self._attempts)

    def close(self) -> None:
        self._session.close()

    def _prepare(
        self, url: str, event: str, delivery_id: str, body: bytes, plan: FaultPlan
    ) -> OutgoingWebhook:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "creativeai-sandbox",
            "X-CreativeAI-Event": event,
            "X-CreativeAI-Delivery-Id": delivery_id,
        }
        if plan.signed and (secret := self._config.signing_secret):
            headers["X-CreativeAI-Signature"] = signature(secret if plan.own_secret else WRONG_SECRET, body)
        return OutgoingWebhook(event, delivery_id, url, headers, _tampered(body) if plan.tampered else body)

    def _post_after(self, seconds: float, webhook: OutgoingWebhook, number: int) -> None:
        self._schedule.after(seconds, lambda: self._post(webhook, number))

    def _post(self, webhook: OutgoingWebhook, number: int) -> None:
        at = self._config.clock()
        status, error = None, ""
        try:
            answer = self._session.post(
                webhook.url,
                data=webhook.body,
                headers=webhook.headers,
                timeout=RESPONSE_WITHIN,
                allow_redirects=False,
            )
            status = answer.status_code
        except requests.RequestException as failure:
            error = str(failure)
        attempt = Attempt(
            number, at, webhook.event, webhook.delivery_id, webhook.url, webhook.headers,
            webhook.body.decode(errors="replace"), status, error,
        )  # fmt: skip
        if not attempt.ok and number < len(RETRY_DELAYS):
            self._post_after(RETRY_DELAYS[number], webhook, number + 1)
        with self._lock:
            self._attempts.append(attempt)


def signature(secret: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def encoded(body: Mapping[str, Any], *, pretty: bool = False) -> bytes:
    if pretty:
        return (json.dumps(body, ensure_ascii=False, indent=2) + "\n").encode()
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _tampered(body: bytes) -> bytes:
    """Still the same kind of event, with a link that CreativeAI never created."""
    return encoded(json.loads(body) | {"output_url": "https://tampered.invalid/output/other.mp4"})
