"""Samples: results that cost nothing, to try deliveries."""

from typing import Literal

from pydantic import Field

from relay.generation import sample_job
from relay.generation.create_job import InputError
from relay.web.api.fields import Context
from relay.web.api.job_schema import JobAnswer
from relay.web.api.jobs import job_answer
from relay.web.api.operation import KEY_HEADER, Answered, Call, Operation, Request
from relay.web.api.problem import wrong_fields
from relay.web.context import AppContext


class SampleRequest(Request):
    """An empty object is enough."""

    status: Literal["completed", "failed"] = Field("completed", description="Status of the sample result.")
    context: Context = Field(default_factory=dict)


def _create(ctx: AppContext, call: Call) -> Answered:
    asked: SampleRequest = call.body
    try:
        created, digest = sample_job.create(
            ctx.store,
            ctx.route,
            status=asked.status,
            context=asked.context,
            link=ctx.sample_link,
            idempotency_key=f"{call.token.id}:{call.key}" if call.key else "",
            now=call.now,
        )
    except InputError as error:
        raise wrong_fields(error.faults) from None
    if not created.new and created.digest != digest:
        words = "This key was used for another request. Use a new key for a new sample."
        raise wrong_fields({KEY_HEADER: words})
    answer = job_answer(ctx, created.job_id, call.now)
    return Answered(answer, created.new, f"/api/jobs/{created.job_id}")


OPERATIONS = (
    Operation(
        "POST",
        "/api/samples",
        "createSample",
        "Jobs",
        "Create a sample result",
        JobAnswer,
        _create,
        body=SampleRequest,
        description="A result with a small video of the relay's own is stored and delivered like any other. "
        "CreativeAI is not called and nothing is spent; no API key is needed. The result is marked as a "
        "sample in the job's source, its prompt and its context (sample: yes).",
        makes=True,
        takes_key=True,
    ),
)
