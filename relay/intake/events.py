"""Parses a verified webhook into an event and its results, tolerant about everything.

Nothing in an authentic webhook is an error, not an unknown event name, field or status, nor a body that is no
JSON: CreativeAI tries three times and then never again, so what cannot be read yet is stored all the same.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from relay.intake import lenient_body, output_links, query_context, status_words
from relay.models.core import UNREADABLE, Event, Result, ResultStatus, UnclearStatus
from relay.models.job import REFERENCE_PARAMETER
from relay.models.output_kind import BY_ID_PREFIX

_UTILITIES = ("background_removal", "background-removal", "upscale", "restore")  # they make images
_WORDS = ("status", "state", "task_status", "job_status")  # fields; the first is documented
_IDS = ("id", "generation_id", "prediction_id", "task_id", "job_id")  # fields; the first is documented
_LONGEST_ID = 200


def parse(
    body: bytes, headers: Mapping[str, str], *, label: str, secret: str, received_at: int, query: str = ""
) -> Event:
    """`headers` have lower-case names."""
    found = lenient_body.read(body, headers.get("content-type", ""))
    payloads = [lenient_body.unwrapped(each) for each in found]
    from_query = query_context.read(query) if query else {}
    name = headers.get("x-creativeai-event", "")[:_LONGEST_ID]
    first = payloads[0] if payloads else {}
    delivery_id = (
        _id(headers.get("x-creativeai-delivery-id"))
        or _id(first.get("id"))
        or _id(first.get("batch_id"))
        or hashlib.sha256(body).hexdigest()
    )
    own_id = delivery_id if len(payloads) == 1 else ""  # several events share one delivery
    statuses = [each for payload in payloads for each in _statuses(payload, name, own_id)]
    word, status = _status(first, name)
    spelled = word or name.rpartition(".")[2]
    return Event(
        delivery_id=delivery_id,
        status=(status or spelled.strip().lower()[:_LONGEST_ID]) if payloads else UNREADABLE,
        name=name,
        label=label,
        secret=secret,
        received_at=received_at,
        headers=headers,
        body=body,
        results=tuple(each for each in statuses if isinstance(each, Result)),
        unclear=tuple(each for each in statuses if isinstance(each, UnclearStatus)),
        context={name: from_query[name] for name in from_query if name != REFERENCE_PARAMETER},
        reference=from_query.get(REFERENCE_PARAMETER, ""),
    )


def _statuses(payload: Mapping[str, Any], name: str, delivery_id: str) -> list[Result | UnclearStatus]:
    """One for a generation, one per child for a batch, whose own status does not apply to its children."""
    batch_id, jobs = _id(payload.get("batch_id")), payload.get("jobs")
    family = _text(payload.get("object"))
    if isinstance(jobs, list) and (batch_id or not payload.get("id") or family.endswith(".batch")):
        children = ({"object": family} | job for job in jobs if isinstance(job, dict))
        batch_id = batch_id or delivery_id
        return [_of(job, name, "", child, batch_id) for job in children if (child := _own_id(job))]
    if batch_id and not payload.get("id"):
        return []
    generation_id = _own_id(payload) or delivery_id
    return [_of(payload, name, name, generation_id, batch_id)] if generation_id else []


def _of(
    payload: Mapping[str, Any], name: str, outcome: str, generation_id: str, batch_id: str
) -> Result | UnclearStatus:
    """`outcome` is the event's name where it is of this generation itself."""
    word, status = _status(payload, outcome)
    if status is None:
        links = tuple(output.url for output in output_links.read(payload))
        return UnclearStatus(generation_id, word[:_LONGEST_ID], links, batch_id)
    return _result(payload, status, _kind(payload, name, generation_id), generation_id, batch_id)


def _status(payload: Mapping[str, Any], name: str) -> tuple[str, ResultStatus | None]:
    """The word and what it stands for; the event's name, `video.generation.completed`, ends in one too.

    A generation that has a file and says nothing of its status is completed: nothing contradicts it.
    """
    said = next((value for each in _WORDS if (value := payload.get(each)) not in (None, "")), "")
    word = (said if isinstance(said, str) else json.dumps(said)).strip()
    status = status_words.read(word) or status_words.read(name.rpartition(".")[2])
    if status is None and not word and output_links.read(payload) and not _error(payload)[0]:
        status = ResultStatus.COMPLETED
    return word, status


def _result(
    payload: Mapping[str, Any], status: ResultStatus, kind: str, generation_id: str, batch_id: str
) -> Result:
    error, code = _error(payload)
    return Result(
        generation_id=generation_id,
        status=status,
        kind=kind,
        outputs=output_links.read(payload),
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


def _own_id(payload: Mapping[str, Any]) -> str:
    return next((found for name in _IDS if (found := _id(payload.get(name)))), "")


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
