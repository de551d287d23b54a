"""Where CreativeAI's webhooks come in: raw bytes, capped, handed to the accept core, answered in words."""

import logging
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from relay.errors import MalformedEventError, SignatureError, StoreBusyError
from relay.intake.accept import accept_webhook
from relay.model import Connection
from relay.store.contract import IntakeStore

log = logging.getLogger(__name__)

LARGEST_BODY = 1_000_000  # bytes
_RETRY_SECONDS = "5"  # the vendor tries at 0, 5 and 30 s
_LONGEST_LABEL = 200
_KEPT_HEADERS = ("content-type", "user-agent")


@dataclass
class Rejections:
    """Of deliveries that nobody we know had signed: a count and the last few, in memory only.

    Strangers may send as many as they like; none of them costs a write.
    """

    count: int = 0
    latest: deque[tuple[int, str, str]] = field(default_factory=lambda: deque(maxlen=50))

    def add(self, now: int, sender: str, reason: str) -> None:
        self.count += 1
        self.latest.append((now, sender, reason))


def blueprint(
    store: IntakeStore,
    secrets: Mapping[str, bytes],
    connections: Sequence[Connection],
    rejections: Rejections,
) -> Blueprint:
    routes = Blueprint("webhooks", __name__)

    @routes.post("/webhooks/creativeai", strict_slashes=False)
    @routes.post("/webhooks/creativeai/<label>", strict_slashes=False)
    def receive(label: str = "") -> Response:
        now = time.time_ns() // 1_000_000
        try:
            accepted = accept_webhook(
                _body(),
                _headers(),
                label=label[:_LONGEST_LABEL],
                now=now,
                secrets=secrets,
                connections=connections,
                store=store,
            )
        except SignatureError as error:
            rejections.add(now, request.remote_addr or "", error.reason)
            log.warning("webhook refused", extra={"why": error.reason, "sender": request.remote_addr})
            return _answer(401, error=f"Not accepted: {error.reason}.")
        except MalformedEventError as error:
            log.warning("webhook malformed", extra={"why": str(error)})
            return _answer(400, error=str(error))
        except StoreBusyError as error:
            log.error("webhook not stored", extra={"why": str(error)})  # noqa: TRY400 - the sentence says it all
            return _answer(503, {"Retry-After": _RETRY_SECONDS}, error=f"{error} Send it again.")
        log.info(
            "webhook",
            extra={
                "event_id": accepted.event_id,
                "new": accepted.new,
                "changed": accepted.changed,
                "results": accepted.results,
                "deliveries": accepted.deliveries,
            },
        )
        return _answer(202 if accepted.new else 200, event=accepted.event_id, new=accepted.new)

    @routes.errorhandler(RequestEntityTooLarge)
    def too_large(_: RequestEntityTooLarge) -> Response:
        error = f"The body is larger than {LARGEST_BODY} bytes. Nothing was stored."
        return _answer(413, {"Connection": "close"}, error=error)

    @routes.errorhandler(ClientDisconnected)
    def cut_off(_: ClientDisconnected) -> Response:
        return _answer(400, {"Connection": "close"}, error="The body broke off or its chunks are malformed.")

    return routes


def _body() -> bytes:
    """The raw bytes, all of them. Raises RequestEntityTooLarge, ClientDisconnected.

    Not through `request.get_data`, which hands on the first megabyte of a longer chunked body as if all.
    """
    length = request.content_length
    if length is None and not request.environ.get("wsgi.input_terminated"):
        return b""
    if length is not None and length > LARGEST_BODY:
        raise RequestEntityTooLarge
    try:
        body: bytes = request.environ["wsgi.input"].read(LARGEST_BODY + 1 if length is None else length)
    except Exception as error:  # each server has exceptions of its own for broken chunks
        raise ClientDisconnected from error
    if len(body) > LARGEST_BODY:
        raise RequestEntityTooLarge
    if length is not None and len(body) < length:
        raise ClientDisconnected
    return body


def _headers() -> dict[str, str]:
    """By lower-case name: the vendor's own and the two that explain a body. Nothing else is kept."""
    return {
        lower: value
        for name, value in request.headers.items()
        if (lower := name.lower()).startswith("x-creativeai-") or lower in _KEPT_HEADERS
    }


def _answer(status: int, headers: Mapping[str, str] | None = None, **body: object) -> Response:
    response = jsonify(body)
    response.status_code = status
    response.headers.update(headers or {})
    return response
