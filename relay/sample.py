"""A signed sample webhook, posted to ourselves through the public address: does the way in work?"""

import hashlib
import hmac
import json
from datetime import UTC, datetime

from relay.app import Configuration, make_http
from relay.errors import RemoteError
from relay.http import check_url

PATH = "/webhooks/creativeai"


def post(configuration: Configuration, *, status: str, to: str = "") -> tuple[str, bool]:
    """A sentence, and whether the relay took it."""
    settings = configuration.settings
    address = (to or settings.public_url or f"http://127.0.0.1:{settings.port or 8000}").rstrip("/")
    if not settings.webhook_secrets:
        return "Set CREATIVEAI_WEBHOOK_SECRET or CREATIVEAI_API_KEY first: nothing can be signed.", False
    name, secret = next(iter(settings.webhook_secrets.items()))
    body, headers = _signed(status, secret)
    try:
        http = make_http(settings, check_url(address).authority)
        answer = http.send("POST", address + PATH, headers=headers, body=body)
    except RemoteError as error:
        return f"{address} was not reached: {error.message}", False
    if answer.status == 202:
        return f"{address} took the sample, signed with {name}.", True
    return f"{address} answered {answer.status}: {answer.text[:300]}", False


def _signed(status: str, secret: bytes) -> tuple[bytes, dict[str, str]]:
    now = datetime.now(UTC)
    generation_id = f"vgen_sample_{now:%Y%m%d%H%M%S%f}"
    failed = status == "failed"
    payload = {
        "id": generation_id,
        "object": "video.generation",
        "status": status,
        "model": "auto",
        "prompt": "A sample from CreativeAI Relay: nothing was rendered, nothing was charged",
        "output_url": None if failed else "https://example.com/sample.mp4",
        "error_message": "This is a sample of a failed video" if failed else None,
        "credits": 0,
        "completed_at": f"{now:%Y-%m-%dT%H:%M:%SZ}",
    }
    body = json.dumps(payload).encode()
    return body, {
        "Content-Type": "application/json",
        "X-CreativeAI-Event": f"video.generation.{status}",
        "X-CreativeAI-Delivery-Id": generation_id,
        "X-CreativeAI-Signature": "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest(),
    }
