"""Fields that several requests share."""

import json
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, JsonValue, WithJsonSchema

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


def _label(value: object) -> object:
    """A spreadsheet or a database has a number where a label is meant."""
    if isinstance(value, (bool, int, float)):
        return json.dumps(value)
    if not isinstance(value, str):
        why = "Give a text, a number, true or false; leave the name out where there is no value"
        raise ValueError(why)  # noqa: TRY004 - pydantic takes no TypeError for a fault of the value
    return value


_Label = Annotated[
    str,
    BeforeValidator(_label),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}]}),
]
Context = Annotated[
    dict[str, _Label],
    Field(
        description="Your own labels (sku, row ...), delivered with each result. Up to 50 texts; numbers, "
        "true and false are taken as text.",
        examples=[{"sku": "MUG-1"}],
    ),
]
