"""What can be asked for, and what it would cost."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from relay.generation.create_job import WishError, known_kind, read_wish
from relay.generation.kinds import Kind, Upload, kind, kinds
from relay.web.api.fields import KindName, WishFields
from relay.web.api.operation import Call, Desk, Operation, Request
from relay.web.api.problem import missing, wrong_fields


class UploadAnswer(BaseModel):
    name: str = Field(description="Name of its part in multipart/form-data.")
    title: str
    description: str
    required: bool
    types: list[str] = Field(description="MIME types that are taken.")
    largest: int = Field(description="In bytes.")


class Duration(BaseModel):
    least: int
    most: int


class KindAnswer(BaseModel):
    """A kind of job."""

    name: str
    group: str
    title: str
    sentence: str
    makes: str = Field(description="Kind of its results.")
    answers: Literal["at once", "later"] = Field(description="Whether CreativeAI answers with the result.")
    seconds: Duration = Field(description="How long it usually takes.")
    uploads: list[UploadAnswer]
    wish: dict[str, Any] = Field(description="JSON schema of what is asked for.")


class KindsAnswer(BaseModel):
    items: list[KindAnswer]


class EstimateRequest(Request):
    kind: KindName
    wish: WishFields


class EstimateAnswer(BaseModel):
    credits: float
    source: Literal["typical", "calculated"] = Field(
        description="typical: from CreativeAI's published samples; calculated: it said so."
    )
    sentence: str = Field(description="The same for a person.")


def shown_upload(upload: Upload) -> UploadAnswer:
    return UploadAnswer(
        name=upload.name,
        title=upload.title,
        description=upload.description,
        required=upload.required,
        types=list(upload.types),
        largest=upload.most,
    )


def _shown(each: Kind) -> KindAnswer:
    return KindAnswer(
        name=each.name,
        group=each.group,
        title=each.title,
        sentence=each.sentence,
        makes=each.makes,
        answers=each.answers,
        seconds=Duration(least=each.seconds[0], most=each.seconds[1]),
        uploads=[shown_upload(upload) for upload in each.uploads],
        wish=each.wish.model_json_schema(),
    )


def _list(_desk: Desk, _call: Call) -> KindsAnswer:
    return KindsAnswer(items=[_shown(each) for each in kinds()])


def _one(_desk: Desk, call: Call) -> KindAnswer:
    try:
        return _shown(kind(call.path["name"]))
    except KeyError:
        raise missing("kind of job") from None


def _estimate(desk: Desk, call: Call) -> EstimateAnswer:
    asked: EstimateRequest = call.body
    try:
        chosen = known_kind(asked.kind)
    except WishError as error:
        raise wrong_fields(error.faults) from None
    wish, faults = read_wish(chosen, asked.wish)
    if wish is None:
        raise wrong_fields({f"wish.{name}".removesuffix("."): said for name, said in faults.items()})
    found = desk.price(chosen, wish, call.now)
    return EstimateAnswer(credits=found.credits, source=found.source, sentence=found.sentence)


OPERATIONS = (
    Operation("GET", "/api/kinds", "listKinds", "Kinds", "What can be asked for", KindsAnswer, _list),
    Operation("GET", "/api/kinds/{name}", "getKind", "Kinds", "One kind and its fields", KindAnswer, _one),
    Operation(
        "POST",
        "/api/estimates",
        "estimate",
        "Kinds",
        "What a job would cost",
        EstimateAnswer,
        _estimate,
        body=EstimateRequest,
        description="Spends nothing. Where CreativeAI names no price beforehand, the typical one is given.",
    ),
)
