"""The vendor's refusals and lost answers as `RemoteError`: whose fault, charged or not, what to do.

https://creativeai.run/api-docs, Error Handling, has six codes; the rest is read from the HTTP status.
"""

from typing import Any, NamedTuple

from relay.creativeai import lenient_json, rate_limits
from relay.creativeai.endpoints import Endpoint
from relay.errors import RemoteError, Whose
from relay.http.client import HttpResponse

_LONGEST_WORDS = 300


class RefusedError(RemoteError):
    """An answer that is not 2xx. `limits`: what its headers say of the requests that are left."""

    limits: rate_limits.Limits = rate_limits.Limits()


class Refusal(NamedTuple):
    """What a kind of refusal means. `charged` None: unknown, since the call may have had its effect."""

    whose: Whose
    charged: bool | None
    said: str
    advice: str


BY_CODE = {
    "invalid_request_error": Refusal(
        "record", False, "does not take this request", "Change the request, then try again."
    ),
    "content_policy_violation": Refusal(
        "record", False, "did not accept this text or image", "Change the wording or the image and try again."
    ),
    "authentication_error": Refusal(
        "connection",
        False,
        "refused the API key",
        "Copy the key again from CreativeAI (Dashboard > API Keys).",
    ),
    "insufficient_credits": Refusal(
        "connection", False, "says there are not enough credits", "Top up under Billing, then try again."
    ),
    "rate_limit_exceeded": Refusal(
        "transient", False, "accepts no more requests at the moment", "The relay retries automatically."
    ),
    "provider_unavailable": Refusal(
        "transient", False, "reports that all providers are busy", "The relay retries automatically."
    ),
}
BY_STATUS = {
    401: BY_CODE["authentication_error"],
    402: BY_CODE["insufficient_credits"],
    403: Refusal(
        "connection", False, "does not allow this API key to do that", "Use another key, or ask CreativeAI."
    ),
    404: Refusal(
        "record", False, "does not know the requested item", "Check the ID, or create the job again."
    ),
    408: Refusal(
        "transient", False, "did not receive the whole request in time", "The relay retries automatically."
    ),
    413: Refusal("record", False, "finds the file too large", "Use a smaller file."),
    425: Refusal("transient", False, "asks for a later attempt", "The relay retries automatically."),
    429: BY_CODE["rate_limit_exceeded"],
}
_REDIRECT = Refusal(
    "connection", False, "answered with a redirect, which is not followed", "Check the address."
)
_BROKEN = Refusal(
    "transient", None, "failed while processing the request", "Check in CreativeAI before you retry."
)
_POLL_AGAIN = Refusal(
    "transient", None, "failed while reporting the status", "The relay retries automatically."
)
_MAY_HAVE_STARTED = "The job may have started, and may be charged: check in CreativeAI before you retry."


def refused(endpoint: Endpoint, answer: HttpResponse, now: int, key: str) -> RefusedError:
    """From an answer that is not 2xx. `key` is masked wherever the vendor repeats it."""
    error = _error(answer)
    kind = _kind(endpoint, answer, error)
    words, param = _line(error.get("message"), key), _line(error.get("param"), key)
    sentence = f"CreativeAI {kind.said} ({answer.status})"
    if words:
        sentence += f": {words if words[-1] in '.!?' else words + '.'}"
    else:
        sentence += "."
    if param:
        sentence += f" The field is {param}."
    if endpoint.effect and kind.charged is False:
        sentence += " You were not charged."
    refusal = RefusedError(
        f"{sentence} {kind.advice}",
        kind.whose,
        ambiguous=endpoint.effect and kind.charged is None,
        retry_after=_wait(answer, now) if kind.whose == "transient" else None,
        status=answer.status,
        answer=answer.excerpt([key]),
        charged=kind.charged,
        param=param,
    )
    refusal.limits = rate_limits.read(answer.headers)
    return refusal


def lost(endpoint: Endpoint, error: RemoteError) -> RemoteError:
    """A call without an answer. Nothing was charged if it was never sent; otherwise that is unknown."""
    if not error.ambiguous:
        error.charged = False
        return error
    if not endpoint.effect:
        return RemoteError(
            "CreativeAI's response was lost. The relay retries automatically.", status=error.status
        )
    return RemoteError(
        f"CreativeAI's response was lost. {_MAY_HAVE_STARTED}",
        ambiguous=True,
        status=error.status,
        answer=error.answer,
    )


def unreadable(endpoint: Endpoint, answer: HttpResponse, key: str, what: str) -> RemoteError:
    """A 2xx answer that lacks what it must have; `what` ends the sentence "CreativeAI answered ..."."""
    advice = _MAY_HAVE_STARTED if endpoint.effect else "The relay retries automatically."
    return RemoteError(
        f"CreativeAI answered {answer.status} {what}. {advice}",
        ambiguous=endpoint.effect,
        status=answer.status,
        answer=answer.excerpt([key]),
    )


def _kind(endpoint: Endpoint, answer: HttpResponse, error: dict[str, Any]) -> Refusal:
    """`code` is the most specific; `type` is often just invalid_request_error, so it comes last."""
    status = answer.status
    known = (
        BY_CODE.get(lenient_json.text(error.get("code")))
        or (BY_STATUS.get(status) if status != 400 else None)
        or BY_CODE.get(lenient_json.text(error.get("type")))
    )
    if known:
        return known
    if 300 <= status < 400:
        return _REDIRECT
    if 400 <= status < 500:
        return BY_CODE["invalid_request_error"]
    return _BROKEN if endpoint.effect else _POLL_AGAIN  # also a 503 of a proxy in between


def _error(answer: HttpResponse) -> dict[str, Any]:
    """The documented object, or a text from the fields where APIs usually have one."""
    try:
        body = lenient_json.mapping(answer.json())
    except RemoteError:
        return {}
    error = body.get("error")
    if isinstance(error, dict):
        return error
    texts = (lenient_json.text(each) for each in (error, body.get("error_message"), body.get("message")))
    words = next(filter(None, texts), "") or lenient_json.text(body.get("detail"))
    return {**body, "message": words}


def _line(value: object, key: str) -> str:
    """The vendor's text as one short line, without the API key."""
    text = " ".join(lenient_json.text(value).split())
    return text.replace(key, "********")[:_LONGEST_WORDS].strip()


def _wait(answer: HttpResponse, now: int) -> float | None:
    """Retry-After, else the time until the rate limit is reset."""
    asked = answer.retry_after(now)
    return asked if asked is not None else rate_limits.read(answer.headers).wait(now) or None
