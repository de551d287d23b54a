"""The endpoint for CreativeAI's webhooks: verified and read on the loop, stored in batches, then answered.

It is not a view of the Flask app: docs/decisions/0021-the-front.md has the reasons and the measurements.
"""

import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import Protocol

from relay.errors import SignatureError, StoreBusyError, UnsignedError
from relay.front.message import Answer, Request, error
from relay.intake import accept, unsigned
from relay.intake.accept import ExplainUnclear
from relay.intake.accept_queue import AcceptQueue, Outcome
from relay.intake.refusals import RefusalCounter
from relay.models.connection import Route
from relay.models.core import AcceptedEvent, Event
from relay.store.contract.generation import UnsignedStore

log = logging.getLogger(__name__)

PATH = "/webhooks/creativeai"
_ADDRESS = re.compile(
    r"[/.\s]*webhooks[/\s][/.\s]*creativeai(?![\w-])(?P<label>.*?)(?:[?&](?P<query>[^=&?]+=.*))?\Z",
    re.IGNORECASE | re.DOTALL | re.ASCII,
)
LARGEST_BODY = 1_000_000  # bytes
_RETRY_AFTER = ("Retry-After", "5")  # seconds; the vendor tries at 0, 5 and 30
_UNSIGNED = "The signature is missing. The webhook takes effect once CreativeAI confirms its status."
_TOO_LARGE = error(413, f"The body is larger than {LARGEST_BODY} bytes. Nothing was stored.")
_BROKE = error(500, "The relay has an internal error and stored nothing.")
_LONGEST_LABEL = 200
_KEPT = (b"content-type", b"user-agent")
_VENDORS = b"x-creativeai-"

Reply = Callable[[Answer], None]


class Lookup(Protocol):
    """Something that is read from the store now and then, and kept in between."""

    def is_fresh(self) -> bool:
        """The next call does not read the store."""
        ...


class Secrets(Lookup, Protocol):
    def __call__(self) -> Mapping[str, bytes]: ...


class Connections(Lookup, Protocol):
    def connections(self) -> Sequence[Route]: ...


class WebhookReceiver:
    """Answers PATH and what lies below it, which is the webhook's label. Never waits: what has to read or
    write the database does so on `pool` or in the queue, and `on_loop` brings the answer back.

    `unsigned_store` keeps webhooks without a signature until they are confirmed; None: they are refused.
    `address_of` gives the network address that a request came from. `explain_unclear` as for `read_webhook`.
    """

    too_large = _TOO_LARGE

    def __init__(
        self,
        queue: AcceptQueue,
        *,
        secrets: Secrets,
        connections: Connections,
        refusals: RefusalCounter,
        pool: Executor,
        on_loop: Callable[[Callable[[], object]], object],
        address_of: Callable[[Request], str] = lambda request: request.client[0],
        archive_wait: int | None = None,
        unsigned_store: UnsignedStore | None = None,
        explain_unclear: ExplainUnclear | None = None,
    ) -> None:
        self._queue, self._secrets, self._connections = queue, secrets, connections
        self._refusals = refusals
        self._pool, self._on_loop = pool, on_loop
        self._address_of = address_of
        self._archive_wait = archive_wait
        self._unsigned_store = unsigned_store
        self._explain_unclear = explain_unclear

    def wants(self, path: str) -> bool:
        return _called(path) is not None

    def __call__(self, request: Request, reply: Reply) -> None:
        if request.method != "POST":
            reply(error(405, "Webhooks are posted.", ("Allow", "POST")))
        elif self._secrets.is_fresh() and self._connections.is_fresh():
            self._take(request, reply)
        else:
            self._elsewhere(self._take, request, reply)

    def _elsewhere(self, work: Callable[[Request, Reply], None], request: Request, reply: Reply) -> None:
        def answered(answer: Answer) -> None:
            self._on_loop(lambda: reply(answer))

        self._pool.submit(work, request, answered)

    def _take(self, request: Request, reply: Reply) -> None:
        now = time.time_ns() // 1_000_000
        label, query = _label_and_query(request)
        try:
            arrival = accept.read_webhook(
                request.body,
                _headers(request),
                label=label,
                query=query,
                now=now,
                secrets=self._secrets(),
                connections=self._connections.connections,
                archive_wait=self._archive_wait,
                explain_unclear=self._explain_unclear,
            )
            self._queue.put(arrival, lambda outcome: reply(_answer_to(arrival[0], outcome)))
        except UnsignedError as missing:
            if self._unsigned_store is None:
                reply(self._refused(request, missing, now))
            else:
                self._elsewhere(partial(self._hold, self._unsigned_store), request, reply)
        except SignatureError as wrong:
            reply(self._refused(request, wrong, now))
        except Exception as broken:
            reply(_failure(broken))

    def _hold(self, store: UnsignedStore, request: Request, reply: Reply) -> None:
        """Waits for the database, so on a thread."""
        now = time.time_ns() // 1_000_000
        label, query = _label_and_query(request)
        try:
            unsigned.hold_webhook(
                request.body,
                _headers(request),
                label=label,
                query=query,
                now=now,
                store=store,
                address=self._address_of(request),
            )
        except SignatureError as wrong:
            reply(self._refused(request, wrong, now))
        except Exception as broken:
            reply(_failure(broken))
        else:
            log.info("webhook unsigned")
            reply(Answer.of(202, {"event": None, "new": False, "note": _UNSIGNED}))

    def _refused(self, request: Request, wrong: SignatureError, now: int) -> Answer:
        sender = self._address_of(request)
        self._refusals.add(now, sender, wrong.reason)
        log.warning("webhook refused", extra={"why": wrong.reason, "sender": sender})
        return error(401, f"Not accepted: {wrong.reason}.")


