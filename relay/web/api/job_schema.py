"""A job as the API shows it."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, Field

from relay.generation import queue_eta
from relay.generation.kinds import kind
from relay.models.core import ResultStatus
from relay.models.job import Job, JobStatus, Source
from relay.models.queue import QueueLimits, QueuePosition
from relay.models.views import GenerationSummary
from relay.web.api.types import Listed, Moment

_UNKNOWN_SECONDS = (30, 300)  # of a kind that this version does not know


class QueuePositionAnswer(BaseModel):
    """Where a waiting job stands."""

    position: int = Field(description="1: it is sent next. Videos and other jobs queue apart.")
    running: int = Field(description="How many of its lane run at CreativeAI.")
    starts_in_seconds: int = Field(description="About how long until it is sent; an estimate.")


class GenerationInJob(BaseModel):
    """Something that CreativeAI makes or made."""

    id: str = Field(description="CreativeAI's id.")
    kind: str
    status: ResultStatus


class JobAnswer(BaseModel):
    """Something asked for."""

    id: str
    kind: str
    status: JobStatus
    status_reason: str = Field(
        description="What is to be known of its status, and what to do; empty when nothing."
    )
    error_param: str = Field(description="The field that CreativeAI objects to, if it named one.")
    output_kind: str = Field(description="Kind of its results.")
    input: dict[str, Any]
    context: dict[str, str]
    source: Source = Field(description="Who asked for it.")
    estimate: float = Field(description="Credits it will probably cost.")
    credits: float | None = Field(description="What CreativeAI said it charged; null: not said.")
    refunded: float | None = Field(description="What it said it gave back.")
    found_by: str = Field(description="How its result was learned: answer, webhook, recovered; empty so far.")
    fan_out: bool = Field(description="false: its results only feed other steps of a pipeline.")
    batch_id: str
    pipeline_id: str
    step: str
    inputs: dict[str, str] = Field(description="Field, and the step whose first file goes there.")
    generation_id: str = Field(description="CreativeAI's id of it, of its batch; empty so far.")
    sent: int = Field(description="How often it was sent.")
    created_at: Moment
    submitted_at: Moment | None
    due_at: Moment | None = Field(description="When it may be sent at the earliest.")
    poll_at: Moment | None = Field(description="When CreativeAI is asked about it next.")
    settled_at: Moment | None
    queue_position: QueuePositionAnswer | None = Field(
        description="null: it does not wait, or this is a list."
    )
    generations: list[GenerationInJob] | None = Field(description="What came of it; null in a list.")


class JobsAnswer(Listed[JobAnswer]):
    pass


def shown(
    job: Job, line: QueuePositionAnswer | None = None, generations: Iterable[GenerationSummary] | None = None
) -> JobAnswer:
    return JobAnswer.model_validate(
        {
            **{name: getattr(job, name) for name in JobAnswer.model_fields if hasattr(job, name)},
            "generation_id": job.vendor_id,
            "sent": job.submission,
            "queue_position": line,
            "generations": None
            if generations is None
            else [GenerationInJob(id=each.id, kind=each.kind, status=each.status) for each in generations],
        }
    )


def queue_position_of(
    job: Job, place: QueuePosition | None, limits: QueueLimits
) -> QueuePositionAnswer | None:
    if place is None:
        return None
    try:
        seconds = kind(job.kind).seconds
    except KeyError:
        seconds = _UNKNOWN_SECONDS
    about = queue_eta.about(place, job.rate_bucket, limits, seconds)
    return QueuePositionAnswer(
        position=place.ahead + 1, running=place.running, starts_in_seconds=about // 1000
    )
