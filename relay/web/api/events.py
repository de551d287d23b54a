"""Events: the webhooks as they came in."""

import base64

from pydantic import BaseModel, Field

from relay.models.views import EventSummary
from relay.web.api.operation import Call, Operation, Paging
from relay.web.api.problem import missing
from relay.web.api.types import Listed, Moment, page
from relay.web.context import AppContext


class EventInList(BaseModel):
    """An authentic webhook."""

    id: str
    delivery_id: str = Field(description="CreativeAI's id of it.")
    status: str
    name: str = Field(description="What CreativeAI calls it, such as video.generation.completed.")
    label: str = Field(description="The last part of the address that it was posted to.")
    secret: str = Field(description="Name of the secret that signed it.")
    received_at: Moment
    repeats: int = Field(description="How often it came again.")
    changed: int = Field(description="How often with another body.")
    deliveries: str = Field(description="Who gets its results, and how far that is.")


class EventAnswer(EventInList):
    """An event with what arrived, to the byte."""

    headers: dict[str, str]
    body: str | None = Field(description="As text; what is not UTF-8 is replaced. null: it was pruned.")
    body_base64: str | None = Field(description="The exact bytes.")


class EventsAnswer(Listed[EventInList]):
    pass


def _list(ctx: AppContext, call: Call) -> EventsAnswer:
    asked: Paging = call.query
    found = ctx.store.events(limit=asked.limit + 1, before=asked.before)
    items, following = page(found, asked.limit, _in_list)
    return EventsAnswer(items=items, next=following)


def _one(ctx: AppContext, call: Call) -> EventAnswer:
    found = ctx.store.event(call.path["id"])
    if found is None:
        raise missing("event")
    body = found.body
    return EventAnswer(
        **_in_list(found.summary).model_dump(),
        headers=dict(found.headers),
        body=None if body is None else body.decode("utf-8", "replace"),
        body_base64=None if body is None else base64.b64encode(body).decode(),
    )


def _in_list(found: EventSummary) -> EventInList:
    return EventInList.model_validate(found, from_attributes=True)


OPERATIONS = (
    Operation(
        "GET",
        "/api/events",
        "listEvents",
        "Events",
        "Webhooks that came in, newest first",
        EventsAnswer,
        _list,
        query=Paging,
    ),
    Operation(
        "GET",
        "/api/events/{id}",
        "getEvent",
        "Events",
        "One webhook with its headers and exact body",
        EventAnswer,
        _one,
    ),
)
