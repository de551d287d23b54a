"""The fields that several requests have in common."""

from typing import Annotated, Any

from pydantic import Field, JsonValue

from relay.generation.kinds import kinds

_NAMES: list[JsonValue] = [each.name for each in kinds()]

KindName = Annotated[
    str,
    Field(description="Name of the kind.", examples=["text-to-video"], json_schema_extra={"enum": _NAMES}),
]
WishFields = Annotated[
    dict[str, Any],
    Field(
        description="The kind's own fields; GET /api/kinds/{name} has their schema.",
        examples=[{"prompt": "A drone shot over a coastal city at golden hour"}],
    ),
]
Context = Annotated[
    dict[str, str],
    Field(
        description="What the results are for; it travels with them. Up to 50 texts: sku, row ...",
        examples=[{"sku": "MUG-1"}],
    ),
]
