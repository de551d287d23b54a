"""Shopify's refusals in sentences: what it said, why, and what to do.

https://shopify.dev/docs/api/usage/response-codes and https://shopify.dev/docs/api/usage/limits. Shopify's own
words are quoted, with what is secret taken out.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from relay.errors import RemoteError, Whose
from relay.http.client import HttpResponse

SCOPE = "write_products"  # includes reading products; files are only staged, which needs no scope of its own
_PARKED = 6 * 3600.0
_DAY = 86_400.0
_BUSY = 2.0  # seconds, when an answer names neither a cost nor a time
GIVE_SCOPE = (
    f"Give the app the access scope {SCOPE} in Shopify's Dev Dashboard, "
    "and install the new version in the store."
)
_ENTER_AGAIN = (
    "The access token is wrong, or the app was removed from the store: "
    "install it again, or enter a new token."
)
_LATER = "The relay retries automatically in a few hours."

_BY_STATUS: dict[int, tuple[Whose, str]] = {
    401: ("connection", _ENTER_AGAIN),
    402: ("connection", f"The store is frozen until its bill is paid. {_LATER}"),
    403: ("connection", GIVE_SCOPE),
    404: ("connection", "Check the store's name; the relay may also be too old for Shopify: update it."),
    423: ("connection", f"The store is locked. {_LATER}"),
}
_TOKEN_FAULTS = {
    "shop_not_permitted": "App and store belong to different Shopify organizations, and client ID and secret "
    "work only within one. Make the app in the store's own organization, or enter an access token of the "
    "store.",
    "invalid_client": "Client ID or client secret is wrong, or the app was removed from the store. Copy both "
    "again.",
    "app_not_installed": "The app is not installed in this store. Install it, then try again.",
}
# What meets every later file too. `productUpdate` has no codes, so that its words count as well.
_STORE_FULL = re.compile(
    r"SHOP_MEDIA_LIMIT|PER_SHOP_LIMIT|FILE_STORAGE"
    r"|\b(shop|store|plan|storage)\b.*\blimit|\blimit\b.*\b(shop|store|plan|storage)\b",
    re.IGNORECASE,
)
_PRODUCT_FULL = re.compile(
    r"PRODUCT_MEDIA_LIMIT|\bmedia\b.*\bproduct\b|\bproduct\b.*\bmedia\b", re.IGNORECASE
)
STORE_FULL = (
    "The store takes no more of such files: delete some in Shopify under Content, Files, or take a larger "
    "plan. Then resume the connection."
)
_SOON = ("MEDIA_CANNOT_BE_MODIFIED", "FILE_LOCKED", "NON_READY_STATE")


def unclear(status: int, excerpt: str) -> RemoteError:
    """An answer that is neither a yes nor a no."""
    return RemoteError(
        f"Shopify answered {status} without a clear yes. The relay retries automatically.",
        ambiguous=True,
        status=status,
        answer=excerpt,
    )


def read(answer: HttpResponse, excerpt: str) -> dict[str, Any]:
    """The JSON object of a 200. What is none is quoted without secrets."""
    try:
        body = answer.json()
    except RemoteError as error:
        error.answer = excerpt
        raise
    if not isinstance(body, dict):
        raise unclear(answer.status, excerpt)
    return body


def of_status(answer: HttpResponse, excerpt: str, now: int) -> RemoteError:
    """Any answer of the API other than 200."""
    status, wait = answer.status, answer.retry_after(now)
    if status == 429:
        return throttled(wait or _BUSY, status, excerpt)
    if status in _BY_STATUS:
        whose, advice = _BY_STATUS[status]
        wait = _PARKED if status in (402, 423) else wait
        return RemoteError(
            f"Shopify answered {status}{quoted(excerpt)}. {advice}",
            whose,
            retry_after=wait,
            status=status,
            answer=excerpt,
        )
    if 300 <= status < 400:
        return RemoteError(
            f"Shopify answered {status}, a redirect, which is not followed. Enter the store's name, "
            "the one that ends in .myshopify.com.",
            "connection",
            status=status,
            answer=excerpt,
        )
    if 400 <= status < 500 and status not in (408, 425):
        sentence = f"Shopify answered {status}: it does not take this{quoted(excerpt)}."
        return RemoteError(sentence, "record", status=status, answer=excerpt)
    error = unclear(status, excerpt)
    error.retry_after, error.ambiguous = wait, status >= 500
    return error


def of_errors(
    errors: Sequence[Mapping[str, Any]], wait: float | None, excerpt: str, *, begun: bool
) -> RemoteError:
    """The top-level `errors` of a 200. `begun`: the answer has data too, so part of it may have happened."""
    codes = {str((each.get("extensions") or {}).get("code", "")) for each in errors}
    words = "; ".join(str(each.get("message", "")).rstrip(".") for each in errors)[:300]
    if "THROTTLED" in codes or words == "Throttled":
        return throttled(wait or _BUSY, 429, excerpt)
    if "ACCESS_DENIED" in codes:
        sentence = f"Shopify answered: {words}. {GIVE_SCOPE}"
        return RemoteError(sentence, "connection", status=200, answer=excerpt)
    if "SHOP_INACTIVE" in codes:
        sentence = f"Shopify answered: {words}. The store is not active. {_LATER}"
        return RemoteError(sentence, "connection", retry_after=_PARKED, status=200, answer=excerpt)
    if codes & {"INTERNAL_SERVER_ERROR", "TIMEOUT", ""}:
        sentence = f"Shopify had an internal error: {words}. The relay retries automatically."
        return RemoteError(sentence, ambiguous=True, status=200, answer=excerpt)
    sentence = f"Shopify does not take this: {words}."
    return RemoteError(sentence, "record", ambiguous=begun, status=200, answer=excerpt)


def of_user_errors(errors: Sequence[Mapping[str, Any]]) -> RemoteError:
    """What a mutation would not do. Nothing of it was done."""
    words = "; ".join(str(each.get("message", "")).rstrip(".") for each in errors)[:300]
    codes = " ".join(str(each.get("code", "")) for each in errors)
    if any(code in codes for code in _SOON):
        return RemoteError(
            f"Shopify is not ready for it: {words}. The relay retries automatically.", status=200
        )
    if "VIDEO_THROTTLE_EXCEEDED" in codes or "throttle" in words.lower():
        sentence = f"Shopify answered: {words}. It takes 1000 videos a week; the relay retries in a day."
        return RemoteError(sentence, "connection", retry_after=_DAY, status=200)
    if store_is_full(f"{codes} {words}"):
        return RemoteError(f"Shopify answered: {words}. {STORE_FULL}", "connection", status=200)
    advice = " A product holds 250 media: remove one, then resend." if _is_product_full(codes, words) else ""
    return RemoteError(f"Shopify does not take this: {words}.{advice}", "record", status=200)


def store_is_full(heard: str) -> bool:
    return bool(_STORE_FULL.search(heard)) and not _PRODUCT_FULL.search(heard)


def _is_product_full(codes: str, words: str) -> bool:
    heard = f"{codes} {words}"
    return bool(_PRODUCT_FULL.search(heard)) and bool(re.search("limit|exceed", heard, re.IGNORECASE))


def of_token(answer: HttpResponse, excerpt: str, now: int) -> RemoteError:
    """Client ID and secret were answered with no token."""
    status = answer.status
    if status not in (400, 401, 403):
        return of_status(answer, excerpt, now)
    known = next((word for word in _TOKEN_FAULTS if word in excerpt), "")
    advice = _TOKEN_FAULTS.get(known, "Check client ID and client secret, and that the app is installed.")
    sentence = f"Shopify gave no access token ({known or status}). {advice}"
    return RemoteError(sentence, "connection", status=status, answer=excerpt)


def throttled(wait: float, status: int, excerpt: str) -> RemoteError:
    return RemoteError(
        "Shopify asks to wait: too many calls to this store. The relay retries automatically.",
        retry_after=wait,
        status=status,
        answer=excerpt,
    )


def quoted(excerpt: str) -> str:
    """Its words in brackets, unless they are a page or nothing."""
    words = " ".join(excerpt.split())[:200].rstrip(".")
    return f" ({words})" if words and "<" not in words else ""
