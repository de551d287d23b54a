"""Checks the relay from outside: its public address, the API key, a signed webhook's way in."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Literal

from relay.creativeai import CreativeAI
from relay.errors import RemoteError
from relay.http.client import Http
from relay.intake import sample_event
from relay.models.core import new_id

PATH = "/webhooks/creativeai"
_SECONDS = (5.0, 10.0)  # connecting, the whole response: a person is waiting


def reach(address: str, http: Http) -> tuple[bool, str]:
    """Whether /healthz there is ours, and a sentence. `http` must be allowed to call the address."""
    try:
        answer = http.send("GET", address + "/healthz", timeout=_SECONDS)
    except RemoteError as error:
        return False, f"{address} was not reached, so webhooks will not arrive: {error.message}"
    if answer.status != 200:
        return False, f"{address} answered {answer.status} to /healthz: is it this relay?"
    return True, f"{address} reaches this relay."


def count_models(client: CreativeAI, now: int) -> tuple[bool, str]:
    """Whether CreativeAI accepts the key, and a sentence."""
    try:
        models = client.account.models(now=now).models
    except RemoteError as error:
        return False, error.message
    return True, f"CreativeAI accepts the key and offers {len(models)} models."


def send_sample(
    secrets: Mapping[str, bytes],
    address: str,
    http: Http,
    *,
    own_url: str,
    status: Literal["completed", "failed"],
    now: int,
) -> tuple[bool, str]:
    """Send a test webhook, signed with the first secret, to the relay at this address; whether the relay
    accepted it, and a sentence. The file that it names is at `own_url`."""
    if not secrets:
        return False, "Set CREATIVEAI_WEBHOOK_SECRET or CREATIVEAI_API_KEY first: nothing can be signed."
    name, secret = next(iter(secrets.items()))
    link = f"{own_url}{sample_event.PATH}"
    body, headers = sample_event.webhook(new_id("vgen_sample", now), status, link, now)
    headers["X-CreativeAI-Signature"] = "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
    try:
        answer = http.send("POST", address + PATH, headers=headers, body=body, timeout=_SECONDS)
    except RemoteError as error:
        return False, f"{address} was not reached: {error.message}"
    if answer.status == 202:
        return True, f"{address} accepted the test webhook, signed with {name}."
    return False, f"{address} answered {answer.status}: {answer.text[:300]}"
