"""What every page shares: where forms may come from, words for errors, words for times.

A page is a blueprint made by `pages`: it is for those who are signed in, its forms are posts answered by 303,
and nothing on it is inline script or style.
"""

import logging
import secrets
import time
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, flash, redirect, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as Answer

from relay.errors import StoreBusyError
from relay.web.auth import Guard
from relay.web.headers import protect_page
from relay.web.pages import status_labels, time_format

log = logging.getLogger(__name__)

_SAID: dict[int, tuple[str, str]] = {
    400: ("That request cannot be read", "Part of it is missing or broken. Go back and try once more."),
    403: (
        "Not from here",
        "This form was sent from another site, so nothing was done. Go back and send it again.",
    ),
    404: ("That page is not here", "The address may be mistyped, or what it showed was removed."),
    405: ("That does not work here", "This address is not for that. Go back and use the page's own buttons."),
    413: ("That is too large", "The file or text is larger than this page takes. Nothing was kept."),
    415: ("That kind of file does not work here", "Nothing was kept. Go back and choose another."),
    429: ("Too many tries", "Wait a little, then try again."),
    503: (
        "Not now",
        "The database is busy. Nothing is lost: go back and try again in a moment.",
    ),
}
_BROKEN = (
    "Something broke",
    (
        "The relay failed by itself. What came in is kept. Whether your last click was done is uncertain: "
        "look before you repeat it. The log has more under the number below."
    ),
)


def pages(name: str, guard: Guard) -> Blueprint:
    """A blueprint for pages that only those may see whom `guard` lets in."""
    routes = Blueprint(name, __name__)
    routes.before_request(refuse_other_sites)
    routes.before_request(guard)
    routes.after_request(protect_page)
    routes.register_error_handler(StoreBusyError, lambda _: error_page(503))
    routes.register_error_handler(Exception, _broken)
    return routes


def install(app: Flask) -> None:
    """What the templates know by name."""
    app.add_template_filter(time_format.utc, "utc")
    app.add_template_filter(time_format.iso, "iso")
    app.add_template_filter(time_format.span, "span")
    app.add_template_filter(lambda at: time_format.ago(at, now()), "ago")
    app.add_template_filter(lambda job: status_labels.of_job(job, now()), "job_word")
    app.context_processor(lambda: {"words": status_labels})


def refuse_other_sites() -> Answer | None:
    """A form of another site must not act for who is signed in here: by Sec-Fetch-Site, else by Origin."""
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return None
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return None if site in ("same-origin", "none") else error_page(403)
    origin = request.headers.get("Origin")
    if origin is None or urlsplit(origin).netloc == request.host:
        return None  # no browser sends a form across sites without saying so
    return error_page(403)


def error_page(status: int, *, title: str = "", sentence: str = "", number: str = "") -> Response:
    said = _SAID.get(status, _BROKEN)
    text = render_template(
        "error.html", title=title or said[0], sentence=sentence or said[1], number=number, status=status
    )
    response = Response(text, status)
    protect_page(response)
    if status == 503:
        response.headers["Retry-After"] = "5"
    return response


def error_of(error: HTTPException) -> Answer:
    """For any address that is no API's."""
    if error.code is None or error.code < 400:
        return error.get_response()
    response = error_page(error.code)
    if error.code == 405:
        response.headers.extend(error.get_headers())
        response.content_type = "text/html; charset=utf-8"
    return response


def done(to: str, told: str = "", *, well: bool = True) -> Answer:
    """After a form was carried out (or could not be): to the page that shows it, with a sentence."""
    if told:
        flash(told, "good" if well else "bad")
    return redirect(to, 303)


def now() -> int:
    return time.time_ns() // 1_000_000


def _broken(error: Exception) -> Answer:
    if isinstance(error, HTTPException):
        return error_of(error)
    number = secrets.token_hex(4)
    log.error("page broke", exc_info=error, extra={"path": request.path, "number": number})
    return error_page(500, number=number)
