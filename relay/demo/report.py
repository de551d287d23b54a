"""The demo's report: what should have arrived, what did, and the table that shows both."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from relay.demo.destinations import CONNECTIONS, Contents
from relay.models.core import ResultStatus
from relay.models.delivery import DeliveryStatus
from relay.store.contract.reading import ReadingStore
from sandbox import Fault, Sandbox

Key = tuple[str, str]  # generation, status

_NEVER_ACCEPTED = {Fault.TAMPERED, Fault.UNSIGNED}
_HEADINGS = ("Generation", "Result", "Webhooks in", *(name.title() for name in CONNECTIONS), "Arrived")
_NOT_SUBSCRIBED = "not subscribed"


@dataclass(frozen=True, slots=True)
class Job:
    sku: str
    faults: tuple[Fault, ...]


def expected_results(
    jobs: Mapping[str, Job], posted: Iterable[tuple[str, str | Mapping[str, Any]]]
) -> set[Key]:
    """Every (generation, status) that an authentic webhook reported."""
    expected = {
        key
        for generation_id, job in jobs.items()
        if not _NEVER_ACCEPTED & set(job.faults)
        for key in _of_job(generation_id, job.faults)
    }
    for _, payload in posted:
        body = json.loads(payload) if isinstance(payload, str) else payload
        expected |= {(each["id"], each["status"]) for each in body.get("jobs", [body])}
    return expected


def table(
    expected: set[Key], store: ReadingStore, sandbox: Sandbox, found: Contents, jobs: Mapping[str, Job]
) -> tuple[list[str], bool]:
    """Its lines, and whether everything expected, and nothing else, arrived without duplicates."""
    deliveries = {(d.generation_id, d.result_status, d.connection): d for d in store.deliveries(limit=10_000)}
    arrivals = {(event.delivery_id, event.status): event.repeats + 1 for event in store.events(limit=10_000)}
    keys = _keys_by_result(sandbox)
    rows, complete = [], set(keys) <= expected
    for generation_id, status in sorted(expected):
        states = [_state(deliveries.get((generation_id, status, name))) for name in CONNECTIONS]
        arrived = keys.get((generation_id, status), Counter())
        complete = complete and _is_right(states, arrived, for_a_product=generation_id in jobs)
        received = arrivals.get((generation_id, status))
        rows.append(
            (generation_id, status, f"{received}x" if received else "in a batch", *states, _arrived(arrived))
        )
    lines, whole = _destinations(expected, found, jobs)
    return [*_aligned([_HEADINGS, *rows]), *lines], complete and whole


def _destinations(expected: set[Key], found: Contents, jobs: Mapping[str, Job]) -> tuple[list[str], bool]:
    """One line per destination: whether each generation is there once, with its final status."""
    final = {
        generation_id: max((s for g, s in expected if g == generation_id), key=_rank)
        for generation_id, _ in expected
    }
    once = {generation_id: [status] for generation_id, status in final.items()}
    with_video = {job.sku for each, job in jobs.items() if final.get(each) == ResultStatus.COMPLETED}
    on_products = {sku: states for sku, states in found.videos.items() if states}
    each_once = Counter(list(final))
    checks = {
        f"Airtable: {len(found.records)} records, one for each generation": found.records == once,
        f"Sheets: {len(found.rows)} rows, one for each generation": found.rows == once,
        f"Slack: {len(found.messages)} messages, one for each generation": found.messages == each_once,
        f"Shopify: {len(on_products)} products, each with its one video": on_products
        == {sku: ["READY"] for sku in with_video},
    }
    return [f"{'ok ' if right else 'BAD'}  {line}" for line, right in checks.items()], all(checks.values())


def _rank(status: str) -> int:
    return ResultStatus(status).rank


def _of_job(job: str, faults: tuple[Fault, ...]) -> set[Key]:
    both = Fault.FAILED_THEN_COMPLETED in faults
    failed = both or Fault.FAILED in faults
    completed = both or not failed
    return {(job, status) for status, reported in (("failed", failed), ("completed", completed)) if reported}


def _keys_by_result(sandbox: Sandbox) -> dict[Key, Counter[str]]:
    """How many times the receiver accepted each idempotency key, by result, without its 503 responses."""
    found: dict[Key, Counter[str]] = {}
    for received in sandbox.received("demo"):
        if received.status == 200:
            data = json.loads(received.body)["data"]
            headers = {name.lower(): value for name, value in received.headers.items()}
            found.setdefault((data["generation_id"], data["status"]), Counter())[headers["webhook-id"]] += 1
    return found


def _is_right(states: Sequence[str], arrived: Counter[str], *, for_a_product: bool) -> bool:
    """Delivered everywhere under one key; skipped is right where a later result was faster.

    A video without a product fails at Shopify, with a note; without a video there is nothing to deliver.
    """
    *everywhere, at_shopify = states
    settled = all(state in (DeliveryStatus.DELIVERED, DeliveryStatus.SKIPPED) for state in everywhere)
    wanted: tuple[str, ...] = (DeliveryStatus.DELIVERED, _NOT_SUBSCRIBED)
    wanted += () if for_a_product else (DeliveryStatus.FAILED,)
    once = len(arrived) == 1 or (states[0] == DeliveryStatus.SKIPPED and not arrived)
    return settled and once and at_shopify in wanted


def _state(delivery: Any) -> str:
    return str(delivery.status) if delivery else _NOT_SUBSCRIBED


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
