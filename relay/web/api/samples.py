"""Samples: results that cost nothing, to try deliveries."""

from typing import Literal

from pydantic import Field

from relay.generation.request_job import request_sample
from relay.web.api.fields import Context
from relay.web.api.job_schema import JobResponse
from relay.web.api.jobs import job_response
from relay.web.api.operation import Answered, Call, Operation, Request
from relay.web.api.refusals import as_problems
from relay.web.context import AppContext


class SampleRequest(Request):
    """An empty object is enough."""

    status: Literal["completed", "failed"] = Field("completed", description="Status of the sample result.")
    context: Context = Field(default_factory=dict)


def _create(ctx: AppContext, call: Call) -> Answered:
    body: SampleRequest = call.body
    with as_problems():
        created = request_sample(
            ctx.store,
            ctx.route,
            status=body.status,
            context=body.context,
            link=ctx.sample_link,
            idempotency_key=f"{call.token.id}:{call.key}" if call.key else "",
            now=call.now,
        )
    response = job_response(ctx, created.job_id, call.now)
    return Answered(response, created.new, f"/api/jobs/{created.job_id}")


OPERATIONS = (
    Operation(
        "POST",
        "/api/samples",
        "createSample",
        "Jobs",
        "Create a sample result",
        JobResponse,
        _create,
        body=SampleRequest,
        description="A result with a small video of the relay's own is stored and delivered like any other. "
        "CreativeAI is not called and nothing is spent; no API key is needed. The result is marked as a "
        "sample in the job's source, its prompt and its context (sample: yes).",
        makes=True,
        takes_key=True,
    ),
)
