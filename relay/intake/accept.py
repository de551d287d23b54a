"""The accept core: raw bytes -> stored. Whatever front receives a webhook calls this one function."""

from collections.abc import Mapping, Sequence

from relay.intake import events, routing, signature
from relay.model import Accepted, Connection
from relay.store.contract import IntakeStore


def accept_webhook(
    body: bytes,
    headers: Mapping[str, str],
    *,
    label: str,
    now: int,
    secrets: Mapping[str, bytes],
    connections: Sequence[Connection],
    store: IntakeStore,
) -> Accepted:
    """When this returns, the event is on disk. `headers` have lower-case names, `now` is in ms.

    Raises SignatureError before anything is parsed or read, MalformedEventError, StoreBusyError.
    """
    secret = signature.verify(body, headers.get("x-creativeai-signature"), secrets)
    event = events.parse(body, headers, label=label, secret=secret, received_at=now)
    return store.accept(event, routing.route(event.results, connections))
