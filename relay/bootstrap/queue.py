"""Makes the queue from the settings: the API key, the client and the worker."""

import hashlib
from collections.abc import Callable, Sequence
from functools import partial

from relay.bootstrap import archive
from relay.config.overrides import LimitOverrides
from relay.config.settings import Settings
from relay.creativeai import CreativeAI
from relay.generation import pipeline
from relay.generation.confirm_unsigned import Confirmation
from relay.generation.worker import QueueWorker
from relay.http.client import Http
from relay.intake import accept, events
from relay.models.connection import Route
from relay.store.contract.core import Store


def account(settings: Settings) -> str:
    """What CreativeAI's limits are counted by; "" without a key."""
    key = settings.creativeai_api_key
    return hashlib.sha256(key.get_secret_value().encode()).hexdigest()[:16] if key else ""


def make_client(settings: Settings, http: Http) -> CreativeAI | None:
    """None: there is no key."""
    key = settings.creativeai_api_key
    return CreativeAI(key.get_secret_value(), http, events.parse) if key else None


def make_queue(
    settings: Settings,
    store: Store,
    http: Http,
    connections: Callable[[], Sequence[Route]],
    more_duties: Sequence[Callable[[int], None]] = (),
) -> QueueWorker | None:
    """None: there is no key, so nothing can be sent or polled."""
    client = make_client(settings, http)
    if client is None:
        return None
    route = partial(accept.route, connections=connections, archive_wait=archive.archive_wait(settings))
    who, limits = account(settings), LimitOverrides(settings, store)
    link = archive.make_link(settings)
    duties: list[Callable[[int], None]] = [lambda now: pipeline.advance(store, now, link), *more_duties]
    if settings.creativeai_unsigned_webhooks == "confirm":
        duties.append(Confirmation(store, client, route, account=who, limits=limits))
    return QueueWorker(
        store,
        client,
        route,
        account=who,
        limits=limits,
        public_url=settings.public_url,
        duties=duties,
    )
