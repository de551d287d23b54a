"""Unsigned webhooks: stored apart until CreativeAI, when polled, reports the same.

Nothing in them has an effect before that, and then the results are those of CreativeAI's own answer.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from relay.errors import UnsignedError
from relay.intake import events
from relay.models.core import CONFIRMED, Event, ResultStatus
from relay.security.client_address import network
from relay.store.contract.generation import UnsignedStore

MAX_STORED = 1000
LARGEST = 65_536  # bytes of one, so that strangers cannot fill the disk

_ID = re.compile(r"\w[\w.:-]*", re.ASCII)


def hold_webhook(
    body: bytes,
    headers: Mapping[str, str],
    *,
    label: str,
    query: str,
    now: int,
    store: UnsignedStore,
    address: str = "",
) -> None:
    """When this returns it is on disk, or the job of this relay that it is about is polled.

    `address` is the network address that it came from: senders share what room there is.

    Raises UnsignedError when CreativeAI cannot be polled about it, and StoreBusyError, also where the sender
    has had its share of the room.
    """
    size = len(body) + len(query) + sum(len(name) + len(value) for name, value in headers.items())
    if size > LARGEST:
        raise UnsignedError(f"the signature is missing, and the webhook is larger than {LARGEST} bytes")
    event = read(body, headers, label=label, query=query, now=now)
    if not store.poll_job_of(polled_id(event), now=now):
        store.hold_unsigned(
            event, query, most=MAX_STORED, sender=network(address), vendor_id=polled_id(event)
        )


def read(body: bytes, headers: Mapping[str, str], *, label: str, query: str, now: int) -> Event:
    """The event as it is accepted once it is confirmed. Its delivery id is one that is confirmed with it: the
    id in its header could be that of another event. Raises UnsignedError."""
    event = events.parse(body, headers, label=label, secret=CONFIRMED, received_at=now, query=query)
    if all(result.status is ResultStatus.PROCESSING for result in event.results):
        raise UnsignedError(
            "the signature is missing, and CreativeAI cannot confirm a webhook without an outcome"
        )
    own_id = polled_id(event)
    if not _ID.fullmatch(own_id):
        raise UnsignedError("the signature is missing, and CreativeAI cannot confirm such an ID")
    known = {own_id} | {result.generation_id for result in event.results}
    return event if event.delivery_id in known else replace(event, delivery_id=own_id)


def polled_id(event: Event) -> str:
    """CreativeAI's id of what can be polled: of the batch, where it is part of one."""
    first = event.results[0]
    return first.vendor_batch_id or first.generation_id
