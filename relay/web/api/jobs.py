"""Jobs: asked for, listed, and what a person decides about them."""

from pydantic import Field

from relay.generation.create_job import WishError, known_kind, new_job
from relay.models.job import JobStatus, NewJob, Source
from relay.web.api.fields import Context, KindName, WishFields
from relay.web.api.job_schema import JobAnswer, JobsAnswer, line_of, shown
from relay.web.api.operation import KEY_HEADER, Answered, Call, Desk, Operation, Paging, Request, StateError
from relay.web.api.problem import missing, wrong_fields
from relay.web.api.types import page


class JobRequest(Request):
    kind: KindName
    wish: WishFields
    context: Context = Field(default_factory=dict)


class JobsQuery(Paging):
    status: JobStatus | None = Field(None, strict=False, description="Only those that stand so.")
    batch_id: str = Field("", description="Only those of this batch.")
    pipeline_id: str = Field("", description="Only those of this pipeline.")


class FollowRequest(Request):
    generation_id: str = Field(
        min_length=1, max_length=200, description="CreativeAI's id of it.", examples=["vgen_abc123"]
    )


def _create(desk: Desk, call: Call) -> Answered:
    desk.needs_key()
    asked: JobRequest = call.body
    try:
        job = new_job(
            asked.kind,
            asked.wish,
            source=Source.API,
            context=asked.context,
            files=call.files,
            idempotency_key=f"{call.token.id}:{call.key}" if call.key else "",
        )
    except WishError as error:
        raise wrong_fields(_named(asked, error, {file.name for file in call.files})) from None
    check_budget(desk, job)
    (created,) = desk.store.create_jobs([job], now=call.now)
    if not created.new and created.digest != job.digest:
        raise wrong_fields(
            {KEY_HEADER: "This key was used for another request. Take a new key for a new job."}
        )
    return Answered(job_answer(desk, created.job_id, call.now), created.new, f"/api/jobs/{created.job_id}")


def _named(asked: JobRequest, error: WishError, files: set[str]) -> dict[str, str]:
    """The faults by where they stand in the request: most are of the wish's fields."""
    try:
        beside = {"", "kind", "context", *files, *(each.name for each in known_kind(asked.kind).uploads)}
    except WishError:
        return error.faults
    return {name if name in beside else f"wish.{name}": said for name, said in error.faults.items()}


def check_budget(desk: Desk, job: NewJob) -> None:
    """What no day's budget covers would wait for ever."""
    budget = desk.limits.credits_per_day
    if budget is not None and job.estimate > budget:
        costs = f"This takes about {job.estimate:g} credits, and CREATIVEAI_CREDITS_PER_DAY allows {budget:g}"
        raise wrong_fields({"wish": f"{costs} in 24 hours. Ask for less, or raise the limit."})


def _list(desk: Desk, call: Call) -> JobsAnswer:
    asked: JobsQuery = call.query
    found = desk.store.jobs(
        limit=asked.limit + 1,
        before=asked.before,
        status=asked.status or "",
        batch_id=asked.batch_id,
        pipeline_id=asked.pipeline_id,
    )
    items, following = page(found, asked.limit, shown)
    return JobsAnswer(items=items, next=following)


def _one(desk: Desk, call: Call) -> JobAnswer:
    return job_answer(desk, call.path["id"], call.now)


def _cancel(desk: Desk, call: Call) -> JobAnswer:
    return _decided(desk, call, "canceled", done=desk.store.cancel_job(call.path["id"], now=call.now))


def _retry(desk: Desk, call: Call) -> JobAnswer:
    desk.needs_key()
    return _decided(desk, call, "sent again", done=desk.store.retry_job(call.path["id"], now=call.now))


def _look(desk: Desk, call: Call) -> JobAnswer:
    desk.needs_key()
    return _decided(desk, call, "asked about", done=desk.store.look_at_job(call.path["id"], now=call.now))


def _follow(desk: Desk, call: Call) -> JobAnswer:
    asked: FollowRequest = call.body
    done = desk.store.follow(call.path["id"], asked.generation_id, now=call.now)
    return _decided(desk, call, "followed", done=done)


_NEEDS = {
    "canceled": "That is for a job that is queued or held, and not being sent at this moment",
    "sent again": "That is for a job that failed, was canceled or is held, was started by this relay, and "
    "still has its files",
    "asked about": "That is for a job that CreativeAI gave an id, is no sample, is not completed or "
    "canceled, and is not being asked about at this moment",
    "followed": "That is for a job that is held",
}


def _decided(desk: Desk, call: Call, what: str, *, done: bool) -> JobAnswer:
    """The job as it stands now. Raises StateError when it could not be done."""
    job = job_answer(desk, call.path["id"], call.now)
    if not done:
        raise StateError(f"The job is {job.status} and was not {what}. {_NEEDS[what]}.")
    return job


def job_answer(desk: Desk, job_id: str, now: int) -> JobAnswer:
    job = desk.store.job(job_id)
    if job is None:
        raise missing("job")
    found = (desk.store.generation(each) for each in desk.store.generations_of(job_id))
    return shown(job, line_of(job, desk.store.place(job_id, now=now), desk.limits), filter(None, found))


OPERATIONS = (
    Operation(
        "POST",
        "/api/jobs",
        "createJob",
        "Jobs",
        "Ask for something",
        JobAnswer,
        _create,
        body=JobRequest,
        problems=(409,),
        description="Send an Idempotency-Key: then a repeat, when the answer was lost, makes no second job. "
        "The key counts per token; with another request it is refused.",
        makes=True,
        uploads="job",
        takes_key=True,
    ),
    Operation(
        "GET", "/api/jobs", "listJobs", "Jobs", "Jobs, newest first", JobsAnswer, _list, query=JobsQuery
    ),
    Operation(
        "GET",
        "/api/jobs/{id}",
        "getJob",
        "Jobs",
        "One job, its place in the line, what came of it",
        JobAnswer,
        _one,
    ),
    Operation(
        "POST",
        "/api/jobs/{id}/cancel",
        "cancelJob",
        "Jobs",
        "Take a job out of the line",
        JobAnswer,
        _cancel,
        problems=(409,),
    ),
    Operation(
        "POST",
        "/api/jobs/{id}/retry",
        "retryJob",
        "Jobs",
        "Send a job once more",
        JobAnswer,
        _retry,
        problems=(409,),
        description="This may cost credits again.",
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
        body=FollowRequest,
        problems=(409,),
        description="For a held job whose answer was lost: the id that you found at CreativeAI.",
    ),
)
