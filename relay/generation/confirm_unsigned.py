"""Asks CreativeAI about webhooks that nobody signed. Only what it confirms counts, in its own words."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from relay.creativeai import Batch, CreativeAI, Generation
from relay.errors import RemoteError, StoreBusyError
from relay.generation.call_result import results_of
from relay.generation.retry_policy import LONGEST_WAIT, REFUSED_LOOKS_MS, SLOWED
from relay.intake import unsigned
from relay.models.core import Event, Result, ResultStatus, RoutedResult
from relay.models.job import UnsignedEvent
from relay.models.queue import QueueLimits
from relay.store.contract.core import IntakeStore
from relay.store.contract.generation import UnsignedStore

log = logging.getLogger(__name__)

AGAIN_MS = (10_000, 60_000, 600_000)  # the vendor's status may lag behind its webhook
LEASE_MS = 60_000  # and so long after an answer that was lost

Limits = Callable[[], QueueLimits]
Route = Callable[[Sequence[Result], int], Sequence[RoutedResult]]


class ConfirmStore(IntakeStore, UnsignedStore, Protocol):
    """What is held, and where it goes."""


class Confirmation:
    """A duty of the queue's loop: one look at most at a time, made in a thread of its own.

    account  which API key: the store counts looks by it
    """

    def __init__(
        self, store: ConfirmStore, client: CreativeAI, route: Route, *, account: str, limits: Limits
    ) -> None:
        self._store, self._client, self._route = store, client, route
        self._account, self._limits = account, limits
        self._thread: threading.Thread | None = None

    def __call__(self, now: int) -> None:
        """Quick. `now` is in ms. Raises StoreBusyError."""
        if self._thread is not None and self._thread.is_alive():
            return
        held = self._store.claim_unsigned(self._account, self._limits(), now=now, again_at=now + LEASE_MS)
        if held is not None:
            args = (held, now)
            self._thread = threading.Thread(target=self._confirm, args=args, name="confirm", daemon=True)
            self._thread.start()

    def _confirm(self, held: UnsignedEvent, now: int) -> None:
        """Whatever goes wrong, it is held still, and due again when its lease ends."""
        try:
            event = unsigned.read(held.body, held.headers, label=held.label, query=held.query, now=now)
            self._decide(held, event, self._ask(event, now), now)
        except RemoteError as error:
            log.warning("unsigned webhook not asked about", extra={"why": error.message})
        except StoreBusyError as error:
            log.warning("store busy", extra={"why": str(error)})
        except Exception:
            log.exception("unsigned webhook could not be confirmed")

    def _ask(self, event: Event, now: int) -> Sequence[Result]:
        """What CreativeAI knows of it. After a refusal of the key, or a 429, nobody is asked for a while."""
        try:
            return results_of(_look(self._client, event, now))
        except RemoteError as error:
            if error.whose == "record":
                return ()
            if error.whose == "connection":
                self._store.hold_polls(self._account, until=now + REFUSED_LOOKS_MS)
            elif error.status == 429:
                seconds = min(error.retry_after or SLOWED, LONGEST_WAIT)
                self._store.hold_polls(self._account, until=now + round(seconds * 1000))
            raise

    def _decide(self, held: UnsignedEvent, event: Event, said: Sequence[Result], now: int) -> None:
        verdict = _verdict(event.results, said)
        if verdict is None and held.tries < len(AGAIN_MS):
            self._store.reschedule_unsigned(held.id, until=now + AGAIN_MS[held.tries])
            return
        facts: dict[str, object] = {"polled_id": unsigned.polled_id(event)}
        if verdict:
            accepted = self._store.accept(replace(event, results=tuple(said)), self._route(said, now))
            facts |= {"event_id": accepted.event_id, "new": accepted.new}
        self._store.drop_unsigned(held.id)
        log.info("unsigned webhook confirmed" if verdict else "unsigned webhook dropped", extra=facts)


def _look(client: CreativeAI, event: Event, now: int) -> Generation | Batch:
    """Where its kind is looked up. Raises RemoteError."""
    first = event.results[0]
    if first.vendor_batch_id:
        return client.videos.batch_status(first.vendor_batch_id, now=now)
    if first.kind == "video":
        return client.videos.status(first.generation_id, now=now)
    if event.name.startswith("image."):  # only the older API tells of images by webhook
        return client.native.prediction(first.generation_id, "image", now=now)
    return client.assets.status(first.generation_id, first.kind, now=now)


def _verdict(told: Sequence[Result], said: Sequence[Result]) -> bool | None:
    """Whether CreativeAI says the same of all that ended, or gives other links; None: neither so far."""
    links = {(each.generation_id, each.status): _links(each) for each in said}
    ended = [each for each in told if each.status is not ResultStatus.PROCESSING]
    known = [each for each in ended if (each.generation_id, each.status) in links]
    if any(not _links(each) <= links[each.generation_id, each.status] for each in known):
        return False
    return True if len(known) == len(ended) else None


def _links(result: Result) -> frozenset[str]:
    return frozenset(output.url for output in result.outputs)
