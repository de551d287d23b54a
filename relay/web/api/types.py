"""What the API's responses share: times in ISO 8601, and lists in pages."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, Protocol, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema

Item = TypeVar("Item", bound=BaseModel)


class Row(Protocol):
    @property
    def id(self) -> str: ...


Found = TypeVar("Found", bound=Row)


def _moment(value: Any) -> Any:
    return iso(value) if isinstance(value, int) else value


Moment = Annotated[str, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})]
"""A time in ms, shown as 2026-11-30T18:00:00.000Z."""


class Listed(BaseModel, Generic[Item]):
    """A page of a list, newest first."""

    items: list[Item]
    next: str | None = Field(description="Send this as `before` to get the next page; null: last page.")


def iso(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC).replace(microsecond=milliseconds % 1000 * 1000)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def page(found: Sequence[Found], limit: int, shown: Callable[[Found], Item]) -> tuple[list[Item], str | None]:
    """The items to show of `limit` + 1 rows, and where the next page starts."""
    return [shown(row) for row in found[:limit]], found[limit - 1].id if len(found) > limit else None
