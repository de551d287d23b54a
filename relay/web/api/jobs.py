"""Jobs: created, listed, and canceled, retried, refreshed or linked by a person."""

from collections.abc import Mapping

from pydantic import Field

from relay import generation
from relay.generation import actions
from relay.generation.create_job import InputError, known_kind
from relay.models.job import Job, JobStatus, Source
from relay.web.api.fields import Context, InputFields, KindName
from relay.web.api.job_schema import JobResponse, JobsResponse, queue_position_of, shown
from relay.web.api.operation import Answered, Call, Operation, Paging, Request
from relay.web.api.problem import missing
from relay.web.api.refusals import as_problems, require_done
from relay.web.api.types import page
from relay.web.context import AppContext


class JobRequest(Request):
    kind: KindName
    input: InputFields
    context: Context = Field(default_factory=dict)


class JobsQuery(Paging):
    status: JobStatus | None = Field(None, strict=False, description="Only jobs with this status.")
    batch_id: str = Field("", description="Only jobs of this batch.")
    pipeline_id: str = Field("", description="Only jobs of this pipeline.")


class LinkRequest(Request):
    generation_id: str = Field(
        min_length=1,
        max_length=200,
        description="ID of the generation at CreativeAI.",
        examples=["vgen_abc123"],
    )


def _create(ctx: AppContext, call: Call) -> Answered:
    body: JobRequest = call.body
    request = generation.JobRequest(
        body.kind,
        body.input,
        Source.API,
        context=body.context,
        files=call.files,
        idempotency_key=f"{call.token.id}:{call.key}" if call.key else "",
    )
    with as_problems(lambda faults: _named(body, faults, {file.name for file in call.files})):
        created = generation.request_job(
            ctx.store, request, account=ctx.account, limits=ctx.limits, now=call.now
        )
    return Answered(job_response(ctx, created.job_id, call.now), created.new, f"/api/jobs/{created.job_id}")


def _named(body: JobRequest, faults: Mapping[str, str], files: set[str]) -> Mapping[str, str]:
    """The faults by where they are in the request: most are of the input's fields."""
    try:
        beside = {"", "kind", "context", *files, *(each.name for each in known_kind(body.kind).uploads)}
    except InputError:
        return faults
    return {name if name in beside else f"input.{name}": said for name, said in faults.items()}


def _list(ctx: AppContext, call: Call) -> JobsResponse:
    query: JobsQuery = call.query
    found = ctx.store.jobs(
        limit=query.limit + 1,
        before=query.before,
        status=query.status or "",
        batch_id=query.batch_id,
        pipeline_id=query.pipeline_id,
    )
    items, following = page(found, query.limit, shown)
    return JobsResponse(items=items, next=following)


def _one(ctx: AppContext, call: Call) -> JobResponse:
    return job_response(ctx, call.path["id"], call.now)


def _cancel(ctx: AppContext, call: Call) -> JobResponse:
    return _after(ctx, call, actions.cancel(ctx.store, _known(ctx, call), now=call.now))


def _retry(ctx: AppContext, call: Call) -> JobResponse:
    job = _known(ctx, call)
    outcome = actions.retry(ctx.store, job, account=ctx.account, limits=ctx.limits, now=call.now)
    return _after(ctx, call, outcome)


def _refresh(ctx: AppContext, call: Call) -> JobResponse:
    outcome = actions.refresh(ctx.store, _known(ctx, call), account=ctx.account, now=call.now)
    return _after(ctx, call, outcome)


def _link(ctx: AppContext, call: Call) -> JobResponse:
    body: LinkRequest = call.body
    return _after(ctx, call, actions.link(ctx.store, _known(ctx, call), body.generation_id, now=call.now))


def _known(ctx: AppContext, call: Call) -> Job:
    job = ctx.store.job(call.path["id"])
    if job is None:
        raise missing("job")
    return job


def _after(ctx: AppContext, call: Call, outcome: actions.ActionOutcome) -> JobResponse:
    """The job as it is now. Raises StateError when nothing was done."""
    require_done(outcome)
    return job_response(ctx, call.path["id"], call.now)


def job_response(ctx: AppContext, job_id: str, now: int) -> JobResponse:
    job = ctx.store.job(job_id)
    if job is None:
        raise missing("job")
    found = (ctx.store.generation(each) for each in ctx.store.generations_of(job_id))
    return shown(
        job,
        queue_position_of(job, ctx.store.queue_position(job_id, now=now), ctx.limits),
        filter(None, found),
    )


OPERATIONS = (
    Operation(
        "POST",
        "/api/jobs",
        "createJob",
        "Jobs",
        "Create a job",
        JobResponse,
        _create,
        body=JobRequest,
        problems=(409,),
        description="Send an Idempotency-Key: then repeating a request whose response was lost creates no "
        "second job. The key belongs to your token; with a different request it is rejected. A job that no "
        "daily limit could ever cover is rejected with 422, and nothing is charged.",
        makes=True,
        uploads="job",
        takes_key=True,
    ),
    Operation(
        "GET",
        "/api/jobs",
        "listJobs",
        "Jobs",
        "List jobs, newest first",
        JobsResponse,
        _list,
        query=JobsQuery,
    ),
    Operation(
        "GET",
        "/api/jobs/{id}",
        "getJob",
        "Jobs",
        "Get a job with its position in the queue and its generations",
        JobResponse,
        _one,
    ),
    Operation(
        "POST",
        "/api/jobs/{id}/cancel",
        "cancelJob",
        "Jobs",
        "Cancel a job that is not sent yet",
        JobResponse,
        _cancel,
        problems=(409,),
    ),
    Operation(
        "POST",
        "/api/jobs/{id}/retry",
        "retryJob",
        "Jobs",
        "Retry a job",
        JobResponse,
        _retry,
        problems=(409,),
        description="Sends the job once more, which may cost credits again.",
    ),
    Operation(
        "POST",
        "/api/jobs/{id}/refresh",
        "refreshJob",
        "Jobs",
        "Ask CreativeAI about a job now",
        JobResponse,
        _refresh,
        problems=(409,),
        description="This is free. The result arrives as soon as CreativeAI has it.",
    ),
    Operation(
        "POST",
        "/api/jobs/{id}/link",
        "linkJob",
        "Jobs",
        "Link a held job to its generation at CreativeAI",
        JobResponse,
        _link,
        body=LinkRequest,
        problems=(409,),
        description="For a held job whose submit response was lost: the id that you found at CreativeAI.",
    ),
)
