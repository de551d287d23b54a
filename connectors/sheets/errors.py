"""What Google Sheets' refusals mean, and what to do about each.

https://developers.google.com/workspace/sheets/api/troubleshoot-api-errors,
https://developers.google.com/workspace/sheets/api/limits
"""

import json
from typing import Any

from relay.errors import RemoteError, Whose
from relay.http.client import HttpResponse

_MINUTE = 60.0  # the quota's window; Sheets names no time
_PASSING = (408, 425)
_NO_TAB = "Unable to parse range"
_OUTSIDE = "exceeds grid limits"
_GONE = "No grid with id"

_SWITCH_ON = "Switch the Google Sheets API on in the Google Cloud project of {email}."
# A part of Google's sentence -> the next step of the person it takes. For 400 and 403, the first that fits.
_STEPS = {
    "SERVICE_DISABLED": _SWITCH_ON,
    "has not been used in project": _SWITCH_ON,
    "protected cell": "In Google Sheets open Data, Protect sheets and ranges, and let {email} edit this tab.",
    "above the limit of 10000000 cells": (
        "The spreadsheet is full: delete rows or tabs that are not needed, or enter another spreadsheet."
    ),
    "not supported for this document": (
        "The file is not a Google spreadsheet but probably an Excel file. Open it in Google Drive, choose "
        "File, Save as Google Sheets, and enter the address of that copy."
    ),
    _OUTSIDE: "The tab became smaller while it was written to. Check its columns.",
}
_STEPS_BY_STATUS = {
    401: "Make a new JSON key for the service account and enter it here.",
    403: "Share the spreadsheet with {email} as editor.",
    404: "There is no spreadsheet with this id: enter the address of one again.",
    410: "The spreadsheet is gone: enter the address of another one.",
}


def refusal(
    answer: HttpResponse, hidden: list[str], email: str, *, wrote: bool, now: int | None
) -> RemoteError:
    """`wrote`: the call would have changed something, so that a lost answer leaves doubt."""
    status, excerpt = answer.status, answer.excerpt(hidden)
    words = _words(answer.text, hidden)
    sentence_start = f"Google Sheets answered {status}" + (f": {words}." if words else ".")
    wait = None if now is None else answer.retry_after(now)
    if status == 429:
        sentence = f"{sentence_start} Its limit per minute is used up. The relay retries automatically."
        return RemoteError(sentence, retry_after=wait or _MINUTE, status=status, answer=excerpt)
    whose, advice = _fault(status, answer.text, email)
    ambiguous = wrote and whose == "transient" and status not in (400, *_PASSING)
    details: dict[str, Any] = {"status": status, "answer": excerpt}
    return RemoteError(f"{sentence_start} {advice}", whose, ambiguous=ambiguous, retry_after=wait, **details)


def unclear(answer: HttpResponse, hidden: list[str], *, wrote: bool) -> RemoteError:
    """A 2xx that is not what Sheets says: a page of a server in between, or a part of an answer."""
    sentence = f"Google Sheets answered {answer.status} without a clear yes. The relay retries automatically."
    return RemoteError(sentence, ambiguous=wrote, status=answer.status, answer=answer.excerpt(hidden))


def tab_is_gone(error: RemoteError) -> bool:
    """There is no tab with the id that was asked for."""
    return error.status == 400 and _GONE in error.answer


def outside_the_tab(error: RemoteError) -> bool:
    """The column that was asked for is not there any more."""
    return error.status == 400 and _OUTSIDE in error.answer


def _fault(status: int, text: str, email: str) -> tuple[Whose, str]:
    if status == 400 and (_NO_TAB in text or _GONE in text):  # each call names the tab as the last read did
        return "transient", "The tab was renamed or removed just now. The relay retries automatically."
    known = [step for part, step in _STEPS.items() if part in text] if status in (400, 403) else []
    step = next(iter(known), _STEPS_BY_STATUS.get(status))
    if step:
        return "connection", step.format(email=email)
    if 300 <= status < 400:
        return "connection", "That is a redirect, which is not followed. Check what answers in between."
    if 400 <= status < 500 and status not in _PASSING:
        return "record", "It does not take this result."
    return "transient", "The relay retries automatically."


def _words(text: str, hidden: list[str]) -> str:
    """Google's own sentence, without the full stop."""
    try:
        error = json.loads(text)["error"]
        words = error["message"] if isinstance(error["message"], str) else ""
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
    for secret in filter(None, hidden):
        words = words.replace(secret, "********")
    return words[:400].strip().rstrip(".")
