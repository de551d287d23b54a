"""Fields that several requests share."""

from typing import Annotated, Any

from pydantic import Field, JsonValue

from relay.generation.kinds import kinds

_NAMES: list[JsonValue] = [each.name for each in kinds()]

KindName = Annotated[
    str,
    Field(
        description="Name of the kind of job; GET /api/kinds lists them.",
        examples=["text-to-video"],
        json_schema_extra={"enum": _NAMES},
    ),
]
InputFields = Annotated[
    dict[str, Any],
    Field(
        description="The fields of the kind; GET /api/kinds/{name} has their schema.",
        examples=[{"prompt": "A drone shot over a coastal city at golden hour"}],
    ),
]
Context = Annotated[
    dict[str, str],
    Field(
        description="Your own labels (sku, row ...), delivered with each result. Up to 50 texts.",
        examples=[{"sku": "MUG-1"}],
    ),
]
