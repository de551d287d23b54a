"""Encodes a result's details as text, and back. Fields with columns of their own are left out."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from relay.models.archive import Copy
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


def decode(
    text: str, *, generation_id: str, status: str, kind: str, batch_id: str, copies: Iterable[Copy] = ()
) -> Result:
    """`batch_id` is that of the generation's job, "" without one.

    An output with an archived copy has the copy's type and size: those are of the file, the others a report.
    """
    known = json.loads(text)
    copy_of = {copy.number: copy for copy in copies}
    outputs = tuple(
        _described(Output(*output), copy_of.get(number))
        for number, output in enumerate(known.pop("outputs", ()), 1)
    )
    return Result(
        generation_id=generation_id,
        status=ResultStatus(status),
        kind=kind,
        outputs=outputs,
        batch_id=batch_id,
        **known,
    )


def _described(output: Output, copy: Copy | None) -> Output:
    if copy is None:
        return output
    return replace(
        output, type=copy.type or output.type, size=output.size if copy.size is None else copy.size
    )


def gained(text: str, result: Result) -> dict[str, Any]:
    """What `result` says that the stored details do not."""
    known = json.loads(text)
    return {name: value for name, value in details(result).items() if name not in known}


def filled(text: str, more: Mapping[str, Any]) -> str:
    return to_json(json.loads(text) | dict(more))


def to_json(values: Mapping[str, Any]) -> str:
    return _encode(values) if values else "{}"


_encode: Callable[[Mapping[str, Any]], str] = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":")
).encode
