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
from relay.models.envelope import ID_FIELDS, STATUS_FIELDS, unwrapped
from relay.models.job import REFERENCE_PARAMETER
from relay.models.output_kind import BY_ID_PREFIX

_UTILITIES = ("background_removal", "background-removal", "upscale", "restore")  # they make images
_WITHIN_STATUS = (*STATUS_FIELDS, "name", "value")  # fields of a status that is an object
_LONGEST_ID = 200


def parse(
    body: bytes, headers: Mapping[str, str], *, label: str, secret: str, received_at: int, query: str = ""
) -> Event:
    """`headers` have lower-case names."""
    found = lenient_body.read(body, headers.get("content-type", ""))
    payloads = [unwrapped(each) for each in found]
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
        children = ({"object": family} | job for job in jobs if isinstance(job, dict) and job)
        found = [_child(job, name, batch_id or delivery_id) for job in children]
        return [each for each in found or [_left_open(payload, batch_id or delivery_id)] if each is not None]
    if batch_id and not payload.get("id"):
        return [each] if (each := _left_open(payload, batch_id)) else []
    generation_id = _own_id(payload) or delivery_id
    return [_of(payload, name, name, generation_id, batch_id)] if generation_id else []


def _child(job: Mapping[str, Any], name: str, batch_id: str) -> Result | UnclearStatus | None:
    """One without an ID can be no result: what it came to is left open for its batch."""
    if child := _own_id(job):
        return _of(job, name, "", child, batch_id)
    return _left_open(job, batch_id)


def _left_open(payload: Mapping[str, Any], batch_id: str) -> UnclearStatus | None:
    """What has no ID of a generation and is at its end, or in a status that the relay does not know."""
    word, status = _status(payload, "")
    if status is ResultStatus.PROCESSING:
        return None
    links = tuple(output.url for output in output_links.read(payload))
    return UnclearStatus(batch_id, status or word[:_LONGEST_ID], links, batch_id)


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
    said = next((value for each in STATUS_FIELDS if (value := payload.get(each)) not in (None, "")), "")
    word = _word(said)
    status = status_words.read(word) or status_words.read(name.rpartition(".")[2])
    if status is None and not word and output_links.read(payload) and not _error(payload)[0]:
        status = ResultStatus.COMPLETED
    return word, status


def _word(said: object) -> str:
    """Of `{"state": "completed", "progress": 100}` the state; of anything else that is no text its JSON."""
    if isinstance(said, dict):
        said = next((value for each in _WITHIN_STATUS if isinstance(value := said.get(each), str)), said)
    return (said if isinstance(said, str) else json.dumps(said)).strip()


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
    return next((found for name in ID_FIELDS if (found := _id(payload.get(name)))), "")


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
