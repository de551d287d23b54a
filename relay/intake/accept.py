"""What a webhook is: raw bytes in, the event and where its results go out. Nothing here waits or writes."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from relay.intake import events, routing, signature
from relay.models.connection import Route
from relay.models.core import UNREADABLE, Event, Result, RoutedResult, UnclearStatus

log = logging.getLogger(__name__)

ExplainUnclear = Callable[[Sequence[UnclearStatus]], str]
"""What a person is told of jobs of which CreativeAI says nothing that can be acted on."""


def read_webhook(
    body: bytes,
    headers: Mapping[str, str],
    *,
    label: str,
    query: str = "",
    now: int,
    secrets: Mapping[str, bytes],
    connections: Callable[[], Sequence[Route]],
    archive_wait: int | None = None,
    explain_unclear: ExplainUnclear | None = None,
) -> tuple[Event, Sequence[RoutedResult]]:
    """What `IntakeStore.accept` takes. `headers` have lower-case names, `now` is in ms.

    `query` is the query string of the address that was called.

    `connections` is called once, after the signature is verified, since it may read the database.

    `archive_wait` is as for `routing.route`.

    `explain_unclear` is given where CreativeAI cannot be asked about what the webhook leaves open.

    Raises SignatureError before anything is parsed or read, and StoreBusyError as `connections` does.
    """
    secret = signature.verify(body, headers.get("x-creativeai-signature"), secrets)
    event = events.parse(body, headers, label=label, secret=secret, received_at=now, query=query)
    if explain_unclear:
        event = _with_hold_reason(event, explain_unclear)
    return event, route(event.results, now, connections=connections, archive_wait=archive_wait)


def _with_hold_reason(event: Event, explain_unclear: ExplainUnclear) -> Event:
    no_file = [
        UnclearStatus(each.generation_id, each.status, vendor_batch_id=each.vendor_batch_id)
        for each in event.results
        if each.lacks_its_file
    ]
    unclear = [*event.unclear, *no_file]
    return replace(event, hold_reason=explain_unclear(unclear)) if unclear else event


def log_what_is_odd(event: Event) -> None:
    if event.status == UNREADABLE:
        log.warning("webhook unreadable", extra={"delivery_id": event.delivery_id})
    for each in event.unclear:
        log.warning("webhook status unknown", extra={"generation_id": each.generation_id, "word": each.word})


def route(
    results: Sequence[Result],
    now: int,
    *,
    connections: Callable[[], Sequence[Route]],
    archive_wait: int | None = None,
) -> tuple[RoutedResult, ...]:
    """Which connections get results, also polled ones. Raises StoreBusyError, as `connections` does."""
    return routing.route(results, connections(), archive_wait=archive_wait, now=now)
