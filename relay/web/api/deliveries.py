"""Deliveries: each result sent to a connection, its attempts, and resending."""

from dataclasses import asdict
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from relay.models.delivery import DeliveryStatus, Selection
from relay.models.status import Status
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
    status_reason: str = Field(
        description="Why it has this status, what it waits for and what to do, in sentences; may be empty."
    )
    next_at: Moment | None = Field(
        description="When something happens next without you: it is sent, or its connection's pause ends; "
        "null: nothing does, or it is not known. While others are sent before it, only the response for "
        "this one delivery has an estimate."
    )
    due_at: Moment | None = Field(description="When it can be sent at the earliest; null: no more.")
    settled_at: Moment | None = Field(description="When it was delivered, failed or was skipped.")
    link: str = Field(description="Link to what was created at the destination; empty without one.")


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
    count: int = Field(description="How many deliveries are due again, or with dry_run would be.")
    summary: str = Field(
        description="What happens now, as a sentence: also which deliveries a paused connection keeps. Empty "
        "with dry_run and where there are none."
    )
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
    statuses = ctx.delivery_statuses(found, call.now)
    items, following = page(found, query.limit, lambda each: _in_list(each, statuses[each.id]))
    return DeliveriesResponse(items=items, next=following)


def _one(ctx: AppContext, call: Call) -> DeliveryResponse:
    found = ctx.store.delivery(call.path["id"])
    if found is None:
        raise missing("delivery")
    attempts = ctx.store.attempts(found.id)
    return DeliveryResponse(
        **_in_list(found, ctx.delivery_status(found, call.now)).model_dump(),
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
    resent = ctx.resend(selection, now=call.now, dry=body.dry_run)
    return ReplayResponse(
        count=resent.count, summary="" if body.dry_run else resent.summary, dry_run=body.dry_run
    )


def _in_list(found: DeliverySummary, status: Status) -> DeliveryInList:
    said = {"status_reason": status.reason, "next_at": status.next_at}
    return DeliveryInList.model_validate(asdict(found) | said)


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
        "are being sent now, and those that a later result replaced, are left out. A pause that comes "
        "from a destination's Retry-After ends; a connection that is paused for another reason keeps its "
        "deliveries until you resume it.",
    ),
)
