"""Generations: what CreativeAI makes or made, also those that were started elsewhere."""

from pydantic import BaseModel, Field

from relay.delivery.links import Link
from relay.generation.adopt import running_elsewhere
from relay.generation.create_job import InputError
from relay.models.core import Output, ResultStatus
from relay.models.views import GenerationSummary, ResultRecord
from relay.web.api.fields import Context
from relay.web.api.job_schema import JobAnswer, shown
from relay.web.api.operation import Answered, Call, Operation, Paging, Request
from relay.web.api.problem import missing, wrong_fields
from relay.web.api.types import Listed, Moment, page
from relay.web.context import AppContext


class AdoptRequest(Request):
    id: str = Field(description="CreativeAI's id of it.", examples=["vgen_abc123"])
    context: Context = Field(default_factory=dict)
    kind: str = Field(
        "", description="Name of its kind, where its id does not tell.", examples=["image-to-video"]
    )


class OutputAnswer(BaseModel):
    """A file that was made."""

    url: str = Field(description="CreativeAI's link; it dies after 7 days.")
    archived_url: str = Field(description="The link of our copy; empty without one.")
    archived_until: Moment | None = Field(description="When that dies; null: never, or there is none.")
    type: str = Field(description="MIME type, where it is known.")
    size: int | None = Field(description="In bytes.")


class ResultAnswer(BaseModel):
    """A status that a generation reached, and what came of it."""

    status: ResultStatus
    received_at: Moment
    event_id: str = Field(description="Of the webhook that brought it; empty: it was learned by asking.")
    outputs: list[OutputAnswer]
    prompt: str
    model: str = Field(description="The model that was asked for.")
    model_actual: str = Field(description="The model that made it, where CreativeAI said so.")
    error: str = Field(description="CreativeAI's words for a failure.")
    error_code: str
    credits: float | None
    credits_refunded: float | None
    batch_id: str = Field(description="The batch of its job, made by the relay; empty: none.")
    vendor_batch_id: str = Field(description="CreativeAI's batch that it belongs to; empty: none.")


class GenerationInList(BaseModel):
    """Something that CreativeAI makes or made."""

    id: str = Field(description="CreativeAI's id.")
    kind: str
    status: ResultStatus
    context: dict[str, str]
    job_id: str = Field(description="The job that started or adopted it; empty: none did.")
    created_at: Moment
    updated_at: Moment


class GenerationAnswer(GenerationInList):
    """One generation and each status that it reached, the latest last."""

    results: list[ResultAnswer]


class GenerationsAnswer(Listed[GenerationInList]):
    pass


def _adopt(ctx: AppContext, call: Call) -> Answered:
    asked: AdoptRequest = call.body
    try:
        job = running_elsewhere(asked.id, asked.context, asked.kind)
    except InputError as error:
        raise wrong_fields(error.faults) from None
    (created,) = ctx.store.create_jobs([job], now=call.now)
    kept = ctx.store.job(created.job_id)
    if kept is None:
        raise missing("job")
    return Answered(shown(kept), created.new, f"/api/jobs/{kept.id}")


def _list(ctx: AppContext, call: Call) -> GenerationsAnswer:
    asked: Paging = call.query
    found = ctx.store.generations(limit=asked.limit + 1, before=asked.before)
    items, following = page(found, asked.limit, _in_list)
    return GenerationsAnswer(items=items, next=following)


def _one(ctx: AppContext, call: Call) -> GenerationAnswer:
    found = ctx.store.generation(call.path["id"])
    if found is None:
        raise missing("generation")
    results = [_result(each, ctx.link, call.now) for each in ctx.store.results(found.id)]
    return GenerationAnswer(**_in_list(found).model_dump(), results=results)


def _in_list(found: GenerationSummary) -> GenerationInList:
    return GenerationInList.model_validate(found, from_attributes=True)


def _result(record: ResultRecord, link: Link, now: int) -> ResultAnswer:
    links = {copy.number: link(copy, now) for copy in record.copies}
    result = record.result
    known = {name: getattr(result, name) for name in ResultAnswer.model_fields if hasattr(result, name)}
    told = {
        "received_at": record.received_at,
        "event_id": record.event_id,
        "outputs": [_output(each, links.get(number)) for number, each in enumerate(result.outputs, 1)],
    }
    return ResultAnswer.model_validate(known | told)


def _output(output: Output, copy: tuple[str, int | None] | None) -> OutputAnswer:
    url, until = copy or ("", None)
    kept = {"archived_url": url, "archived_until": until}
    return OutputAnswer.model_validate({"url": output.url, "type": output.type, "size": output.size, **kept})


OPERATIONS = (
    Operation(
        "POST",
        "/api/generations",
        "adoptGeneration",
        "Generations",
        "Take over what was started elsewhere",
        JobAnswer,
        _adopt,
        body=AdoptRequest,
        makes=True,
        description="The context goes to its results, and CreativeAI is asked about it until they are there: "
        "nothing is lost if no webhook comes. The answer is the job that follows it.",
    ),
    Operation(
        "GET",
        "/api/generations",
        "listGenerations",
        "Generations",
        "Generations, newest first",
        GenerationsAnswer,
        _list,
        query=Paging,
    ),
    Operation(
        "GET",
        "/api/generations/{id}",
        "getGeneration",
        "Generations",
        "One generation and its results",
        GenerationAnswer,
        _one,
    ),
)
