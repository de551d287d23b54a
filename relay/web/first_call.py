"""Whether an imported template has called the relay, or accepted a delivery: kept, never guessed.

A template that starts jobs names itself in a header of each call. One that receives results is known by the
connection that a person chose for it, so only deliveries after that moment say anything about it.
"""

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from relay.models.delivery import DeliveryStatus
from relay.models.views import DeliverySummary
from relay.store.contract.admin import AccessStore
from relay.store.contract.reading import ReadingStore

_SPARING = 60_000  # ms between two moments that are kept of a template that calls often
_FAILING = (DeliveryStatus.RETRYING, DeliveryStatus.FAILED)
_NEWEST = 50  # deliveries of a connection that are searched


@dataclass(frozen=True, slots=True)
class Imported:
    """What a person said about a template.

    at           when; in ms
    connection   the one that delivers to it; "" where none does or none was chosen
    calls_since  only calls from this moment on are taken for its own: 0, or when it was imported once more
    """

    at: int
    connection: str = ""
    calls_since: int = 0


def note_call(store: AccessStore, names: Callable[[], Collection[str]], name: str, now: int) -> None:
    """A call of the API was carried out that names this template. `names`: of those there are."""
    if name not in names():
        return
    last, said = called_at(store, name), imported(store, name)
    if now - last >= _SPARING or (said and last < said.calls_since):
        store.put_setting(_called(name), str(now))


def called_at(store: AccessStore, name: str) -> int:
    """When the relay last noted a call of this template, in ms; 0: it never called."""
    return int(store.setting(_called(name)) or 0)


def imported(store: AccessStore, name: str) -> Imported | None:
    kept = store.setting(_imported(name))
    return Imported(**json.loads(kept)) if kept else None


def say_imported(store: AccessStore, name: str, connection: str, *, now: int) -> None:
    """Said once more, it waits for a new call and a new delivery."""
    calls_since = now if imported(store, name) or called_at(store, name) else 0
    kept: dict[str, Any] = {"at": now, "connection": connection, "calls_since": calls_since}
    store.put_setting(_imported(name), json.dumps(kept))


def first_delivery(store: ReadingStore, connection: str, since: int) -> DeliverySummary | None:
    """A delivery that the connection accepted since then, of its newest."""
    found = store.deliveries(limit=_NEWEST, status=DeliveryStatus.DELIVERED, connection=connection)
    return next((each for each in found if (each.settled_at or 0) >= since), None)


def failing_delivery(store: ReadingStore, connection: str) -> DeliverySummary | None:
    """The newest delivery to the connection, if its last attempt failed."""
    newest = next(iter(store.deliveries(limit=1, connection=connection)), None)
    failing = newest and newest.attempt_count and newest.status in _FAILING
    return newest if failing else None


def _called(name: str) -> str:
    return f"template.called.{name}"


def _imported(name: str) -> str:
    return f"template.imported.{name}"
