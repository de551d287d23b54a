"""A sample webhook in the format of CreativeAI, for a video that was never rendered."""

import json
from datetime import UTC, datetime
from typing import Literal

from relay.intake import events
from relay.models.core import Event

PATH = "/samples/sample.mp4"  # of the relay itself
PROMPT = "A sample from CreativeAI Relay: nothing was rendered, nothing was charged"
CONTEXT = {"sample": "yes"}  # travels with it, so that every destination can show it

Outcome = Literal["completed", "failed"]


def webhook(generation_id: str, status: Outcome, link: str, now: int) -> tuple[bytes, dict[str, str]]:
    """Body and headers, without a signature. `link` is its file, `now` is in ms."""
    failed = status == "failed"
    payload = {
        "id": generation_id,
        "object": "video.generation",
        "status": status,
        "model": "auto",
        "prompt": PROMPT,
        "output_url": None if failed else link,
        "error_message": "This is a sample of a failed video" if failed else None,
        "credits": 0,
        "completed_at": f"{datetime.fromtimestamp(now / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}",
    }
    return json.dumps(payload).encode(), {
        "Content-Type": "application/json",
        "X-CreativeAI-Event": f"video.generation.{status}",
        "X-CreativeAI-Delivery-Id": generation_id,
    }


def event(generation_id: str, status: Outcome, link: str, now: int) -> Event:
    """As it would be parsed if it had been received; its label is "sample", and no secret signed it."""
    body, headers = webhook(generation_id, status, link, now)
    lowered = {name.lower(): value for name, value in headers.items()}
    return events.parse(body, lowered, label="sample", secret="", received_at=now)
