"""Jobs: created, listed, and canceled, retried, refreshed or linked by a person."""

from pydantic import Field

from relay.generation.create_job import InputError, known_kind, new_job
from relay.models.job import JobStatus, NewJob, Source
from relay.web.api.fields import Context, InputFields, KindName
from relay.web.api.job_schema import JobAnswer, JobsAnswer, queue_position_of, shown
from relay.web.api.operation import KEY_HEADER, Answered, Call, Operation, Paging, Request
from relay.web.api.problem import missing, wrong_fields
from relay.web.api.types import page
from relay.web.context import AppContext, StateError


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
    ctx.needs_key()
    asked: JobRequest = call.body
    try:
        job = new_job(
            asked.kind,
            asked.input,
            source=Source.API,
            context=asked.context,
            files=call.files,
            idempotency_key=f"{call.token.id}:{call.key}" if call.key else "",
        )
    except InputError as error:
        raise wrong_fields(_named(asked, error, {file.name for file in call.files})) from None
    check_budget(ctx, job)
    (created,) = ctx.store.create_jobs([job], now=call.now)
    if not created.new and created.digest != job.digest:
        raise wrong_fields(
            {KEY_HEADER: "This key was used for another request. Use a new key for a new job."}
        )
    return Answered(job_answer(ctx, created.job_id, call.now), created.new, f"/api/jobs/{created.job_id}")


def _named(asked: JobRequest, error: InputError, files: set[str]) -> dict[str, str]:
    """The faults by where they stand in the request: most are of the input's fields."""
    try:
        beside = {"", "kind", "context", *files, *(each.name for each in known_kind(asked.kind).uploads)}
    except InputError:
        return error.faults
    return {name if name in beside else f"input.{name}": said for name, said in error.faults.items()}


def check_budget(ctx: AppContext, job: NewJob) -> None:
    """A job above the daily budget could never start."""
    budget = ctx.limits.credits_per_day
    if budget is not None and job.estimate > budget:
        costs = f"This takes about {job.estimate:g} credits, and CREATIVEAI_CREDITS_PER_DAY allows {budget:g}"
        raise wrong_fields({"input": f"{costs} in 24 hours. Request less, or raise the limit."})


def _list(ctx: AppContext, call: Call) -> JobsAnswer:
    asked: JobsQuery = call.query
    found = ctx.store.jobs(
        limit=asked.limit + 1,
        before=asked.before,
        status=asked.status or "",
        batch_id=asked.batch_id,
        pipeline_id=asked.pipeline_id,
    )
    items, following = page(found, asked.limit, shown)
    return JobsAnswer(items=items, next=following)


def _one(ctx: AppContext, call: Call) -> JobAnswer:
    return job_answer(ctx, call.path["id"], call.now)


def _cancel(ctx: AppContext, call: Call) -> JobAnswer:
    return _decided(ctx, call, "canceled", done=ctx.store.cancel_job(call.path["id"], now=call.now))


def _retry(ctx: AppContext, call: Call) -> JobAnswer:
    ctx.needs_key()
    return _decided(ctx, call, "sent again", done=ctx.store.retry_job(call.path["id"], now=call.now))


def _look(ctx: AppContext, call: Call) -> JobAnswer:
    ctx.needs_key()
    return _decided(ctx, call, "asked about", done=ctx.store.poll_job(call.path["id"], now=call.now))


def _follow(ctx: AppContext, call: Call) -> JobAnswer:
    asked: LinkRequest = call.body
    done = ctx.store.link_job(call.path["id"], asked.generation_id, now=call.now)
    return _decided(ctx, call, "followed", done=done)


_NEEDS = {
    "canceled": "That is for a job that is queued or held, and not being sent at this moment",
    "sent again": "That is for a job that failed, was canceled or is held, was started by this relay, and "
    "still has its files",
    "asked about": "That is for a job that CreativeAI gave an id, is no sample, is not completed or "
    "canceled, and is not being asked about at this moment",
    "followed": "That is for a job that is held",
}


def _decided(ctx: AppContext, call: Call, what: str, *, done: bool) -> JobAnswer:
    """The job as it stands now. Raises StateError when it could not be done."""
    job = job_answer(ctx, call.path["id"], call.now)
    if not done:
        raise StateError(f"The job is {job.status} and was not {what}. {_NEEDS[what]}.")
    return job


def job_answer(ctx: AppContext, job_id: str, now: int) -> JobAnswer:
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
        JobAnswer,
        _create,
        body=JobRequest,
        problems=(409,),
        description="Send an Idempotency-Key: then repeating a request whose response was lost creates no "
        "second job. The key belongs to your token; with a different request it is rejected.",
        makes=True,
        uploads="job",
        takes_key=True,
    ),
    Operation(
        "GET", "/api/jobs", "listJobs", "Jobs", "List jobs, newest first", JobsAnswer, _list, query=JobsQuery
    ),
    Operation(
        "GET",
        "/api/jobs/{id}",
        "getJob",
        "Jobs",
        "Get a job with its position in the queue and its generations",
        JobAnswer,
        _one,
    ),
    Operation(
        "POST",
        "/api/jobs/{id}/cancel",
        "cancelJob",
        "Jobs",
        "Cancel a job that is not sent yet",
        JobAnswer,
        _cancel,
        problems=(409,),
    ),
    Operation(
        "POST",
        "/api/jobs/{id}/retry",
        "retryJob",
        "Jobs",
        "Retry a job",
        JobAnswer,
        _retry,
        problems=(409,),
        description="Sends the job once more, which may cost credits again.",
    ),
    Operation(
        "POST",
        "/api/jobs/{id}/look",
        "lookAtJob",
        "Jobs",
        "Ask CreativeAI about a job now",
        JobAnswer,
        _look,
        problems=(409,),
    ),
    Operation(
        "POST",
        "/api/jobs/{id}/follow",
        "followJob",
        "Jobs",
        "Say what a lost answer had started",
        JobAnswer,
        _follow,
        body=LinkRequest,
        problems=(409,),
        description="For a held job whose answer was lost: the id that you found at CreativeAI.",
    ),
)
