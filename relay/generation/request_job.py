"""The one way in: whatever is requested by form, API, pipeline, shop, list or share link becomes a job here.

All rules that a request must keep to are checked here, before anything is stored or sent: a key of
CreativeAI's, the kind and its fields, the context, the files, the limits that no waiting can satisfy, and
that one idempotency key belongs to one request. The budget of a share link is kept by the store, in the step
that makes the job.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

from relay.errors import ApiKeyError, RelayError
from relay.generation import adopt, sample_job
from relay.generation.create_job import InputError, new_job
from relay.generation.pipeline import NewPipeline
from relay.intake import sample_event
from relay.models.job import Created, NewJob, Source, UploadedFile
from relay.models.queue import QueueLimits
from relay.store.contract.generation import JobStore, PipelineStore

OtherInput = Literal["refuse", "another", "keep first"]


class Store(JobStore, PipelineStore, Protocol):
    """The parts of the store that requests use."""


class LimitError(InputError):
    """The request exceeds what a whole day allows, so waiting would not help."""

    def __init__(self, why: str) -> None:
        super().__init__({"": f"{why} Nothing was sent or charged. Request less, or raise the limit."})


class IdempotencyKeyError(RelayError):
    """The key was used for another request. No job was created."""

    def __init__(self) -> None:
        super().__init__("This key was used for another request. Use a new key for a new request.")


@dataclass(frozen=True, slots=True)
class JobRequest:
    """What is requested, unchecked.

    input           the kind's fields; a form gives them as text
    other_input     what the same idempotency key with another input means: refuse it, make another job (a
                    form, changed and sent again), or keep the first (a shop's product has one video)
    share_link_id   the share link whose budget it keeps to; "" for none
    """

    kind: str
    input: Mapping[str, Any]
    source: Source
    context: Mapping[str, str] = field(default_factory=dict)
    files: tuple[UploadedFile, ...] = ()
    idempotency_key: str = ""
    other_input: OtherInput = "refuse"
    batch_id: str = ""
    share_link_id: str = ""


def request_job(
    store: JobStore, request: JobRequest, *, account: str, limits: QueueLimits, now: int
) -> Created:
    """Raises ApiKeyError, InputError, LimitError, IdempotencyKeyError, ShareError and StoreBusyError."""
    (created,) = request_jobs(store, [request], account=account, limits=limits, now=now)
    return created


def request_jobs(
    store: JobStore, requests: Sequence[JobRequest], *, account: str, limits: QueueLimits, now: int
) -> list[Created]:
    """All or none, in order. Raises as `request_job` does, for the first that is refused."""
    _require_key(account)
    jobs = [_checked(request, limits) for request in requests]
    made = store.create_jobs(jobs, now=now)
    for request, job, created in zip(requests, jobs, made, strict=True):
        if request.other_input == "refuse":
            _require_same(created, job.digest)
    return made


def request_pipeline(
    store: PipelineStore,
    pipeline: NewPipeline,
    *,
    account: str,
    limits: QueueLimits,
    now: int,
    idempotency_key: str = "",
    other_input: OtherInput = "refuse",
    share_link_id: str = "",
) -> Created:
    """All of its jobs or none; `Created.job_id` is the pipeline's id. Raises as `request_job` does."""
    _require_key(account)
    for job in pipeline.jobs:
        require_possible(job, limits)
    digest = pipeline.digest if idempotency_key else ""
    created = store.create_pipeline(
        pipeline.name,
        [replace(job, share_link_id=share_link_id) for job in pipeline.jobs],
        context=pipeline.context,
        idempotency_key=f"{idempotency_key}:{digest}" if other_input == "another" else idempotency_key,
        digest=digest,
        now=now,
    )
    if other_input == "refuse":
        _require_same(created, digest)
    return created


def request_adoption(
    store: JobStore, vendor_id: str, context: Mapping[str, str], kind: str = "", *, now: int
) -> Created:
    """A job that follows a generation started elsewhere; nothing is sent for it. Raises InputError."""
    (created,) = store.create_jobs([adopt.running_elsewhere(vendor_id, context, kind)], now=now)
    return created


def request_sample(
    store: JobStore,
    route: sample_job.Route,
    *,
    status: sample_event.Outcome,
    context: Mapping[str, str],
    link: str,
    idempotency_key: str = "",
    now: int,
) -> Created:
    """A job that ends at once with a file of the relay's own, which `link` opens. It needs no key of
    CreativeAI's. Raises InputError and IdempotencyKeyError."""
    job, event = sample_job.sample(
        status=status, context=context, link=link, idempotency_key=idempotency_key, now=now
    )
    created = store.create_sample(job, event, route(event.results, now))
    _require_same(created, job.digest)
    return created


def require_possible(job: NewJob, limits: QueueLimits) -> None:
    """Raises LimitError, except for a shop's new product, where no user is there to read it: that job is
    created, and the queue holds it with the reason until the limit is raised."""
    if job.source is not Source.SHOP and (why := limits.never_allow(job.videos, job.estimate)):
        raise LimitError(why)


def _checked(request: JobRequest, limits: QueueLimits) -> NewJob:
    job = new_job(
        request.kind,
        request.input,
        source=request.source,
        context=request.context,
        files=request.files,
        idempotency_key=request.idempotency_key,
        batch_id=request.batch_id,
    )
    require_possible(job, limits)
    another = request.other_input == "another"
    key = f"{request.idempotency_key}:{job.digest}" if another else request.idempotency_key
    return replace(job, idempotency_key=key, share_link_id=request.share_link_id)


def _require_key(account: str) -> None:
    if not account:
        raise ApiKeyError


def _require_same(created: Created, digest: str) -> None:
    if not created.new and created.digest != digest:
        raise IdempotencyKeyError
