"""Encodes a result's details as text, and back. Fields with columns of their own are left out."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from relay.models.core import Output, Result, ResultStatus

_TEXTS = ("prompt", "model", "model_actual", "error", "error_code", "vendor_batch_id", "completed_at")
_NUMBERS = ("credits", "credits_refunded")


def encode(result: Result) -> str:
    return to_json(details(result))


def details(result: Result) -> dict[str, Any]:
    """Only non-empty fields, so that a later report can fill the others."""
    known: dict[str, Any] = {name: value for name in _TEXTS if (value := getattr(result, name))}
    known |= {name: value for name in _NUMBERS if (value := getattr(result, name)) is not None}
    if result.outputs:
        known["outputs"] = [[output.url, output.type, output.size] for output in result.outputs]
    return known


def decode(text: str, *, generation_id: str, status: str, kind: str, batch_id: str) -> Result:
    """`batch_id` is that of the generation's job, "" without one."""
    known = json.loads(text)
    outputs = tuple(Output(*output) for output in known.pop("outputs", ()))
    return Result(
        generation_id=generation_id,
        status=ResultStatus(status),
        kind=kind,
        outputs=outputs,
        batch_id=batch_id,
        **known,
    )


def has_outputs(text: str) -> bool:
    return "outputs" in json.loads(text)


def filled(text: str, result: Result) -> str | None:
    """The stored details with their gaps filled from `result`, or None when there is nothing to fill."""
    known = json.loads(text)
    merged = details(result) | known
    return to_json(merged) if merged != known else None


to_json: Callable[[Mapping[str, Any]], str] = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":")
).encode
