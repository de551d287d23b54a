"""What CreativeAI puts on the wire, written from its reference alone: bodies, signatures, whole requests."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

SECRET = "whsec-for-tests-only"
PATH = "/webhooks/creativeai"

Headers = Iterable[tuple[str, str | bytes]]


def new_generation_id(prefix: str = "vgen") -> str:
    return f"{prefix}_{secrets.token_hex(10)}"


def generation(generation_id: str, status: str = "completed", **fields: Any) -> dict[str, Any]:
    """A video webhook's body as the reference shows it; `fields` replace or add."""
    failed = status == "failed"
    body = {
        "id": generation_id,
        "object": "video.generation",
        "status": status,
        "model": "auto",
        "model_actual": "kling-o3-pro-t2v",
        "prompt": f"A slow pan over a walnut table, soft light, {generation_id}",
        "output_url": None if failed else f"https://cdn.creativeai.run/output/{generation_id}.mp4",
        "error_message": "The provider could not render this clip." if failed else None,
        "credits": 0 if failed else 30,
        "failover_used": False,
        "completed_at": "2026-03-09T16:12:43Z",
    }
    return body | fields


def sign(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def request(body: bytes, headers: Headers, path: str = PATH, method: str = "POST") -> bytes:
    """The bytes of a request with exactly these headers, besides Host. No Content-Length is added."""
    lines = [f"{method} {path} HTTP/1.1".encode(), b"Host: relay.test"]
    lines += [
        name.encode() + b": " + (value if isinstance(value, bytes) else value.encode(errors="replace"))
        for name, value in headers
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def signed(
    body: bytes | Mapping[str, Any],
    *,
    secret: str = SECRET,
    delivery_id: str | None = None,
    event: str = "",
    path: str = PATH,
    extra: Headers = (),
) -> bytes:
    """A whole, correctly signed webhook request; the delivery id is the body's id unless given."""
    fields = body if isinstance(body, Mapping) else {}
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers: list[tuple[str, str | bytes]] = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(raw))),
        ("X-CreativeAI-Event", event or f"video.generation.{fields.get('status', 'completed')}"),
        ("X-CreativeAI-Delivery-Id", str(fields.get("id", "")) if delivery_id is None else delivery_id),
        ("X-CreativeAI-Signature", sign(raw, secret)),
        *extra,
    ]
    return request(raw, headers, path)
