"""The least that each kind needs, and what a kind refuses."""

from typing import Any

from pydantic import BaseModel, ValidationError

from relay.generation.kinds import JobInput, Kind, kind, kinds

LINK = "https://example.com/a.png"
DATA = {"type": "line", "labels": ["Q1", "Q2"], "datasets": [{"label": "Revenue", "data": [1.2, 1.8]}]}


def least(chosen: Kind) -> dict[str, Any]:
    """The example of the whole input where there is one, else the examples of the required fields."""
    schema = chosen.input.model_json_schema()
    return dict(schema["examples"][0]) if "examples" in schema else chosen.input.required_examples()


LEAST = {each.name: least(each) for each in kinds()}


def job_input(name: str, **fields: Any) -> JobInput:
    return kind(name).input.model_validate({**least(kind(name)), **fields})


def refused(model: type[BaseModel], fields: dict[str, Any]) -> list[str]:
    """The fields that are refused, by name."""
    try:
        model.model_validate(fields)
    except ValidationError as error:
        return [str(each["loc"][0]) for each in error.errors()]
    return []


def faults(name: str, **fields: Any) -> list[str]:
    return refused(kind(name).input, {**least(kind(name)), **fields})
