"""What Airtable's refusals mean: whose fault it is, its own words, and the next step.

https://airtable.com/developers/web/api/errors, https://support.airtable.com/docs/managing-api-call-limits-in-airtable
"""

import json
from datetime import UTC, datetime

from relay.errors import RemoteError, Whose
from relay.http.client import HttpResponse

PENALTY = 30.0  # seconds a base is barred after too many calls; each call in between starts it anew
_MONTHLY = "PUBLIC_API_BILLING_LIMIT_EXCEEDED"
_USED_UP = (
    "The calls that Airtable allows the workspace in a month are used up. It goes on at the 1st; for more, "
    "change the workspace's plan and resume the connection."
)
_MOST = 300  # characters of Airtable's words in a sentence

_TOKEN = "Make a personal access token at airtable.com/create/tokens and enter it."  # noqa: S105 - advice
_ACCESS = (
    "Add the base to the token's list, give the token the scopes data.records:read and data.records:write, "
    "let its owner be an editor of the base, and check the base and the table in the connection."
)
_SELECT = (
    "Add this option to the column, make it a text column, or let the token's owner be a creator of the "
    "base; then replay it."
)
_VALUE = "Change the type of this column, or take it out of the connection's columns; then replay it."
COLUMN_FAULTS: dict[str, tuple[Whose, str]] = {
    "UNKNOWN_FIELD_NAME": (
        "connection",
        "Create that column in the table, rename the one that is meant, or change the connection's columns.",
    ),
    "INVALID_VALUE_FOR_COLUMN": ("record", _VALUE),
    "INVALID_MULTIPLE_CHOICE_OPTIONS": ("record", _SELECT),
    "INVALID_ATTACHMENT_OBJECT": ("record", "Name a column of the type Attachment for the files."),
}
_FAULTS: dict[str, tuple[Whose, str]] = {
    **COLUMN_FAULTS,
    "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND": ("connection", _ACCESS),
    "INVALID_PERMISSIONS": ("connection", _ACCESS),
    "ROW_DOES_NOT_EXIST": (
        "transient",
        "The record was just deleted. The relay retries automatically.",
    ),
}
_BY_STATUS: dict[int, tuple[Whose, str]] = {
    401: ("connection", _TOKEN),
    402: ("connection", "Check the plan and the bill of the Airtable workspace."),
    403: ("connection", _ACCESS),
    404: ("connection", _ACCESS),
    408: ("transient", "The relay retries automatically."),
    410: ("connection", _ACCESS),
    413: ("record", "The result is too large for a record."),
    422: ("record", "Airtable refuses this record. Fix what Airtable names, then resend the delivery."),
    425: ("transient", "The relay retries automatically."),
}


def kind_and_words(answer: HttpResponse) -> tuple[str, str]:
    """The error's type and message, out of whichever of Airtable's three shapes is there."""
    try:
        data = json.loads(answer.body)
    except (ValueError, RecursionError):
        return "", ""
    if not isinstance(data, dict):
        return "", ""
    error = data.get("error")
    several = data.get("errors")
    if isinstance(several, list) and several:
        error = several[0]
    if isinstance(error, dict):
        return str(error.get("type") or error.get("error") or ""), str(error.get("message") or "")
    return (error, "") if isinstance(error, str) else ("", "")


def refusal(answer: HttpResponse, token: str, now: int) -> RemoteError:
    """For an answer that is not the one hoped for. `token` is masked; `now` is in ms."""
    status, excerpt = answer.status, answer.excerpt([token])
    kind, words = (part.replace(token, "********") for part in kind_and_words(answer))
    heard = f"Airtable answered {status}"
    if kind or words:
        heard += f": {(words or kind)[:_MOST].rstrip('. ')}"
    wait = answer.retry_after(now)
    if kind == _MONTHLY:
        sentence = f"{heard}. {_USED_UP}"
        wait = _next_month(now)
        return RemoteError(sentence, "connection", retry_after=wait, status=status, answer=excerpt)
    if status == 429:
        sentence = f"{heard}. Too many calls to this base. The relay retries automatically."
        return RemoteError(sentence, retry_after=wait or PENALTY, status=status, answer=excerpt)
    whose, advice = _fault(status, kind)
    ambiguous = whose == "transient" and not 400 <= status < 500
    return RemoteError(
        f"{heard}. {advice}", whose, ambiguous=ambiguous, retry_after=wait, status=status, answer=excerpt
    )


def _fault(status: int, kind: str) -> tuple[Whose, str]:
    if 300 <= status < 400:
        return (
            "connection",
            "A redirect is not followed: another server answers for Airtable.",
        )
    if 400 <= status < 500:
        other: tuple[Whose, str] = ("record", "Airtable does not take this record.")
        return _FAULTS.get(kind) or _BY_STATUS.get(status) or other
    return "transient", "That is no clear yes. The relay retries automatically."


def _next_month(now: int) -> float:
    """Seconds until the 1st, 00:00 UTC, when Airtable counts anew."""
    today = datetime.fromtimestamp(now / 1000, UTC)
    first = datetime(today.year + today.month // 12, today.month % 12 + 1, 1, tzinfo=UTC)
    return (first - today).total_seconds()
