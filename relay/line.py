"""The line to CreativeAI as the settings ask for it: whose key, the client and the loop."""

import hashlib
from collections.abc import Callable, Sequence
from functools import partial

from relay import shelves
from relay.generation import pipeline
from relay.generation.client import CreativeAI
from relay.generation.confirm import Confirmation
from relay.generation.queue import Queue
from relay.http import Http
from relay.intake import accept, events
from relay.kept_settings import KeptLimits
from relay.model import Connection
from relay.settings import Settings
from relay.store.contract import Store


def account(settings: Settings) -> str:
    """What the vendor's limits are counted by; "" without a key."""
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
    connections: Callable[[], Sequence[Connection]],
    more_duties: Sequence[Callable[[int], None]] = (),
) -> Queue | None:
    """None: there is no key, so nothing can be sent or asked about."""
    client = make_client(settings, http)
    if client is None:
        return None
    route = partial(accept.route, connections=connections, archive_wait=shelves.archive_wait(settings))
    who, limits = account(settings), KeptLimits(settings, store)
    link = shelves.make_link(settings)
    duties: list[Callable[[int], None]] = [lambda now: pipeline.advance(store, now, link), *more_duties]
    if settings.creativeai_unsigned_webhooks == "confirm":
        duties.append(Confirmation(store, client, route, account=who, limits=limits))
    return Queue(
        store,
        client,
        route,
        account=who,
        limits=limits,
        public_url=settings.public_url,
        duties=duties,
    )
