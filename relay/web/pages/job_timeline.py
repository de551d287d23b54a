"""The timeline of a job: created, sent, rendered, delivered; each entry with its time and a sentence."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from relay.models.core import ResultStatus
from relay.models.job import Job, JobStatus
from relay.models.status import Status, sentence
from relay.models.views import DeliverySummary, ResultRecord
from relay.web.pages.status_labels import DELIVERY, FOUND, Tone

_SOURCES = {
    "api": "Created through the API.",
    "form": "Created with a form.",
    "list": "Created from a list.",
    "shop": "Created by a new product in Shopify.",
    "sample": "Created as a sample; no credits are spent.",
    "elsewhere": "Created outside the relay.",
}


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """`at` in ms. `link` leads to what the sentence is about; "" where there is nothing to open."""

    title: str
    tone: Tone
    at: int | None = None
    sentence: str = ""
    link: str = ""
    link_text: str = ""


def timeline(job: Job, status: Status, records: Sequence[ResultRecord]) -> list[TimelineEntry]:
    entries = [TimelineEntry("Created", "good", job.created_at, _SOURCES[job.source])]
    entries += _progress(job, status.reason)
    entries += [_result(job, status, record) for record in records if record.result.status is not _PROCESSING]
    if job.status in (JobStatus.FAILED, JobStatus.CANCELED) and not _has_failed(records):
        title = "Failed" if job.status is JobStatus.FAILED else "Canceled"
        entries.append(
            TimelineEntry(title, "bad", job.settled_at, _with_charge(status.reason, status.charge))
        )
    return entries


def of_deliveries(
    deliveries: Iterable[DeliverySummary], statuses: Mapping[str, Status]
) -> list[TimelineEntry]:
    """`statuses` by the delivery's ID."""
    return [_delivery(each, statuses[each.id]) for each in deliveries]


_PROCESSING = ResultStatus.PROCESSING


def _with_charge(reason: str, charge: str) -> str:
    """The reason as a sentence, then what was charged, unless the reason already says it."""
    return sentence(reason) if "charged" in reason else f"{sentence(reason)} {charge}".strip()


def _progress(job: Job, reason: str) -> list[TimelineEntry]:
    if job.status is JobStatus.QUEUED:
        return [TimelineEntry("Queued", "waiting", None, reason)]
    if job.status is JobStatus.HELD:
        return [TimelineEntry("On hold", "bad", None, reason)]
    if job.status is JobStatus.SUBMITTED:
        return [TimelineEntry("Sending to CreativeAI", "busy", job.submitted_at)]
    if job.submitted_at is None:
        return []
    known = f"CreativeAI ID: {job.vendor_id}." if job.vendor_id else ""
    times = f" Sent {job.submission} times." if job.submission > 1 else ""
    sent = TimelineEntry("Sent to CreativeAI", "good", job.submitted_at, f"{known}{times}".strip())
    if job.status is JobStatus.PROCESSING:
        words = "The result arrives automatically; you can leave this page."
        return [sent, TimelineEntry("Rendering", "busy", None, reason or words)]
    return [sent]


def _result(job: Job, status: Status, record: ResultRecord) -> TimelineEntry:
    result = record.result
    if result.status is ResultStatus.FAILED:
        reason = result.error or "CreativeAI gave no reason."
        return TimelineEntry("Failed", "bad", record.received_at, _with_charge(reason, status.charge))
    sentences = [FOUND.get(job.found_by, ""), _models(record), status.charge]
    return TimelineEntry("Completed", "good", record.received_at, " ".join(filter(None, sentences)))


def _models(record: ResultRecord) -> str:
    """The model that was used, and the requested one where it differs."""
    requested, used = record.result.model, record.result.model_actual
    if used and requested and used != requested:
        return f"Model: {used} (requested: {requested})."
    return f"Model: {used or requested}." if used or requested else ""


def _has_failed(records: Sequence[ResultRecord]) -> bool:
    return any(record.result.status is ResultStatus.FAILED for record in records)


def _delivery(delivery: DeliverySummary, status: Status) -> TimelineEntry:
    word = DELIVERY[delivery.status]
    return TimelineEntry(
        f"{word.text}: {delivery.connection}",
        word.tone,
        delivery.settled_at or status.next_at,
        status.reason,
        f"/deliveries/{delivery.id}",
        "View delivery",
    )
