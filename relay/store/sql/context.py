"""The context of a generation, and which of it the address of a webhook may decide.

No signature covers an address. So what stands in its query counts where a signature came with it for the
first time; who has seen a signed body can send it again with any query, and adds to nothing known.
A webhook that CreativeAI only confirmed has a query that anybody may have written. It counts as long as
nothing better is known: the first signed webhook, or a job of ours, replaces all of it.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from relay.models.core import Event
from relay.store.sql import codec
from relay.store.sql.database import Session


@dataclass(frozen=True, slots=True)
class GenerationContext:
    """`is_unsigned`: all of it was said by webhooks without a signature."""

    entries: Mapping[str, str]
    is_unsigned: bool
    is_of_job: bool


Known = Mapping[str, GenerationContext | None]


def context_of(db: Session, generation_id: str) -> GenerationContext | None:
    """None: there is no such generation."""
    row = db.fetch_one("find_context", {"id": generation_id})
    if row is None:
        return None
    entries = json.loads(row["context"])
    return GenerationContext(entries, bool(row["context_unsigned"]), bool(row["job_id"]))


def known_contexts(db: Session, generation_ids: Iterable[str]) -> Known:
    """Read before the event changes any of them; None for those that it is the first to name."""
    return {generation_id: context_of(db, generation_id) for generation_id in generation_ids}


def add_context(db: Session, generation_id: str, context: Mapping[str, str]) -> None:
    """What a person or a job of ours says of a generation: existing entries stay, unless no signature covers
    them."""
    known = context_of(db, generation_id)
    if known is not None:
        base = {} if known.is_unsigned else known.entries
        _save(db, generation_id, known, {**context, **base}, is_unsigned=False)


def add_query(
    db: Session, event: Event, query: Mapping[str, str], before: Known, *, is_repeat: bool, event_id: str
) -> None:
    """What an event's address says of its generations. `before`: as they were known before the event."""
    if not query and event.is_signed and not any(known and known.is_unsigned for known in before.values()):
        return
    was_seen = is_repeat or (event.is_signed and any(before.values()) and _is_seen(db, event, event_id))
    for generation_id, known_before in before.items():
        known = context_of(db, generation_id)
        if known is None:
            continue
        if not event.is_signed:
            if known_before is None and not known.is_of_job:
                _save(db, generation_id, known, query, is_unsigned=True)
            elif known.is_unsigned:
                _save(db, generation_id, known, {**query, **known.entries}, is_unsigned=True)
        elif known.is_unsigned:
            _save(db, generation_id, known, query, is_unsigned=False)
        elif known_before is None or not was_seen:
            _save(db, generation_id, known, {**query, **known.entries}, is_unsigned=False)


def _is_seen(db: Session, event: Event, event_id: str) -> bool:
    """Whether these very bytes came before, under another delivery id, which no signature covers either."""
    asked = {"digest": event.digest, "status": event.status, "id": event_id}
    return db.fetch_one("find_same_body", asked) is not None


def _save(
    db: Session,
    generation_id: str,
    known: GenerationContext,
    entries: Mapping[str, str],
    *,
    is_unsigned: bool,
) -> None:
    if entries != known.entries or is_unsigned != known.is_unsigned:
        row = {"id": generation_id, "context": codec.to_json(entries), "context_unsigned": int(is_unsigned)}
        db.execute("save_context", row)
