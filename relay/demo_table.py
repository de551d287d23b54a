"""The demo's account: what should have arrived, what did, and the table that shows both."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from relay.model import DeliveryStatus
from relay.sandbox import Misfortune, Sandbox
from relay.store.contract import ReadingStore

Key = tuple[str, str]  # generation, status

_NEVER_ACCEPTED = {Misfortune.TAMPERED, Misfortune.UNSIGNED}
_HEADINGS = ("Generation", "Result", "Webhooks in", "To webhook", "To Slack", "Arrived")


def expected_results(
    jobs: Mapping[str, tuple[Misfortune, ...]], posted: Iterable[tuple[str, str | Mapping[str, Any]]]
) -> set[Key]:
    """Every (generation, status) that an honest sender told of."""
    expected = {
        key for job, ills in jobs.items() if not _NEVER_ACCEPTED & set(ills) for key in _of_job(job, ills)
    }
    for _, payload in posted:
        told = json.loads(payload) if isinstance(payload, str) else payload
        expected |= {(each["id"], each["status"]) for each in told.get("jobs", [told])}
    return expected


def table(expected: set[Key], store: ReadingStore, sandbox: Sandbox) -> tuple[list[str], bool]:
    """Its lines, and whether everything expected, and nothing else, arrived once in effect."""
    deliveries = {(d.generation_id, d.result_status, d.connection): d for d in store.deliveries(limit=10_000)}
    arrivals = {(event.delivery_id, event.status): event.repeats + 1 for event in store.events(limit=10_000)}
    keys = _keys_by_result(sandbox)
    rows, complete = [], set(keys) <= expected
    for generation_id, status in sorted(expected):
        states = [_state(deliveries.get((generation_id, status, name))) for name in ("webhook", "slack")]
        arrived = keys.get((generation_id, status), Counter())
        complete = complete and _is_right(states, arrived)
        came = arrivals.get((generation_id, status))
        rows.append((generation_id, status, f"{came}x" if came else "in a batch", *states, _arrived(arrived)))
    return _aligned([_HEADINGS, *rows]), complete


def _of_job(job: str, ills: tuple[Misfortune, ...]) -> set[Key]:
    both = Misfortune.FAILED_THEN_COMPLETED in ills
    failed = both or Misfortune.FAILED in ills
    completed = both or not failed
    return {(job, status) for status, told in (("failed", failed), ("completed", completed)) if told}


def _keys_by_result(sandbox: Sandbox) -> dict[Key, Counter[str]]:
    """How often the receiver took each idempotency key, by result; what it answered 503 it did not take."""
    found: dict[Key, Counter[str]] = {}
    for received in sandbox.received("demo"):
        if received.status == 200:
            data = json.loads(received.body)["data"]
            headers = {name.lower(): value for name, value in received.headers.items()}
            found.setdefault((data["generation_id"], data["status"]), Counter())[headers["webhook-id"]] += 1
    return found


def _is_right(states: list[str], arrived: Counter[str]) -> bool:
    """Delivered everywhere under one key; skipped is right where a later result was faster."""
    settled = all(state in (DeliveryStatus.DELIVERED, DeliveryStatus.SKIPPED) for state in states)
    return settled and (len(arrived) == 1 or (states[0] == DeliveryStatus.SKIPPED and not arrived))


def _state(delivery: Any) -> str:
    return str(delivery.status) if delivery else "MISSING"


def _arrived(arrived: Counter[str]) -> str:
    if not arrived:
        return "no"
    times = sum(arrived.values())
    return "once" if times == 1 else f"{times}x under {len(arrived)} key{'s' * (len(arrived) > 1)}"


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
