"""Kinds of jobs, and estimates of what a job costs."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from relay.generation.create_job import InputError, known_kind, read_input
from relay.generation.kinds import Kind, base, kind, kinds
from relay.web.api.fields import InputFields, KindName
from relay.web.api.operation import Call, Operation, Request
from relay.web.api.problem import missing, wrong_fields
from relay.web.context import AppContext


class Upload(BaseModel):
    name: str = Field(description="Name of the part in multipart/form-data.")
    title: str
    description: str
    required: bool
    types: list[str] = Field(description="MIME types that are accepted.")
    max_bytes: int = Field(description="Largest size in bytes.")


class Duration(BaseModel):
    """In seconds."""

    min: int
    max: int


class KindResponse(BaseModel):
    """A kind of job."""

    name: str
    group: str
    title: str
    summary: str
    output_kind: str = Field(description="Kind of its results, such as video.")
    mode: Literal["sync", "async"] = Field(
        description="sync: CreativeAI's response has the result; async: it follows later."
    )
    seconds: Duration = Field(description="Usual duration.")
    uploads: list[Upload]
    input: dict[str, Any] = Field(description="JSON schema of a job's input.")


class KindsResponse(BaseModel):
    items: list[KindResponse]


class EstimateRequest(Request):
    kind: KindName
    input: InputFields


class EstimateResponse(BaseModel):
    credits: float
    source: Literal["typical", "calculated"] = Field(
        description="calculated: named by CreativeAI; typical: from CreativeAI's published samples."
    )
    summary: str = Field(description="The estimate as a sentence.")


def shown_upload(upload: base.Upload) -> Upload:
    return Upload(
        name=upload.name,
        title=upload.title,
        description=upload.description,
        required=upload.required,
        types=list(upload.types),
        max_bytes=upload.max_bytes,
    )


def _shown(each: Kind) -> KindResponse:
    return KindResponse(
        name=each.name,
        group=each.group,
        title=each.title,
        summary=each.summary,
        output_kind=each.output_kind,
        mode=each.mode,
        seconds=Duration(min=each.seconds[0], max=each.seconds[1]),
        uploads=[shown_upload(upload) for upload in each.uploads],
        input=each.input.model_json_schema(),
    )


def _list(_ctx: AppContext, _call: Call) -> KindsResponse:
    return KindsResponse(items=[_shown(each) for each in kinds()])


def _one(_ctx: AppContext, call: Call) -> KindResponse:
    try:
        return _shown(kind(call.path["name"]))
    except KeyError:
        raise missing("kind of job") from None


def _estimate(ctx: AppContext, call: Call) -> EstimateResponse:
    body: EstimateRequest = call.body
    try:
        chosen = known_kind(body.kind)
    except InputError as error:
        raise wrong_fields(error.faults) from None
    job_input, faults = read_input(chosen, body.input)
    if job_input is None:
        raise wrong_fields({f"input.{name}".removesuffix("."): said for name, said in faults.items()})
    found = ctx.price(chosen, job_input, call.now)
    return EstimateResponse(credits=found.credits, source=found.source, summary=found.summary)


OPERATIONS = (
    Operation("GET", "/api/kinds", "listKinds", "Kinds", "List kinds of jobs", KindsResponse, _list),
    Operation(
        "GET", "/api/kinds/{name}", "getKind", "Kinds", "Get a kind with its fields", KindResponse, _one
    ),
    Operation(
        "POST",
        "/api/estimates",
        "estimate",
        "Kinds",
        "Estimate what a job costs",
        EstimateResponse,
        _estimate,
        body=EstimateRequest,
        description="Costs nothing. Without a price from CreativeAI, a typical price is returned.",
    ),
)
