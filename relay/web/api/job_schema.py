"""A job as the API shows it."""

from typing import Any

from pydantic import BaseModel, Field

from relay.generation.status import job_status
from relay.models import queue
from relay.models.core import ResultStatus
from relay.models.job import Job, JobStatus, Source
from relay.models.status import Status
from relay.web.api.types import Listed, Moment
from relay.web.context import AppContext


class QueuePosition(BaseModel):
    """Position of a queued job."""

    position: int = Field(description="1: next in the queue. Videos and other jobs have separate queues.")
    running: int = Field(description="Jobs of this queue that are running at CreativeAI.")
    starts_in_seconds: int | None = Field(
        description="Estimated time until it is sent; null: not before you act, see status_reason."
    )


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
    next_at: Moment | None = Field(
        description="When something happens next without you: it is sent (estimated) or polled; null: "
        "nothing does, or it is not known."
    )
    queue_position: QueuePosition | None = Field(description="null: not queued, or in a list.")
    generations: list[GenerationInJob] | None = Field(description="Its generations; null in a list.")


class JobsResponse(Listed[JobResponse]):
    pass


class JobReader:
    """Shows jobs with what they wait for: the facts of the queue are read once for all of them."""

    def __init__(self, ctx: AppContext, now: int) -> None:
        self._ctx, self._now, self._limits = ctx, now, ctx.limits
        self._queue = ctx.store.queue_state(ctx.account, now=now) if ctx.account else None

    def in_list(self, job: Job) -> JobResponse:
        return _response(job, self.status(job))

    def whole(self, job: Job) -> JobResponse:
        """With its place in the queue and its generations."""
        place = self.place(job)
        found = (self._ctx.store.generation(each) for each in self._ctx.store.generations_of(job.id))
        generations = [
            GenerationInJob(id=each.id, kind=each.kind, status=each.status) for each in found if each
        ]
        status = self.status(job, place)
        return _response(job, status, queue_position_of(place, status, self._now), generations)

    def status(self, job: Job, place: queue.QueuePosition | None = None) -> Status:
        return job_status(job, self._queue, self._limits, self._now, place)

    def place(self, job: Job) -> queue.QueuePosition | None:
        left = self._queue.left(self._limits) if self._queue else {}
        return self._ctx.store.queue_position(job.id, now=self._now, **left)


def queue_position_of(place: queue.QueuePosition | None, status: Status, now: int) -> QueuePosition | None:
    if place is None:
        return None
    seconds = None if status.next_at is None else max(0, status.next_at - now) // 1000
    return QueuePosition(position=place.ahead + 1, running=place.running, starts_in_seconds=seconds)


def _response(
    job: Job,
    status: Status,
    position: QueuePosition | None = None,
    generations: list[GenerationInJob] | None = None,
) -> JobResponse:
    return JobResponse.model_validate(
        {
            **{name: getattr(job, name) for name in JobResponse.model_fields if hasattr(job, name)},
            "status_reason": status.reason,
            "next_at": status.next_at,
            "generation_id": job.vendor_id,
            "submissions": job.submission,
            "queue_position": position,
            "generations": generations,
        }
    )
