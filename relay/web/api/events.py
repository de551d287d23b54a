"""Events: incoming webhooks as received."""

import base64

from pydantic import BaseModel, Field

from relay.models.views import EventSummary
from relay.web.api.operation import Call, Operation, Paging
from relay.web.api.problem import missing
from relay.web.api.types import Listed, Moment, page
from relay.web.context import AppContext


class EventInList(BaseModel):
    """A verified webhook."""

    id: str
    delivery_id: str = Field(description="CreativeAI's ID of this delivery of the webhook.")
    status: str
    name: str = Field(description="CreativeAI's name of the event, such as video.generation.completed.")
    label: str = Field(description="The last part of the webhook address that it was sent to.")
    secret: str = Field(description="Name of the secret that it was signed with.")
    received_at: Moment
    repeats: int = Field(description="Number of duplicates received.")
    changed: int = Field(description="Number of duplicates with a different body.")
    deliveries: str = Field(description="Connections that get its results, with the status of each delivery.")


class EventResponse(EventInList):
    """An event with its headers and exact body."""

    headers: dict[str, str]
    body: str | None = Field(
        description="As text; bytes that are not UTF-8 are replaced. null: removed by payload retention."
    )
    body_base64: str | None = Field(
        description="The exact bytes in base64; null: removed by payload retention."
    )


class EventsResponse(Listed[EventInList]):
    pass


class RefusedInList(BaseModel):
    """Webhooks that were refused within an hour for one reason. Nothing else of them is kept."""

    id: str
    hour: Moment = Field(description="When the hour began.")
    reason: str = Field(description="What was missing or wrong.")
    count: int = Field(description="Number of webhooks.")
    last_at: Moment = Field(description="When the last of them came.")
    last_sender: str = Field(description="Network address that the last of them came from.")


class RefusedResponse(Listed[RefusedInList]):
    pass


def _list(ctx: AppContext, call: Call) -> EventsResponse:
    query: Paging = call.query
    found = ctx.store.events(limit=query.limit + 1, before=query.before)
    items, following = page(found, query.limit, _in_list)
    return EventsResponse(items=items, next=following)


def _one(ctx: AppContext, call: Call) -> EventResponse:
    found = ctx.store.event(call.path["id"])
    if found is None:
        raise missing("event")
    body = found.body
    return EventResponse(
        **_in_list(found.summary).model_dump(),
        headers=dict(found.headers),
        body=None if body is None else body.decode("utf-8", "replace"),
        body_base64=None if body is None else base64.b64encode(body).decode(),
    )


def _refused(ctx: AppContext, call: Call) -> RefusedResponse:
    query: Paging = call.query
    found = ctx.store.refused_webhooks(limit=query.limit + 1, before=query.before)
    items, following = page(
        found, query.limit, lambda each: RefusedInList.model_validate(each, from_attributes=True)
    )
    return RefusedResponse(items=items, next=following)


def _in_list(found: EventSummary) -> EventInList:
    return EventInList.model_validate(found, from_attributes=True)


OPERATIONS = (
    Operation(
        "GET",
        "/api/events",
        "listEvents",
        "Events",
        "List incoming webhooks, newest first",
        EventsResponse,
        _list,
        query=Paging,
    ),
    Operation(
        "GET",
        "/api/events/{id}",
        "getEvent",
        "Events",
        "Get an incoming webhook with its headers and exact body",
        EventResponse,
        _one,
    ),
    Operation(
        "GET",
        "/api/refused-webhooks",
        "listRefusedWebhooks",
        "Events",
        "List how many webhooks were refused, by hour and reason, newest first",
        RefusedResponse,
        _refused,
        query=Paging,
        description="A webhook of CreativeAI or Shopify is refused when its signature is missing or invalid. "
        "Counts appear about a second later.",
    ),
)
