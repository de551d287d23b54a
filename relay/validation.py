"""Validates what a person entered for a model: all faults at once, each starting with its field."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, SecretStr, ValidationError

Model = TypeVar("Model", bound=BaseModel)


def secret_fields(model: type[BaseModel]) -> list[str]:
    return [name for name, field in model.model_fields.items() if SecretStr in _parts(field.annotation)]


def _parts(annotation: Any) -> Iterator[Any]:
    """The type and those in it: of a union, a list, an Annotated."""
    yield annotation
    for part in get_args(annotation):
        yield from _parts(part)


def checked(
    model: type[Model], given: Mapping[str, Any], named: Callable[[str], str] = str
) -> tuple[Model | None, list[str]]:
    """The validated model, or None and its faults. `named` gives the name of a field where it was entered."""
    try:
        return model.model_validate(dict(given)), []
    except ValidationError as error:
        found = [(str((*each["loc"], "")[0]), each) for each in error.errors(include_input=False)]
        return None, [f"{named(field)}: {_fault(model, field, each)}" for field, each in found]


def _fault(model: type[BaseModel], field: str, detail: Mapping[str, Any]) -> str:
    if detail["type"] == "missing":
        return f"is missing. {model.model_fields[field].description or ''}".rstrip()
    if detail["type"] == "string_pattern_mismatch":
        return f"does not look right. {model.model_fields[field].description or ''}".rstrip()
    if detail["type"] == "extra_forbidden":
        return f"is no option here; there are {', '.join(model.model_fields)}"
    return str(detail["msg"]).removeprefix("Value error, ")
