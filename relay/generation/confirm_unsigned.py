"""Polls CreativeAI about webhooks without a valid signature. Only results that it confirms are accepted."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from relay.creativeai import Batch, CreativeAI, Generation, RefusedError
from relay.creativeai import Limits as ReportedLimits
from relay.errors import RemoteError, StoreBusyError
from relay.generation.call_result import rate_limit_info, results_of
from relay.generation.retry_policy import LONGEST_WAIT, REFUSED_POLLS_MS, SLOWED
from relay.intake import unsigned
from relay.models.core import Event, Result, ResultStatus, RoutedResult
from relay.models.job import UnsignedEvent
from relay.models.queue import QueueLimits
from relay.store.contract.core import IntakeStore
from relay.store.contract.generation import UnsignedStore

log = logging.getLogger(__name__)

AGAIN_MS = (10_000, 60_000, 600_000)  # the vendor's status may lag behind its webhook
LEASE_MS = 60_000  # also the wait after a poll whose answer was lost

Limits = Callable[[], QueueLimits]
Route = Callable[[Sequence[Result], int], Sequence[RoutedResult]]


class ConfirmStore(IntakeStore, UnsignedStore, Protocol):
    """Unsigned webhooks, and the events that they become."""


class Confirmation:
    """A duty of the queue's loop: at most one poll at a time, in a thread of its own.

    account  which API key: the store counts polls by it
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
        """Never raises. After an error the webhook stays stored, and is due again when its lease ends."""
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
        """What CreativeAI reports now. A refused key or a 429 holds all polls for a while."""
        try:
            found = _poll(self._client, event, now)
            self._note(found.limits, now)
            return results_of(found)
        except RemoteError as error:
            if isinstance(error, RefusedError):
                self._note(error.limits, now)
            if error.whose == "record":
                return ()
            if error.whose == "connection":
                self._store.hold_polls(self._account, error.message, now=now, until=now + REFUSED_POLLS_MS)
            elif error.status == 429:
                seconds = min(error.retry_after or SLOWED, LONGEST_WAIT)
                until = now + round(seconds * 1000)
                self._store.hold_polls(self._account, error.message, now=now, until=until)
            raise

    def _note(self, limits: ReportedLimits, now: int) -> None:
        """A key that may do more than the smallest is asked with more often."""
        self._store.note_rate_limit(self._account, rate_limit_info(limits, now), now=now)

    def _decide(self, held: UnsignedEvent, event: Event, confirmed: Sequence[Result], now: int) -> None:
        verdict = _verdict(event.results, confirmed)
        if verdict is None and held.tries < len(AGAIN_MS):
            self._store.reschedule_unsigned(held.id, until=now + AGAIN_MS[held.tries])
            return
        facts: dict[str, object] = {"polled_id": unsigned.polled_id(event)}
        if verdict:
            accepted = self._store.accept(
                replace(event, results=tuple(confirmed)), self._route(confirmed, now)
            )
            facts |= {"event_id": accepted.event_id, "new": accepted.new}
        self._store.drop_unsigned(held.id)
        log.info("unsigned webhook confirmed" if verdict else "unsigned webhook dropped", extra=facts)


def _poll(client: CreativeAI, event: Event, now: int) -> Generation | Batch:
    """Poll the status endpoint of its kind. Raises RemoteError."""
    first = event.results[0]
    if first.vendor_batch_id:
        return client.videos.batch_status(first.vendor_batch_id, now=now)
    if first.kind == "video":
        return client.videos.status(first.generation_id, now=now)
    if event.name.startswith("image."):  # only the legacy API sends webhooks for images
        return client.native.prediction(first.generation_id, "image", now=now)
    return client.assets.status(first.generation_id, first.kind, now=now)


def _verdict(claimed: Sequence[Result], confirmed: Sequence[Result]) -> bool | None:
    """True: CreativeAI confirms every final result. False: it reports other links. None: neither so far."""
    links = {(each.generation_id, each.status): _links(each) for each in confirmed}
    ended = [each for each in claimed if each.status is not ResultStatus.PROCESSING]
    known = [each for each in ended if (each.generation_id, each.status) in links]
    if any(not _links(each) <= links[each.generation_id, each.status] for each in known):
        return False
    return True if len(known) == len(ended) else None


def _links(result: Result) -> frozenset[str]:
    return frozenset(output.url for output in result.outputs)
