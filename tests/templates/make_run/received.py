"""What arrived at a webhook of Make, as the bundle that a scenario starts with."""

import json
from typing import Any


def passed_through(request: bytes) -> dict[str, Any]:
    """With *Get request headers* and *JSON pass-through* on: headers in lower case, the body as it came."""
    head, _, body = request.partition(b"\r\n\r\n")
    lines = (line.split(b":", 1) for line in head.split(b"\r\n")[1:])
    headers = [{"name": name.decode().lower(), "value": value.strip().decode()} for name, value in lines]
    return {"value": body.decode(), "__IMTHEADERS__": headers}


def parsed(request: bytes) -> dict[str, Any]:
    """The usual webhook: the body's JSON."""
    bundle: dict[str, Any] = json.loads(request.partition(b"\r\n\r\n")[2])
    return bundle
