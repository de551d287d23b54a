"""A job as the API shows it."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, Field

from relay.generation import queue_eta
from relay.generation.kinds import kind
from relay.models import queue
from relay.models.core import ResultStatus
from relay.models.job import Job, JobStatus, Source
from relay.models.views import GenerationSummary
from relay.web.api.types import Listed, Moment

_UNKNOWN_SECONDS = (30, 300)  # of a kind that this version does not know


class QueuePosition(BaseModel):
    """Position of a queued job."""

    position: int = Field(description="1: next in the queue. Videos and other jobs have separate queues.")
    running: int = Field(description="Jobs of this queue that are running at CreativeAI.")
    starts_in_seconds: int = Field(description="Estimated time until it is sent.")


class GenerationInJob(BaseModel):
    """A generation of this job."""

    id: str = Field(description="ID at CreativeAI.")
    kind: str
    status: ResultStatus


class JobResponse(BaseModel):
    """Something requested from CreativeAI through the relay."""

    id: str
    kind: str
    status: JobStatus
    status_reason: str = Field(
        description="Why it has this status and what to do, as a sentence; may be empty."
    )
    error_param: str = Field(description="The field that CreativeAI rejected, if it named one.")
    output_kind: str = Field(description="Kind of its results, such as video.")
    input: dict[str, Any]
    context: dict[str, str]
    source: Source = Field(description="Where it was created.")
    estimate: float = Field(description="Estimated cost in credits.")
    credits: float | None = Field(
        description="Credits charged, as reported by CreativeAI; null: not reported."
    )
    refunded: float | None = Field(
        description="Credits refunded, as reported by CreativeAI; null: not reported."
    )
    found_by: str = Field(
        description="How its result was received: response, webhook or recovered (found by polling); empty "
        "before that."
    )
    fan_out: bool = Field(
        description="Whether its results are delivered; false: they only feed other steps of a pipeline."
    )
    batch_id: str
    pipeline_id: str
    step: str
    inputs: dict[str, str] = Field(
        description="For each field that another step fills, the name of that step."
    )
    generation_id: str = Field(
        description="ID of its generation or batch at CreativeAI; empty before it is known."
    )
    submissions: int = Field(description="How many times it was sent to CreativeAI.")
    created_at: Moment
    submitted_at: Moment | None
    due_at: Moment | None = Field(description="When it can be sent at the earliest; null: not queued.")
    poll_at: Moment | None = Field(description="When CreativeAI is polled for it next; null: not at all.")
    settled_at: Moment | None
    queue_position: QueuePosition | None = Field(description="null: not queued, or in a list.")
    generations: list[GenerationInJob] | None = Field(description="Its generations; null in a list.")


class JobsResponse(Listed[JobResponse]):
    pass


def shown(
    job: Job, line: QueuePosition | None = None, generations: Iterable[GenerationSummary] | None = None
) -> JobResponse:
    return JobResponse.model_validate(
        {
            **{name: getattr(job, name) for name in JobResponse.model_fields if hasattr(job, name)},
            "generation_id": job.vendor_id,
            "submissions": job.submission,
            "queue_position": line,
            "generations": None
            if generations is None
            else [GenerationInJob(id=each.id, kind=each.kind, status=each.status) for each in generations],
        }
    )


def queue_position_of(
    job: Job, place: queue.QueuePosition | None, limits: queue.QueueLimits
) -> QueuePosition | None:
    if place is None:
        return None
    try:
        seconds = kind(job.kind).seconds
    except KeyError:
        seconds = _UNKNOWN_SECONDS
    about = queue_eta.about(place, job.rate_bucket, limits, seconds)
    return QueuePosition(position=place.ahead + 1, running=place.running, starts_in_seconds=about // 1000)
