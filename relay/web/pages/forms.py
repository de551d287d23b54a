"""A form made from a pydantic model: each field's control, with its value and its fault."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import annotated_types
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from relay.generation.kinds import Kind, Upload

_LONG = 200  # characters; a field that may be longer is a textarea


@dataclass(frozen=True, slots=True)
class Control:
    """One field. `type` is an input's, or select, textarea, checkbox. `options`: (value, label)."""

    name: str
    title: str
    help: str
    type: str
    required: bool
    value: str = ""
    fault: str = ""
    options: tuple[tuple[str, str], ...] = ()
    suggestions: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    step: str = "any"
    rows: int = 3
    accept: str = ""


def controls(
    model: type[BaseModel], given: Mapping[str, str], faults: Mapping[str, str], *, prefix: str = ""
) -> list[Control]:
    """In the model's order. `given`: what was entered so far, by field, as text."""
    return [
        _control(f"{prefix}{name}", field, given, faults.get(f"{prefix}{name}", ""))
        for name, field in model.model_fields.items()
    ]


def uploads(kind: Kind | tuple[Upload, ...], faults: Mapping[str, str]) -> list[Control]:
    return [
        Control(
            name=each.name,
            title=each.title,
            help=each.description,
            type="file",
            required=each.required,
            fault=faults.get(each.name, ""),
            accept=",".join(each.types),
        )
        for each in (kind.uploads if isinstance(kind, Kind) else kind)
    ]


def text_of(value: Any) -> str:
    """A field's value as its control shows it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, BaseModel):
        return value.model_dump_json(exclude_none=True)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list | tuple | set | frozenset):
        return "\n".join(text_of(each) for each in value)
    return str(value)


def _control(name: str, field: FieldInfo, given: Mapping[str, str], fault: str) -> Control:
    bare = _bare(field.annotation)
    default = "" if field.is_required() else text_of(field.get_default(call_default_factory=True))
    shape = _shape(bare, field, optional=_is_optional(field.annotation))
    return Control(
        name=name,
        title=field.title or name,
        help=field.description or "",
        required=field.is_required(),
        value=given.get(name, default),
        fault=fault,
        suggestions=_suggestions(field),
        **shape,
    )


def _shape(bare: Any, field: FieldInfo, *, optional: bool) -> dict[str, Any]:
    """The control's type and bounds, from the field's."""
    if bare is bool:
        choices = (("", "CreativeAI's default"), ("true", "Yes"), ("false", "No"))
        return {"type": "select", "options": choices} if optional else {"type": "checkbox"}
    if get_origin(bare) is Literal:
        words = tuple((str(each), str(each).replace("_", " ")) for each in get_args(bare))
        return {"type": "select", "options": (("", "No preference"), *words) if optional else words}
    if bare in (int, float):
        step = "1" if bare is int else "any"
        return {"type": "number", "least": _bound(field, "ge"), "most": _bound(field, "le"), "step": step}
    if bare is SecretStr:
        return {"type": "password"}
    longest = _bound(field, "max_length")
    several = get_origin(bare) in (list, dict) or (isinstance(bare, type) and issubclass(bare, BaseModel))
    if several or (not _suggestions(field) and _is_long(field, longest)):
        return {"type": "textarea", "most": None if several else longest, "rows": 4}
    return {"type": "text"}


def _is_long(field: FieldInfo, longest: float | None) -> bool:
    """A text that people write sentences into: its example has several words."""
    example = field.examples[0] if field.examples else ""
    return len(str(example).split()) > 4 or (longest or 0) > _LONG


def _suggestions(field: FieldInfo) -> tuple[str, ...]:
    extra = field.json_schema_extra
    found = extra.get("suggestions") if isinstance(extra, dict) else None
    return tuple(str(each) for each in found) if isinstance(found, list) else ()


def _bound(field: FieldInfo, name: str) -> float | None:
    kinds = {"ge": annotated_types.Ge, "le": annotated_types.Le, "max_length": annotated_types.MaxLen}
    return next((getattr(each, name) for each in field.metadata if isinstance(each, kinds[name])), None)


def _bare(annotation: Any) -> Any:
    """Without None and without the checks around it."""
    if get_origin(annotation) in (Union, UnionType):
        (first, *_) = [each for each in get_args(annotation) if each is not type(None)]
        return _bare(first)
    if hasattr(annotation, "__metadata__"):
        return _bare(get_args(annotation)[0])
    return annotation


def _is_optional(annotation: Any) -> bool:
    if hasattr(annotation, "__metadata__"):
        return _is_optional(get_args(annotation)[0])
    return get_origin(annotation) in (Union, UnionType) and type(None) in get_args(annotation)
