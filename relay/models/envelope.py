"""The object in an envelope around it, as APIs wrap what they tell: `{"event": ..., "data": {...}}`. Pure."""

from collections.abc import Mapping
from typing import Any

STATUS_FIELDS = ("status", "state", "task_status", "job_status")  # the first is documented
ID_FIELDS = ("id", "generation_id", "prediction_id", "task_id", "job_id")  # the first is documented
_CONTENT = ("data", "payload", "generation", "result", "object")  # names of an envelope's content


def unwrapped(payload: dict[str, Any]) -> dict[str, Any]:
    """What has an ID and a status of its own is in no envelope. An envelope may have an ID, that of an event
    or request; then the status is in its content."""
    name = next((each for each in _CONTENT if isinstance(payload.get(each), dict)), "")
    if not name:
        return payload
    content = unwrapped(payload[name])
    identified = any(payload.get(each) for each in ("batch_id", *ID_FIELDS))
    if identified and (_says(payload) or not _says(content)):
        return payload
    return {field: value for field, value in payload.items() if field != name} | content


def _says(payload: Mapping[str, Any]) -> bool:
    return any(payload.get(each) for each in STATUS_FIELDS)
