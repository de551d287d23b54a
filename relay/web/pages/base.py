"""What every page shares: the check of a form's origin, error pages, template filters.

A page is a blueprint made by `pages`: its guard decides who may see it, its forms are posts that answer with
303, and it has no inline script or style.
"""

import logging
import secrets
import time

from flask import Blueprint, Flask, Response, current_app, flash, redirect, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as Answer

from relay.errors import StoreBusyError
from relay.generation.kinds import output_kinds
from relay.models.status import credits_of
from relay.web.auth import Guard
from relay.web.headers import protect_page
from relay.web.origin import is_ours, refusal
from relay.web.pages import status_labels, time_format

log = logging.getLogger(__name__)

_ERRORS: dict[int, tuple[str, str]] = {
    400: (
        "The request cannot be read",
        "Part of the request is missing or malformed. Go back and try again.",
    ),
    403: (
        "This form was refused",
        "The form was sent from another site, so nothing was changed. Go back and send the form again.",
    ),
    404: ("Page not found", "The address may be mistyped, or the item was removed."),
    405: ("This action is not available", "Go back and use the buttons on the page."),
    413: ("The upload is too large", "The file or text is larger than this page accepts. Nothing was saved."),
    415: ("This file type is not supported", "Nothing was saved. Go back and choose another file."),
    429: ("Too many attempts", "Wait a moment, then try again."),
    503: (
        "Temporarily unavailable",
        "The database is busy. Nothing is lost: go back and try again in a moment.",
    ),
}
_BROKEN = (
    "Something went wrong",
    (
        "The relay has an internal error. Received webhooks are kept. Your last action may or may not have "
        "been carried out: check before you repeat it. The log has details under the number below."
    ),
)


def pages(name: str, guard: Guard) -> Blueprint:
    """A blueprint for pages that `guard` protects: None lets a request in, a response refuses it."""
    routes = Blueprint(name, __name__)
    routes.before_request(refuse_other_sites)
    routes.before_request(guard)
    routes.after_request(protect_page)
    routes.register_error_handler(StoreBusyError, lambda _: error_page(503))
    routes.register_error_handler(Exception, _broken)
    return routes


def install(app: Flask, public_url: str) -> None:
    """Registers the filters and names that the templates use. Forms of `public_url` are ours."""
    app.config["PUBLIC_URL"] = public_url
    app.add_template_filter(credits_of, "credits")
    app.add_template_filter(time_format.utc, "utc")
    app.add_template_filter(time_format.iso, "iso")
    app.add_template_filter(time_format.span, "span")
    app.add_template_filter(lambda at: time_format.ago(at, now()), "ago")
    app.add_template_filter(_output_icon, "output_icon")
    app.add_template_filter(lambda job: status_labels.JOB[job.status], "job_word")
    app.context_processor(lambda: {"words": status_labels})


def refuse_other_sites() -> Answer | None:
    """Refuses a form sent from another site (CSRF): by Sec-Fetch-Site, else by Origin."""
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return None
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return None if site in ("same-origin", "none") else error_page(403)
    origin = request.headers.get("Origin")
    public_url = current_app.config["PUBLIC_URL"]
    if origin is None or is_ours(origin, public_url):
        return None  # every browser sends one of the two with a form of another site
    return error_page(403, sentence=refusal(origin, public_url))


def error_page(status: int, *, title: str = "", sentence: str = "", number: str = "") -> Response:
    usual_title, usual_sentence = _ERRORS.get(status, _BROKEN)
    text = render_template(
        "error.html",
        title=title or usual_title,
        sentence=sentence or usual_sentence,
        number=number,
        status=status,
    )
    response = Response(text, status)
    protect_page(response)
    if status == 503:
        response.headers["Retry-After"] = "5"
    return response


def error_of(error: HTTPException) -> Answer:
    """The error page for any address outside the API."""
    if error.code is None or error.code < 400:
        return error.get_response()
    response = error_page(error.code)
    if error.code == 405:
        response.headers.extend(error.get_headers())
        response.content_type = "text/html; charset=utf-8"
    return response


def done(to: str, message: str = "", *, well: bool = True) -> Answer:
    """Redirects after a form post, with a message to show; `well` False: the form was not carried out."""
    if message:
        flash(message, "good" if well else "bad")
    return redirect(to, 303)


def _output_icon(name: str) -> str:
    known = output_kinds().get(name)
    return known.icon if known else "image"


def now() -> int:
    return time.time_ns() // 1_000_000


def _broken(error: Exception) -> Answer:
    if isinstance(error, HTTPException):
        return error_of(error)
    number = secrets.token_hex(4)
    log.error("page broke", exc_info=error, extra={"path": request.path, "number": number})
    return error_page(500, number=number)
