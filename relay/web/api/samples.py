"""Samples: a result out of nothing, to see where it goes."""

from typing import Literal

from pydantic import Field

from relay.generation.request_job import request_sample
from relay.web.api.fields import Context
from relay.web.api.job_schema import JobAnswer
from relay.web.api.jobs import job_answer
from relay.web.api.operation import Answered, AppContext, Call, Operation, Request
from relay.web.api.refusals import as_problems


class SampleRequest(Request):
    """An empty object will do."""

    status: Literal["completed", "failed"] = Field("completed", description="What comes of it.")
    context: Context = Field(default_factory=dict)


def _create(ctx: AppContext, call: Call) -> Answered:
    asked: SampleRequest = call.body
    with as_problems():
        created = request_sample(
            ctx.store,
            ctx.route,
            status=asked.status,
            context=asked.context,
            link=ctx.sample_link,
            idempotency_key=f"{call.token.id}:{call.key}" if call.key else "",
            now=call.now,
        )
    answer = job_answer(ctx, created.job_id, call.now)
    return Answered(answer, created.new, f"/api/jobs/{created.job_id}")


OPERATIONS = (
    Operation(
        "POST",
        "/api/samples",
        "createSample",
        "Jobs",
        "Try where results go",
        JobAnswer,
        _create,
        body=SampleRequest,
        description="A result with a file of the relay's own is stored and delivered like any other. Nothing "
        "is asked of CreativeAI and nothing is spent: it works without a key of theirs. The job's source is "
        "sample, its prompt says so, and so does its context (sample: yes).",
        makes=True,
        takes_key=True,
    ),
)
