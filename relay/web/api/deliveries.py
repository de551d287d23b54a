"""Deliveries: each result sent to a connection, its attempts, and resending."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from relay.models.delivery import DeliveryStatus, Selection
from relay.models.views import DeliverySummary
from relay.web.api.operation import Call, Operation, Paging, Request
from relay.web.api.problem import missing, wrong_fields
from relay.web.api.types import Listed, Moment, page
from relay.web.context import AppContext

MOST_IDS = 1000
_Text = Annotated[str, Field(min_length=1)]


class DeliveriesQuery(Paging):
    status: DeliveryStatus | None = Field(None, strict=False, description="Only deliveries with this status.")
    connection: str = Field("", description="Only deliveries to this connection.")
    generation_id: str = Field("", description="Only deliveries of this generation.")


class DeliveryInList(BaseModel):
    """The delivery of one result to one connection."""

    id: str
    generation_id: str
    result_status: str
    kind: str
    connection: str
    status: DeliveryStatus
    attempt_count: int
    due_at: Moment | None = Field(description="When the next attempt is due; null if none is.")
    settled_at: Moment | None = Field(description="When it was delivered, failed or was skipped.")
    link: str = Field(description="Link to what was created at the destination; empty without one.")
    note: str = Field(description="Result of the last attempt, as a sentence; empty without one.")


class Attempt(BaseModel):
    """One call for a delivery, and its response."""

    number: int
    outcome: str
    started_at: Moment
    milliseconds: int
    http_status: int | None
    message: str
    response: str = Field(validation_alias="answer", description="The beginning of the response body.")


class DeliveryResponse(DeliveryInList):
    """A delivery with all its attempts."""

    attempts: list[Attempt]


class DeliveriesResponse(Listed[DeliveryInList]):
    pass


class ReplayRequest(Request):
    """At least one of ids, connection, status and generation_id; what matches all of them is resent."""

    ids: list[_Text] | None = Field(None, min_length=1, max_length=MOST_IDS)
    connection: _Text | None = None
    status: Literal["failed", "delivered", "retrying", "pending"] | None = None
    generation_id: _Text | None = None
    dry_run: bool = Field(False, description="true: count the deliveries, resend nothing.")


class ReplayResponse(BaseModel):
    count: int = Field(description="How many deliveries will be resent, or with dry_run would be.")
    dry_run: bool


def _list(ctx: AppContext, call: Call) -> DeliveriesResponse:
    query: DeliveriesQuery = call.query
    found = ctx.store.deliveries(
        limit=query.limit + 1,
        before=query.before,
        status=query.status or "",
        connection=query.connection,
        generation_id=query.generation_id,
    )
    items, following = page(found, query.limit, _in_list)
    return DeliveriesResponse(items=items, next=following)


def _one(ctx: AppContext, call: Call) -> DeliveryResponse:
    found = ctx.store.delivery(call.path["id"])
    if found is None:
        raise missing("delivery")
    attempts = ctx.store.attempts(found.id)
    return DeliveryResponse(
        **_in_list(found).model_dump(),
        attempts=[Attempt.model_validate(each, from_attributes=True) for each in attempts],
    )


def _replay(ctx: AppContext, call: Call) -> ReplayResponse:
    body: ReplayRequest = call.body
    if not (body.ids or body.connection or body.status or body.generation_id):
        raise wrong_fields({"": "Enter ids, or choose by connection, status or generation_id."})
    selection = Selection(
        ids=tuple(dict.fromkeys(body.ids or ())),
        connection=body.connection or "",
        status=body.status or "",
        generation_id=body.generation_id or "",
    )
    return ReplayResponse(
        count=ctx.store.replay(selection, now=call.now, dry=body.dry_run), dry_run=body.dry_run
    )


def _in_list(found: DeliverySummary) -> DeliveryInList:
    return DeliveryInList.model_validate(found, from_attributes=True)


OPERATIONS = (
    Operation(
        "GET",
        "/api/deliveries",
        "listDeliveries",
        "Deliveries",
        "List deliveries, newest first",
        DeliveriesResponse,
        _list,
        query=DeliveriesQuery,
    ),
    Operation(
        "GET",
        "/api/deliveries/{id}",
        "getDelivery",
        "Deliveries",
        "Get a delivery with its attempts",
        DeliveryResponse,
        _one,
    ),
    Operation(
        "POST",
        "/api/deliveries/replay",
        "replayDeliveries",
        "Deliveries",
        "Resend deliveries",
        ReplayResponse,
        _replay,
        body=ReplayRequest,
        description="Each delivery keeps its key, so destinations can recognise a repeat. Deliveries that "
        "are being sent now, and those that a later result replaced, are left out.",
    ),
)
