"""Webhooks that nobody signed: a hint, kept apart until the vendor itself says the same.

Nothing of one counts before that, and then its results are those of the vendor's own answer.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from relay.errors import UnsignedError
from relay.intake import events
from relay.models.core import Event, ResultStatus
from relay.store.contract.generation import UnsignedStore

CONFIRMED = "confirmed by CreativeAI"  # stands where the name of the secret stands that signed an event
MOST = 1000
LARGEST = 65_536  # bytes of one, so that strangers fill no disk

_ID = re.compile(r"\w[\w.:-]*", re.ASCII)


def hold_webhook(
    body: bytes, headers: Mapping[str, str], *, label: str, query: str, now: int, store: UnsignedStore
) -> None:
    """When this returns it is on disk, or the job of ours that it tells of is asked about.

    Raises UnsignedError when the vendor cannot be asked about it, MalformedEventError, StoreBusyError.
    """
    size = len(body) + len(query) + sum(len(name) + len(value) for name, value in headers.items())
    if size > LARGEST:
        raise UnsignedError(f"the signature is missing, and the webhook is larger than {LARGEST} bytes")
    event = read(body, headers, label=label, query=query, now=now)
    if not store.poll_job_of(asked_about(event), now=now):
        store.hold_unsigned(event, query, most=MOST)


def read(body: bytes, headers: Mapping[str, str], *, label: str, query: str, now: int) -> Event:
    """The event as it counts once it is confirmed. It goes by an id that will be confirmed with it: what
    its header says could be another event's. Raises UnsignedError, MalformedEventError."""
    event = events.parse(body, headers, label=label, secret=CONFIRMED, received_at=now, query=query)
    if all(result.status is ResultStatus.PROCESSING for result in event.results):
        raise UnsignedError(
            "the signature is missing, and CreativeAI cannot confirm a webhook without an outcome"
        )
    asked = asked_about(event)
    if not _ID.fullmatch(asked):
        raise UnsignedError("the signature is missing, and CreativeAI cannot confirm such an ID")
    own = {asked} | {result.generation_id for result in event.results}
    return event if event.delivery_id in own else replace(event, delivery_id=asked)


def asked_about(event: Event) -> str:
    """The vendor's id of what can be looked up: of the batch, where it is part of one."""
    first = event.results[0]
    return first.vendor_batch_id or first.generation_id
