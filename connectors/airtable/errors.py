"""What Airtable's refusals mean: whose fault it is, its own words, and the next step.

https://airtable.com/developers/web/api/errors, https://support.airtable.com/docs/managing-api-call-limits-in-airtable
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from relay.errors import RemoteError, Whose
from relay.http.client import HttpResponse

PENALTY = 30.0  # seconds a base is barred after too many calls; each call in between starts it anew
_MONTHLY = "PUBLIC_API_BILLING_LIMIT_EXCEEDED"
_USED_UP = (
    "The calls that Airtable allows the workspace in a month are used up. It goes on at the 1st; for more, "
    "change the workspace's plan and resume the connection."
)
_FULL = (
    "The table, or the plan of its workspace, takes no more records. Delete records that are not needed, "
    "take a larger plan, or enter another table; then resume the connection."
)
# What Airtable calls a table that is full is not documented: its words name a limit and what is limited, and
# are not about the size of a value.
_LIMIT = re.compile(r"\b(limit|quota|maximum|capacity|full|too many|exceed(ed|s)?|upgrade)\b")
_LIMITED = re.compile(r"\b(records?|rows?|tables?|bases?|workspace|plan|billing|storage|space)\b")
_OF_A_VALUE = re.compile(r"\b(characters?|length|long|large|size|bytes|value|field|cell)\b")
_PROTECTED = re.compile(r"\b(fields?|columns?|cells?|tables?|rows?|records?)\b", re.IGNORECASE)
_QUOTED = re.compile(r"\b(?:field|column)\b[^\"“]*[\"“]([^\"”]+)[\"”]", re.IGNORECASE)
_FIELD_ID = re.compile(r"\bfld[A-Za-z0-9]{10,20}\b")
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
    "INVALID_ATTACHMENT_OBJECT": (
        "record",
        (
            "Airtable takes files by a public link only, of 5 GB at most. Name a column of the type "
            "Attachment for them, or leave the attachment column of the connection empty."
        ),
    ),
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
    413: (
        "record",
        "The result is too large for a record: take long fields out of the connection's columns.",
    ),
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


def refusal(
    answer: HttpResponse, token: str, now: int, fields: Mapping[str, str] | None = None
) -> RemoteError:
    """For an answer that is not the one hoped for. `token` is masked; `now` is in ms.

    `fields`: what the write named, by its ID or name -> as people know it.
    """
    status, excerpt = answer.status, answer.excerpt([token])
    kind, words = (part.replace(token, "********") for part in kind_and_words(answer))
    for identifier, name in (fields or {}).items():
        words = words.replace(identifier, name)
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
    whose, advice = _fault(status, kind, words, fields or {})
    ambiguous = whose == "transient" and not 400 <= status < 500
    return RemoteError(
        f"{heard}. {advice}", whose, ambiguous=ambiguous, retry_after=wait, status=status, answer=excerpt
    )


def _fault(status: int, kind: str, words: str, fields: Mapping[str, str]) -> tuple[Whose, str]:
    if 300 <= status < 400:
        return (
            "connection",
            "A redirect is not followed: another server answers for Airtable.",
        )
    if status in (402, 403, 413, 422) and kind not in _FAULTS and _is_full(kind, words):
        return "connection", _FULL
    if status == 403 and not kind.endswith("NOT_FOUND") and _PROTECTED.search(words):
        return "connection", _who_may_edit(words, fields)
    if 400 <= status < 500:
        other: tuple[Whose, str] = ("record", "Airtable does not take this record.")
        return _FAULTS.get(kind) or _BY_STATUS.get(status) or other
    return "transient", "That is no clear yes. The relay retries automatically."


def _is_full(kind: str, words: str) -> bool:
    heard = f"{kind} {words}".replace("_", " ").lower()
    return bool(_LIMIT.search(heard) and _LIMITED.search(heard)) and not _OF_A_VALUE.search(words.lower())


def _who_may_edit(words: str, fields: Mapping[str, str]) -> str:
    """The token is right; the field or table lets others edit only. Airtable names the field, or does not."""
    ours = (
        name
        for name in fields.values()
        if re.search(rf"(?<!\w)(?:field:? |[\"'“\u2018`]){re.escape(name)}(?!\w)", words)
    )
    found = _FIELD_ID.search(words) or _QUOTED.search(words)
    named = max(ours, key=len, default=found and found[found.lastindex or 0])
    if named is None:
        one_of = (
            f", or one of the fields {', '.join(fields.values())}," if fields else " or one of its fields"
        )
        return (
            f"The table{one_of} limits who may edit it. In Airtable, let the owner of the token edit it (the "
            "menu of the table: Edit table permissions; of the field: Edit field permissions), then resume "
            "the connection."
        )
    return (
        f'The field "{named}" limits who may edit it. In Airtable, let the owner of the token '
        "edit that field (its menu: Edit field permissions), or take it out of the connection's columns."
    )


def _next_month(now: int) -> float:
    """Seconds until the 1st, 00:00 UTC, when Airtable counts anew."""
    today = datetime.fromtimestamp(now / 1000, UTC)
    first = datetime(today.year + today.month // 12, today.month % 12 + 1, 1, tzinfo=UTC)
    return (first - today).total_seconds()
