"""The endpoint for CreativeAI's webhooks: reads the raw body, up to a limit, and passes it to the intake.

Plain WSGI in front of the Flask app: routing and request objects cost more than verifying and storing
(docs/decisions/0004-webhooks-before-flask.md).
"""

import json
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from relay.errors import SignatureError, StoreBusyError, UnsignedError
from relay.intake import unsigned
from relay.intake.accept import ExplainUnclear, accept_webhook
from relay.models.core import AcceptedEvent, Route
from relay.store.contract.core import IntakeStore
from relay.store.contract.generation import UnsignedStore

log = logging.getLogger(__name__)

PATH = "/webhooks/creativeai"
_PARTS = PATH.strip("/").split("/")
LARGEST_BODY = 1_000_000  # bytes
_RETRY_AFTER = ("Retry-After", "5")  # seconds; the vendor tries at 0, 5 and 30
_UNSIGNED = "The signature is missing. The webhook takes effect once CreativeAI confirms its status."
_LONGEST_LABEL = 200
_KEPT = {"CONTENT_TYPE": "content-type", "HTTP_USER_AGENT": "user-agent"}
_VENDORS = "HTTP_X_CREATIVEAI_"

Environ = dict[str, Any]
Start = Any  # wsgiref.types.StartResponse, a protocol that is stricter than its callers
App = Callable[[Environ, Start], Iterable[bytes]]


@dataclass
class Rejections:
    """Webhooks without a valid signature: a count and the last few, in memory only.

    However many are sent, none of them costs a write.
    """

    count: int = 0
    latest: deque[tuple[int, str, str]] = field(default_factory=lambda: deque(maxlen=50))

    def add(self, now: int, sender: str, reason: str) -> None:
        self.count += 1
        self.latest.append((now, sender, reason))


class _RefusedError(Exception):
    """A request that is refused before its content is read as a webhook."""

    def __init__(self, status: int, sentence: str, *headers: tuple[str, str]) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.headers = status, sentence, headers


class WebhookReceiver:
    """Answers PATH and what lies below it, which is the webhook's label; the rest goes on to `otherwise`.

    `secrets` and `connections` return the current ones. `unsigned_store` keeps webhooks without a signature
    until they are confirmed; None: they are refused. `explain_unclear` as for `accept_webhook`.
    """

    def __init__(
        self,
        otherwise: App,
        *,
        store: IntakeStore,
        secrets: Callable[[], Mapping[str, bytes]],
        connections: Callable[[], Sequence[Route]],
        rejections: Rejections,
        archive_wait: int | None = None,
        unsigned_store: UnsignedStore | None = None,
        explain_unclear: ExplainUnclear | None = None,
    ) -> None:
        self._otherwise = otherwise
        self._store = store
        self._secrets = secrets
        self._connections = connections
        self._rejections = rejections
        self._archive_wait = archive_wait
        self._unsigned_store = unsigned_store
        self._explain_unclear = explain_unclear

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:  # noqa: PLR0911 - one per answer
        label = _label(environ["PATH_INFO"])
        if label is None:
            return self._otherwise(environ, start)
        try:
            accepted = self._accept(environ, label)
        except _RefusedError as refused:
            return _answer(start, refused.status, {"error": refused.sentence}, *refused.headers)
        except SignatureError as error:
            return _answer(start, 401, {"error": f"Not accepted: {error.reason}."})
        except StoreBusyError as error:
            log.error("webhook not stored", extra={"why": str(error)})  # noqa: TRY400 - the sentence says it all
            return _answer(start, 503, {"error": f"{error} Send the webhook again."}, _RETRY_AFTER)
        except Exception:
            log.exception("webhook broke")
            return _answer(start, 500, {"error": "The relay has an internal error and stored nothing."})
        if accepted is None:
            return _answer(start, 202, {"event": None, "new": False, "note": _UNSIGNED})
        return _answer(start, 202 if accepted.new else 200, {"event": accepted.event_id, "new": accepted.new})

    def _accept(self, environ: Environ, label: str) -> AcceptedEvent | None:
        """None: it has no signature, and CreativeAI will be polled about it."""
        now = time.time_ns() // 1_000_000
        if environ["REQUEST_METHOD"] != "POST":
            raise _RefusedError(405, "Webhooks are posted.", ("Allow", "POST"))
        try:
            accepted = self._take(_body(environ), _headers(environ), label, environ, now)
        except SignatureError as error:
            sender = environ.get("REMOTE_ADDR", "")
            self._rejections.add(now, sender, error.reason)
            log.warning("webhook refused", extra={"why": error.reason, "sender": sender})
            raise
        if accepted is None:
            log.info("webhook unsigned")
            return None
        fields = {
            "event_id": accepted.event_id,
            "new": accepted.new,
            "changed": accepted.changed,
            "results": accepted.results,
            "deliveries": accepted.deliveries,
        }
        log.info("webhook", extra=fields)
        return accepted

    def _take(
        self, body: bytes, headers: Mapping[str, str], label: str, environ: Environ, now: int
    ) -> AcceptedEvent | None:
        query, address = environ.get("QUERY_STRING", ""), environ.get("REMOTE_ADDR", "")
        try:
            return accept_webhook(
                body,
                headers,
                label=label,
                query=query,
                now=now,
                secrets=self._secrets(),
                connections=self._connections,
                store=self._store,
                archive_wait=self._archive_wait,
                explain_unclear=self._explain_unclear,
            )
        except UnsignedError:
            store = self._unsigned_store
            if store is None:
                raise
            unsigned.hold_webhook(
                body, headers, label=label, query=query, now=now, store=store, address=address
            )
            return None


