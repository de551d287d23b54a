"""Generations at CreativeAI, including those that were started elsewhere."""

from pydantic import BaseModel, Field

from relay.delivery.links import Link
from relay.generation.request_job import request_adoption
from relay.models import core
from relay.models.views import GenerationSummary, ResultRecord
from relay.web.api.fields import Context
from relay.web.api.job_schema import JobReader, JobResponse
from relay.web.api.operation import Answered, Call, Operation, Paging, Request
from relay.web.api.problem import missing
from relay.web.api.refusals import as_problems
from relay.web.api.types import Listed, Moment, page
from relay.web.context import AppContext


class AdoptRequest(Request):
    id: str = Field(description="ID of the generation at CreativeAI.", examples=["vgen_abc123"])
    context: Context = Field(default_factory=dict)
    kind: str = Field(
        "", description="Name of its kind, if the ID does not show it.", examples=["image-to-video"]
    )


class Output(BaseModel):
    """A file that CreativeAI created."""

    url: str = Field(description="CreativeAI's link; expires after 7 days.")
    archived_url: str = Field(description="Link to the archived copy; empty without one.")
    archived_until: Moment | None = Field(
        description="When the archived link expires; null: never, or there is no copy."
    )
    type: str = Field(description="MIME type, if known.")
    size: int | None = Field(description="In bytes.")


class Result(BaseModel):
    """A status that a generation reached, with its outputs."""

    status: core.ResultStatus
    received_at: Moment
    event_id: str = Field(description="Event that reported it; empty: found by polling or in the response.")
    outputs: list[Output]
    prompt: str
    model: str = Field(description="The model that was requested.")
    model_actual: str = Field(description="The model that was used, if CreativeAI reported it.")
    error: str = Field(description="CreativeAI's error message.")
    error_code: str
    credits: float | None
    credits_refunded: float | None
    batch_id: str = Field(description="The batch of its job, created by the relay; empty: none.")
    vendor_batch_id: str = Field(
        title="CreativeAI batch ID", description="CreativeAI's batch that it belongs to; empty: none."
    )


class GenerationInList(BaseModel):
    """Something that CreativeAI generates, by its ID."""

    id: str = Field(description="ID at CreativeAI.")
    kind: str
    status: core.ResultStatus
    context: dict[str, str]
    job_id: str = Field(description="The job that started or adopted it; empty without one.")
    created_at: Moment
    updated_at: Moment


class GenerationResponse(GenerationInList):
    """A generation with each status that it reached, the latest last."""

    results: list[Result]


class GenerationsResponse(Listed[GenerationInList]):
    pass


def _adopt(ctx: AppContext, call: Call) -> Answered:
    body: AdoptRequest = call.body
    with as_problems():
        created = request_adoption(ctx.store, body.id, body.context, body.kind, now=call.now)
    kept = ctx.store.job(created.job_id)
    if kept is None:
        raise missing("job")
    return Answered(JobReader(ctx, call.now).in_list(kept), created.new, f"/api/jobs/{kept.id}")


def _list(ctx: AppContext, call: Call) -> GenerationsResponse:
    query: Paging = call.query
    found = ctx.store.generations(limit=query.limit + 1, before=query.before)
    items, following = page(found, query.limit, _in_list)
    return GenerationsResponse(items=items, next=following)


def _one(ctx: AppContext, call: Call) -> GenerationResponse:
    found = ctx.store.generation(call.path["id"])
    if found is None:
        raise missing("generation")
    results = [_result(each, ctx.link, call.now) for each in ctx.store.results(found.id)]
    return GenerationResponse(**_in_list(found).model_dump(), results=results)


def _in_list(found: GenerationSummary) -> GenerationInList:
    return GenerationInList.model_validate(found, from_attributes=True)


def _result(record: ResultRecord, link: Link, now: int) -> Result:
    links = {copy.number: link(copy, now) for copy in record.copies}
    result = record.result
    known = {name: getattr(result, name) for name in Result.model_fields if hasattr(result, name)}
    shown_here = {
        "received_at": record.received_at,
        "event_id": record.event_id,
        "outputs": [_output(each, links.get(number)) for number, each in enumerate(result.outputs, 1)],
    }
    return Result.model_validate(known | shown_here)


def _output(output: core.Output, copy: tuple[str, int | None] | None) -> Output:
    url, until = copy or ("", None)
    kept = {"archived_url": url, "archived_until": until}
    return Output.model_validate({"url": output.url, "type": output.type, "size": output.size, **kept})


OPERATIONS = (
    Operation(
        "POST",
        "/api/generations",
        "adoptGeneration",
        "Generations",
        "Adopt a generation that was started elsewhere",
        JobResponse,
        _adopt,
        body=AdoptRequest,
        makes=True,
        description="Its results get the context, and CreativeAI is polled until they are there, so nothing "
        "is lost if no webhook arrives. Returns the job that tracks it.",
    ),
    Operation(
        "GET",
        "/api/generations",
        "listGenerations",
        "Generations",
        "List generations, newest first",
        GenerationsResponse,
        _list,
        query=Paging,
    ),
    Operation(
        "GET",
        "/api/generations/{id}",
        "getGeneration",
        "Generations",
        "Get a generation with its results",
        GenerationResponse,
        _one,
        takes_vendor_id=True,
    ),
)
