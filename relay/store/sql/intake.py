"""Intake: what one accepted webhook writes, and many of them in one transaction."""

import json
import logging
from collections.abc import Sequence

from relay.errors import StoreBusyError, StoreConflictError
from relay.models.core import AcceptedEvent, Event, Result, RoutedResult, UnclearStatus, first_id, new_id
from relay.models.job import REFERENCE_PARAMETER
from relay.models.queue import parse_reference
from relay.store.contract.core import ARCHIVE, DELIVERY, QUEUE
from relay.store.sql.context import add_query, known_contexts
from relay.store.sql.database import Session
from relay.store.sql.plain_events import Arrival, NotPlainError, accept_plain, could_be_plain
from relay.store.sql.repository import Repository
from relay.store.sql.results import (
    Source,
    job_by_reference,
    keep_result,
    link_generation,
    poll_unclear,
)

log = logging.getLogger(__name__)


class SqlIntake(Repository):
    def accept(self, event: Event, wanted: Sequence[RoutedResult]) -> AcceptedEvent:
        (answer,) = self.accept_all([(event, wanted)])
        if isinstance(answer, Exception):
            raise answer
        return answer

    def accept_all(self, arrivals: Sequence[Arrival]) -> list[AcceptedEvent | Exception]:
        try:
            answers = self._write(arrivals)
        except StoreConflictError:  # with a worker that wrote down the deliveries of an earlier status
            answers = self._write(arrivals)
        if topics := _topics(arrivals, answers):
            self._database.notify(*topics)
        return answers

    def _write(self, arrivals: Sequence[Arrival]) -> list[AcceptedEvent | Exception]:
        return self._accept_plain(arrivals) or self._accept_any(arrivals)

    def prune_bodies(self, *, before: int, most: int) -> int:
        with self._database.write() as db:
            asked = {"before": first_id("evt", before), "most": most}
            old = [dict(row) for row in db.fetch_all("old_bodies", asked)]
            db.execute_many("delete_body", old)
        return len(old)

    def _accept_plain(self, arrivals: Sequence[Arrival]) -> list[AcceptedEvent | Exception]:
        """Empty: they are not all plain, or one breaks the statements, and nothing was written."""
        if not could_be_plain(arrivals):
            return []
        try:
            with self._database.write(alongside=True) as db:
                _lock(db, arrivals)
                return [*accept_plain(db, arrivals)]
        except StoreBusyError:
            raise
        except Exception as error:
            if not isinstance(error, NotPlainError):
                log.debug("webhooks not plain", exc_info=True)
            return []

    def _accept_any(self, arrivals: Sequence[Arrival]) -> list[AcceptedEvent | Exception]:
        """One transaction for all; if one arrival breaks it, one for each, so that it fails alone."""
        try:
            with self._database.write(alongside=True) as db:
                _lock(db, arrivals)
                accepted = [accept_event(db, *arrival) for arrival in arrivals]
        except StoreBusyError:
            raise
        except Exception as error:
            if len(arrivals) == 1:
                return [error]
            return [answer for arrival in arrivals for answer in self._accept_any([arrival])]
        return [*accepted]


def _topics(arrivals: Sequence[Arrival], answers: Sequence[AcceptedEvent | Exception]) -> set[str]:
    """Who is woken. Of deliveries that wait for a copy, the copy tells, or their time is over; a job of ours
    that ends may let the next one begin."""
    topics = set()
    for (event, wanted), answer in zip(arrivals, answers, strict=True):
        if isinstance(answer, Exception):
            continue
        if answer.deliveries and any((each.held_until or 0) <= event.received_at for each in wanted):
            topics.add(DELIVERY)
        if any(routed.held_until is not None for routed in wanted):
            topics.add(ARCHIVE)
        if event.reference or event.unclear:
            topics.add(QUEUE)
    return topics


def _lock(db: Session, arrivals: Sequence[Arrival]) -> None:
    """All that these may have in common with others that arrive at the same moment: their events, their
    generations, and several jobs, in one order (for a single one they wait at its row)."""
    names = {f"event {event.delivery_id}" for event, _ in arrivals}
    for event, wanted in arrivals:
        names |= {f"generation {routed.result.generation_id}" for routed in wanted}
        names |= {f"generation {unclear.generation_id}" for unclear in event.unclear}
    db.lock(*names)
    references = {parse_reference(event.reference)[0] for event, _ in arrivals if event.reference}
    if len(references) > 1:
        for reference in sorted(references):
            db.fetch_one("lock_job_by_reference", {"reference": reference})


def accept_event(db: Session, event: Event, wanted: Sequence[RoutedResult]) -> AcceptedEvent:
    """Part of a write transaction."""
    event_id, new, changed = _keep_event(db, event)
    context = event.context
    known = {routed.result.generation_id for routed in wanted}
    before = known_contexts(
        db, known.union(each.generation_id for each in event.unclear if not each.of_batch)
    )
    job = None
    if event.reference:
        job = job_by_reference(db, event.reference)
        if job is None:  # a word of the sender's own
            context = {REFERENCE_PARAMETER: event.reference, **context}
        else:
            for generation_id in before:
                link_generation(db, generation_id, job, event.received_at)
    source = Source("webhook", event_id, event.received_at)
    reason = event.hold_reason
    for each in event.unclear:
        job_id = job.job_id if job and each.of_batch else ""
        poll_unclear(db, each, source.now, reason, job_id=job_id)
    wanted = [each for each in wanted if not _is_polled_for_its_file(db, each.result, source.now, reason)]
    claimed = [keep_result(db, routed, source) for routed in wanted]
    add_query(db, event, context, before, is_repeat=not new, event_id=event_id)
    news = [count for count in claimed if count is not None]
    return AcceptedEvent(event_id, new, changed, len(news), sum(news))


def _is_polled_for_its_file(db: Session, result: Result, now: int, hold_reason: str) -> bool:
    """A result of a job of ours that names no file is no result so far: the file may be named in a moment."""
    unclear = UnclearStatus(result.generation_id, result.status, vendor_batch_id=result.vendor_batch_id)
    return result.lacks_its_file and poll_unclear(db, unclear, now, hold_reason)


def _keep_event(db: Session, event: Event) -> tuple[str, bool, bool]:
    """(ID of the first such event, whether it is this one, whether a duplicate has another body)."""
    event_id = new_id("evt", event.received_at)
    row = {
        "id": event_id,
        "delivery_id": event.delivery_id,
        "status": event.status,
        "name": event.name,
        "label": event.label,
        "secret": event.secret,
        "received_at": event.received_at,
        "digest": event.digest,
    }
    if db.fetch_one("insert_event", row):
        body = {"event_id": event_id, "headers": json.dumps(dict(event.headers)), "body": event.body}
        db.execute("insert_event_body", body)
        return event_id, True, False
    first = db.fetch_row(
        "repeat_event",
        {"delivery_id": event.delivery_id, "status": event.status, "digest": row["digest"]},
    )
    return first["id"], False, first["digest"] != row["digest"]
