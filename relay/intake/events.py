"""Parses a verified webhook into an event and its results: strict about JSON, tolerant about its fields.

An unknown event name, field or status is never an error: CreativeAI tries three times and then never
again, so what cannot be read yet is stored all the same.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from relay.intake import query_context
from relay.intake.strict_json import parse_object
from relay.models.core import Event, Output, Result, ResultStatus
from relay.models.job import REFERENCE_PARAMETER
from relay.models.output_kind import BY_ID_PREFIX

_STATUS = {
    "pending": ResultStatus.PROCESSING,
    "queued": ResultStatus.PROCESSING,
    "processing": ResultStatus.PROCESSING,
    "complete": ResultStatus.COMPLETED,
    "completed": ResultStatus.COMPLETED,
    "succeeded": ResultStatus.COMPLETED,
    "failed": ResultStatus.FAILED,
    "error": ResultStatus.FAILED,
}
_UTILITIES = ("background_removal", "background-removal", "upscale", "restore")  # they make images
_TYPE_BY_ENDING = {
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
}
_LONGEST_ID = 200


def parse(
    body: bytes, headers: Mapping[str, str], *, label: str, secret: str, received_at: int, query: str = ""
) -> Event:
    """Raises MalformedEventError when `body` is not a strict JSON object. `headers` have lower-case names."""
    payload = parse_object(body)
    from_query = query_context.read(query) if query else {}
    name = headers.get("x-creativeai-event", "")[:_LONGEST_ID]
    ending = name.rpartition(".")[2].strip().lower()
    word = _text(payload.get("status")).strip().lower() or ending
    status = _STATUS.get(word) or _STATUS.get(ending)
    delivery_id = (
        _id(headers.get("x-creativeai-delivery-id"))
        or _id(payload.get("id"))
        or _id(payload.get("batch_id"))
        or hashlib.sha256(body).hexdigest()
    )
    return Event(
        delivery_id=delivery_id,
        status=status or word[:_LONGEST_ID],
        name=name,
        label=label,
        secret=secret,
        received_at=received_at,
        headers=headers,
        body=body,
        results=tuple(_results(payload, status, name, delivery_id)),
        context={name: from_query[name] for name in from_query if name != REFERENCE_PARAMETER},
        reference=from_query.get(REFERENCE_PARAMETER, ""),
    )


def _results(
    payload: Mapping[str, Any], status: ResultStatus | None, name: str, delivery_id: str
) -> list[Result]:
    """One for a generation, one per child for a batch, whose own status does not apply to its children."""
    batch_id, jobs = _id(payload.get("batch_id")), payload.get("jobs")
    family = _text(payload.get("object"))
    if isinstance(jobs, list) and (batch_id or not payload.get("id") or family.endswith(".batch")):
        expected_results = [(job, _id(job.get("id"))) for job in jobs if isinstance(job, dict)]
        return [
            _result(
                job, reached, _kind({"object": family} | job, name, child), child, batch_id or delivery_id
            )
            for job, child in expected_results
            if child and (reached := _STATUS.get(_text(job.get("status")).strip().lower()))
        ]
    if status is None or (batch_id and not payload.get("id")):
        return []
    generation_id = _id(payload.get("id")) or delivery_id
    return [_result(payload, status, _kind(payload, name, generation_id), generation_id, batch_id)]


def _result(
    payload: Mapping[str, Any], status: ResultStatus, kind: str, generation_id: str, batch_id: str
) -> Result:
    error, code = _error(payload)
    return Result(
        generation_id=generation_id,
        status=status,
        kind=kind,
        outputs=_outputs(payload),
        prompt=_text(payload.get("prompt")) or _text(payload.get("text")),
        model=_text(payload.get("model")),
        model_actual=_text(payload.get("model_actual")),
        error=error,
        error_code=code,
        credits=_number(payload.get("credits")),
        credits_refunded=_number(payload.get("credits_refunded")),
        vendor_batch_id=batch_id,
        completed_at=_text(payload.get("completed_at")),
    )


def _outputs(payload: Mapping[str, Any]) -> tuple[Output, ...]:
    """`output_url`, else every `data[].url` (one to four images), else `url`."""
    data = payload.get("data")
    listed = [item.get("url") for item in data if isinstance(item, dict)] if isinstance(data, list) else []
    for candidates in ([payload.get("output_url")], listed, [payload.get("url")]):
        links = [link for link in map(_text, candidates) if link.startswith(("https://", "http://"))]
        if links:
            return tuple(Output(url=link, type=_type(link)) for link in links)
    return ()


def _type(link: str) -> str:
    path = link.partition("?")[0].partition("#")[0]
    return _TYPE_BY_ENDING.get(path.rpartition(".")[2].lower(), "")


def _error(payload: Mapping[str, Any]) -> tuple[str, str]:
    """Both documented shapes: `error` {message, type, code}, or `error_message`, or both."""
    error = payload.get("error")
    if isinstance(error, dict):
        message, code = _text(error.get("message")), _text(error.get("code")) or _text(error.get("type"))
    else:
        message, code = _text(error), ""
    return message or _text(payload.get("error_message")), code


def _kind(payload: Mapping[str, Any], name: str, generation_id: str) -> str:
    """From `object` ("video.generation"), else the event's name, else the id's beginning."""
    for word in (_text(payload.get("object")), name):
        if "." in word:
            family = word.partition(".")[0].strip().lower()[:_LONGEST_ID] or "unknown"
            return "image" if family in _UTILITIES else family
    known = BY_ID_PREFIX.get(generation_id.partition("_")[0])
    return known.name if known else "unknown"


def _id(value: object) -> str:
    """Ids are opaque. One too long for an index is replaced by its hash."""
    text = value.strip() if isinstance(value, str) else str(value) if _is_integer(value) else ""
    return text if len(text) <= _LONGEST_ID else hashlib.sha256(text.encode()).hexdigest()


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
