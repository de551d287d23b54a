"""An operation of the API as data: the routes, the checks, the document and its page are all made from it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from relay.models.job import Token, UploadedFile
from relay.web.any_id import AnyId
from relay.web.context import AppContext

MOST_LISTED = 100
KEY_HEADER = "Idempotency-Key"


class Request(BaseModel):
    """Base of all bodies and queries: an unknown field is an error, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class Paging(Request):
    limit: int = Field(
        50, ge=1, le=MOST_LISTED, strict=False, description="Largest number of items.", examples=[50]
    )
    before: str = Field("", description="The `next` of the previous page.")


@dataclass(frozen=True, slots=True)
class Call:
    """One request, checked. `query` and `body` are the operation's own models; `now` is in ms."""

    token: Token
    now: int
    path: Mapping[str, str] = field(default_factory=dict)
    query: Any = None
    body: Any = None
    files: tuple[UploadedFile, ...] = ()
    key: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """`new`: something was created, and is at `location`."""

    body: BaseModel
    new: bool = False
    location: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One row of the table.

    path      with {names} for its variable parts; each is a text
    id        OpenAPI's operationId, and the name of Flask's endpoint
    response  the body of a successful response
    makes     may respond 201 with a Location, or 200 for an object that already existed
    problems  statuses in addition to those of every operation
    takes_vendor_id  the variable part is an ID of CreativeAI's, which may hold a slash
    uploads   the body may also be multipart/form-data, the JSON in a part of this name; "" : not accepted
    """

    method: Literal["GET", "POST"]
    path: str
    id: str
    group: str
    summary: str
    response: type[BaseModel]
    handler: Callable[[AppContext, Call], Answered | BaseModel]
    query: type[Request] | None = None
    body: type[Request] | None = None
    problems: tuple[int, ...] = ()
    description: str = ""
    makes: bool = False
    uploads: str = ""
    takes_key: bool = False
    takes_vendor_id: bool = False

    @property
    def path_names(self) -> list[str]:
        return re.findall(r"{(\w+)}", self.path)

    @property
    def rule(self) -> str:
        """The path as Flask has it."""
        converter = f"{AnyId.name}:" if self.takes_vendor_id else ""
        return re.sub(r"{(\w+)}", rf"<{converter}\1>", self.path)

    @property
    def statuses(self) -> list[int]:
        """The status of every problem it may respond with."""
        found = {401, 500, 503, *self.problems}
        found |= {404} if self.path_names else set()
        found |= {422} if self.query or self.body or self.takes_key else set()
        found |= {400, 413, 415, 422} if self.body else set()
        return sorted(found)
