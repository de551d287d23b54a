"""What a webhook is: raw bytes in, the event and where its results go out. Nothing here waits or writes."""

import logging
from collections.abc import Callable, Mapping, Sequence

from relay.intake import events, routing, signature
from relay.models.core import UNREADABLE, Event, Result, Route, RoutedResult

log = logging.getLogger(__name__)


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
) -> tuple[Event, Sequence[RoutedResult]]:
    """What `IntakeStore.accept` takes. `headers` have lower-case names, `now` is in ms.

    `query` is the query string of the address that was called.

    `connections` is called once, after the signature is verified, since it may read the database.

    `archive_wait` is as for `routing.route`.

    Raises SignatureError before anything is parsed or read, and StoreBusyError as `connections` does.
    """
    secret = signature.verify(body, headers.get("x-creativeai-signature"), secrets)
    event = events.parse(body, headers, label=label, secret=secret, received_at=now, query=query)
    return event, route(event.results, now, connections=connections, archive_wait=archive_wait)


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