def _label(path: str) -> str | None:
    """What follows in the URL's path, "" without it; None when the path is not the webhooks'.

    A slash too many, as where a base address ended in one, changes nothing: nothing else lies there.
    """
    parts = [part for part in path.split("/") if part]
    if [part.lower() for part in parts[:2]] != _PARTS:
        return None
    return "/".join(parts[2:]).encode("latin-1").decode("utf-8", "replace")[:_LONGEST_LABEL]


def _body(environ: Environ) -> bytes:
    """The raw bytes, all of them: a body that is too long or incomplete is refused, never truncated."""
    length = environ.get("CONTENT_LENGTH") or ""
    chunked = bool(environ.get("wsgi.input_terminated")) and not length
    if not chunked and not length.isdecimal():
        return b""
    most = LARGEST_BODY + 1 if chunked else int(length)
    if most > LARGEST_BODY and not chunked:
        raise _too_large()
    try:
        body: bytes = environ["wsgi.input"].read(most)
    except Exception as error:  # each server has exceptions of its own for broken chunks
        raise _broken_off() from error
    if len(body) > LARGEST_BODY:
        raise _too_large()
    if not chunked and len(body) < most:
        raise _broken_off()
    return body


def _too_large() -> _RefusedError:
    return _RefusedError(413, f"The body is larger than {LARGEST_BODY} bytes. Nothing was stored.")


def _broken_off() -> _RefusedError:
    return _RefusedError(400, "The body broke off or its chunks are malformed.")


def _headers(environ: Environ) -> dict[str, str]:
    """By lower-case name: the vendor's own headers and two that describe the body. No others are kept."""
    vendors = {
        name[len("HTTP_") :].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith(_VENDORS)
    }
    return vendors | {_KEPT[name]: environ[name] for name in _KEPT if environ.get(name)}


def _answer(
    start: Start, status: int, content: Mapping[str, object], *headers: tuple[str, str]
) -> list[bytes]:
    body = json.dumps(content).encode()
    plain = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    start(f"{status} {HTTPStatus(status).phrase}", [*plain, *headers])
    return [body]