def _answer_to(event: Event, outcome: Outcome) -> Answer:
    if isinstance(outcome, Exception):
        return _failure(outcome)
    accept.log_what_is_odd(event)
    log.info("webhook", extra=_facts(outcome))
    status = 202 if outcome.new else 200
    return Answer.of(status, {"event": outcome.event_id, "new": outcome.new})


def _facts(accepted: AcceptedEvent) -> dict[str, object]:
    return {
        "event_id": accepted.event_id,
        "new": accepted.new,
        "changed": accepted.changed,
        "results": accepted.results,
        "deliveries": accepted.deliveries,
    }


def _failure(broken: Exception) -> Answer:
    if isinstance(broken, StoreBusyError):
        log.error("webhook not stored", extra={"why": str(broken)})
        return error(503, f"{broken} Send the webhook again.", _RETRY_AFTER)
    log.error("webhook broke", exc_info=broken)
    return _BROKE


def _label_and_query(request: Request) -> tuple[str, str]:
    label, query = _called(request.path) or ("", "")
    return label, "&".join(filter(None, [request.query, query]))


def _called(path: str) -> tuple[str, str] | None:
    """The label, which follows in the URL's path, "" without it; and the query where its `?` came escaped, or
    as an `&`. None when the path is not the webhooks'.

    A slash or blank too many, as where an address was put together by hand, changes nothing: nothing else
    lies there.
    """
    if path == PATH:
        return "", ""
    match = _ADDRESS.match(path)
    if match is None:
        return None
    beyond = match["label"].encode("latin-1").decode("utf-8", "replace")
    parts = (part.strip() for part in beyond.partition("/")[2].split("/"))
    return "/".join(part for part in parts if part not in ("", "."))[:_LONGEST_LABEL], match["query"] or ""


def _headers(request: Request) -> dict[str, str]:
    """By lower-case name: the vendor's own headers and two that describe the body. No others are kept."""
    kept = dict.fromkeys(name for name, _ in request.headers if name.startswith(_VENDORS) or name in _KEPT)
    return {name.decode("latin-1"): value for name in kept if (value := request.header(name)) is not None}
