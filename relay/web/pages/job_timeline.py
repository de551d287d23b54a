"""A job told in order: asked, sent, rendered, delivered; each with its time and what is to be known."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from relay.models.core import ResultStatus
from relay.models.job import Job, JobStatus
from relay.models.views import DeliverySummary, ResultRecord
from relay.web.pages.status_labels import DELIVERY, FOUND, Tone

_SOURCES = {
    "api": "through the API",
    "form": "with a form",
    "list": "in a list",
    "shop": "by a new product in the shop",
    "sample": "as a sample: nothing is spent",
    "elsewhere": "outside of the relay, which was told of it",
}


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """`link` leads to what the sentence is about; "" where there is nothing to open."""

    title: str
    tone: Tone
    at: int | None = None
    sentence: str = ""
    link: str = ""
    link_text: str = ""


def timeline(
    job: Job, records: Sequence[ResultRecord], deliveries: Iterable[DeliverySummary]
) -> list[TimelineEntry]:
    chapters = [TimelineEntry("Asked for", "good", job.created_at, f"It was started {_SOURCES[job.source]}.")]
    chapters += _sent(job)
    chapters += [_came(job, record) for record in records if record.result.status is not _PROCESSING]
    if job.status in (JobStatus.FAILED, JobStatus.CANCELED) and not _has_failed(records):
        title = "Failed" if job.status is JobStatus.FAILED else "Canceled"
        chapters.append(
            TimelineEntry(title, "bad", job.settled_at, f"{job.status_reason} {charge(job)}".strip())
        )
    chapters += [_delivered(each) for each in deliveries]
    return chapters


_PROCESSING = ResultStatus.PROCESSING


def charge(job: Job) -> str:
    """Was money spent? From what CreativeAI said; if it said nothing, that."""
    if job.source.value == "sample":
        return "Nothing was charged: it is a sample."
    if job.refunded:
        return f"CreativeAI gave {job.refunded:g} credits back."
    if job.credits is not None:
        return "Nothing was charged." if job.credits == 0 else f"CreativeAI charged {job.credits:g} credits."
    if job.submission == 0 and job.source.value != "elsewhere":
        return "Nothing was charged: it was not sent."
    if job.status.is_final:
        return "CreativeAI did not say what it charged."
    return ""


def _sent(job: Job) -> list[TimelineEntry]:
    if job.status is JobStatus.QUEUED:
        return [TimelineEntry("Waiting for its turn", "waiting", None, job.status_reason)]
    if job.status is JobStatus.HELD:
        return [TimelineEntry("On hold", "bad", None, job.status_reason)]
    if job.status is JobStatus.SUBMITTED:
        return [TimelineEntry("Being sent to CreativeAI", "busy", job.submitted_at)]
    if job.submitted_at is None:
        return []
    known = f"CreativeAI knows it as {job.vendor_id}." if job.vendor_id else ""
    times = f" It was sent {job.submission} times." if job.submission > 1 else ""
    sent = TimelineEntry("Sent to CreativeAI", "good", job.submitted_at, f"{known}{times}".strip())
    if job.status is JobStatus.PROCESSING:
        words = "The result arrives by itself; nobody has to stay on this page."
        return [sent, TimelineEntry("Rendering", "busy", None, job.status_reason or words)]
    return [sent]


def _came(job: Job, record: ResultRecord) -> TimelineEntry:
    result = record.result
    by = FOUND.get(job.found_by, "")
    if result.status is ResultStatus.FAILED:
        said = result.error or "CreativeAI gave no reason."
        return TimelineEntry("Failed", "bad", record.received_at, f"{said} {charge(job)}".strip())
    words = [f"Known {by}." if by else "", _models(record), charge(job)]
    return TimelineEntry("Ready", "good", record.received_at, " ".join(filter(None, words)))


def _models(record: ResultRecord) -> str:
    """Which model made it, where another was asked for."""
    asked, made = record.result.model, record.result.model_actual
    if made and asked and made != asked:
        return f"Asked for the model {asked}; {made} made it."
    return f"Made by {made or asked}." if made or asked else ""


def _has_failed(records: Sequence[ResultRecord]) -> bool:
    return any(record.result.status is ResultStatus.FAILED for record in records)


def _delivered(delivery: DeliverySummary) -> TimelineEntry:
    word = DELIVERY[delivery.status]
    return TimelineEntry(
        f"{word.text}: {delivery.connection}",
        word.tone,
        delivery.settled_at or delivery.due_at,
        delivery.note,
        f"/deliveries/{delivery.id}",
        "Details",
    )
