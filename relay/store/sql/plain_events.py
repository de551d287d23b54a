"""The quick way for webhooks about generations that nobody has heard of: a few statements for all of them.

Most webhooks are such. Whatever else a webhook can be (a duplicate, a later status, part of a job of ours, a
status that is unclear, no signature) is left to `relay.store.sql.intake`, which looks before it writes.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from relay.models.core import AcceptedEvent, Event, RoutedResult, new_id
from relay.store.sql import codec
from relay.store.sql.database import Session
from relay.store.sql.results import first_due_at

Arrival = tuple[Event, Sequence[RoutedResult]]
Rows = dict[str, list[Mapping[str, Any]]]

# In this order: each refers to rows of those before it. All rows of the first two must be new.
_STATEMENTS = (
    *("add_events", "add_generations"),
    *("insert_event_body", "add_results", "insert_copy", "insert_delivery"),
)
_PROOFS = ("add_events", "add_generations", "insert_delivery")


class NotPlainError(Exception):
    """One of the rows was there before, or a connection has been removed: nothing of this may stay."""


def could_be_plain(arrivals: Sequence[Arrival]) -> bool:
    """As far as can be told without the database."""
    events = {(event.delivery_id, event.status) for event, _ in arrivals}
    results = [routed.result for _, wanted in arrivals for routed in wanted]
    generations = {result.generation_id for result in results}
    return (
        len(events) == len(arrivals)
        and len(generations) == len(results)
        and not any(event.reference or event.unclear or not event.is_signed for event, _ in arrivals)
        and not any(result.lacks_its_file for result in results)
    )


def accept_plain(db: Session, arrivals: Sequence[Arrival]) -> list[AcceptedEvent]:
    """Part of a write transaction, which must be rolled back when it raises NotPlainError."""
    rows: Rows = {name: [] for name in _STATEMENTS}
    accepted = [_add(rows, event, wanted) for event, wanted in arrivals]
    for name in _STATEMENTS:
        if not rows[name]:
            continue
        written = db.execute_many(name, rows[name])
        if name in _PROOFS and written != len(rows[name]):
            raise NotPlainError
    return accepted


def _add(rows: Rows, event: Event, wanted: Sequence[RoutedResult]) -> AcceptedEvent:
    now = event.received_at
    event_id = new_id("evt", now)
    rows["add_events"].append(
        {
            "id": event_id,
            "delivery_id": event.delivery_id,
            "status": event.status,
            "name": event.name,
            "label": event.label,
            "secret": event.secret,
            "received_at": now,
            "digest": event.digest,
        }
    )
    body = {"event_id": event_id, "headers": json.dumps(dict(event.headers)), "body": event.body}
    rows["insert_event_body"].append(body)
    context = codec.to_json(event.context)
    for routed in wanted:
        _add_result(rows, event_id, routed, now, context)
    deliveries = sum(len(routed.connections) for routed in wanted)
    return AcceptedEvent(event_id, new=True, results=len(wanted), deliveries=deliveries)


def _add_result(rows: Rows, event_id: str, routed: RoutedResult, now: int, context: str) -> None:
    result, result_id = routed.result, new_id("res", now)
    shared = {"generation_id": result.generation_id, "status_rank": result.status.rank, "now": now}
    rows["add_generations"].append(shared | {"kind": result.kind, "context": context})
    rows["add_results"].append(
        shared
        | {
            "id": result_id,
            "status": result.status,
            "event_id": event_id,
            "details": codec.encode(result),
        }
    )
    if routed.held_until is not None:
        rows["insert_copy"] += [
            {"result_id": result_id, "number": number, "url": output.url, "now": now}
            for number, output in enumerate(result.outputs, 1)
        ]
    due_at = first_due_at(routed, now)
    rows["insert_delivery"] += [
        {
            "id": new_id("dlv", now),
            "result_id": result_id,
            "generation_id": result.generation_id,
            "connection": connection,
            "status": "pending",
            "due_at": due_at,
            "now": now,
            "settled_at": None,
            "note": "",
        }
        for connection in routed.connections
    ]
