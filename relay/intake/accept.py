"""The accept core: raw bytes -> stored. Whatever front receives a webhook calls `accept_webhook`."""

from collections.abc import Callable, Mapping, Sequence

from relay.intake import events, routing, signature
from relay.models.core import AcceptedEvent, Result, Route, RoutedResult
from relay.store.contract.core import IntakeStore


def accept_webhook(
    body: bytes,
    headers: Mapping[str, str],
    *,
    label: str,
    query: str = "",
    now: int,
    secrets: Mapping[str, bytes],
    connections: Callable[[], Sequence[Route]],
    store: IntakeStore,
    archive_wait: int | None = None,
) -> AcceptedEvent:
    """When this returns, the event is on disk. `headers` have lower-case names, `now` is in ms.

    `query` is what stands behind the `?` of the address it came to.

    `connections` is asked once, when the webhook is known to be authentic: it may look into the database.

    `archive_wait` is as for `routing.route`.

    Raises SignatureError before anything is parsed or read, MalformedEventError, StoreBusyError.
    """
    secret = signature.verify(body, headers.get("x-creativeai-signature"), secrets)
    event = events.parse(body, headers, label=label, secret=secret, received_at=now, query=query)
    wanted = route(event.results, now, connections=connections, archive_wait=archive_wait)
    return store.accept(event, wanted)


def route(
    results: Sequence[Result],
    now: int,
    *,
    connections: Callable[[], Sequence[Route]],
    archive_wait: int | None = None,
) -> tuple[RoutedResult, ...]:
    """Who wants results, also those that no webhook brought. Raises StoreBusyError, as `connections` does."""
    return routing.route(results, connections(), archive_wait=archive_wait, now=now)
