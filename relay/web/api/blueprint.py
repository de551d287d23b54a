"""The HTTP API: Flask's routes from the table of operations, and every response under /api and /tasks.

Without a token nothing is disclosed, not even which addresses exist; every error is a problem document.
"""

import logging
import time
from collections.abc import Callable
from contextlib import suppress

from flask import Blueprint, Response, g, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as Answer

from relay.errors import ApiKeyError, StoreBusyError
from relay.models.job import Token
from relay.web import bearer
from relay.web.api.openapi import routes as document_routes
from relay.web.api.operation import Answered, Call, Operation
from relay.web.api.problem import ProblemError
from relay.web.api.registry import OPERATIONS
from relay.web.api.request_parsing import body_of, key_of, query_of
from relay.web.context import AppContext, StateError

log = logging.getLogger(__name__)

ROOTS = ("/api", "/tasks")
OPEN = ("/api",)  # the page that documents the API
TEMPLATE_HEADER = "Relay-Template"
_RETRY_AFTER = ("Retry-After", "5")
_DETAILS = {
    400: "The request is malformed. Correct it, then resend it.",
    404: "There is no operation at this address. GET /openapi.json lists all operations.",
    405: "This address does not support this method; the header Allow lists those that it supports.",
    413: "The body is larger than this address accepts. Send less.",
}


def blueprint(
    ctx: AppContext,
    otherwise: Callable[[HTTPException], Answer],
    note_template: Callable[[str, int], None],
) -> Blueprint:
    """`otherwise` responds for addresses outside the API. `note_template` gets the name in the header
    Relay-Template of a request that was carried out, unchecked, and the time in ms."""
    routes = Blueprint("api", __name__)
    for operation in OPERATIONS:
        routes.add_url_rule(
            operation.rule,
            operation.id,
            _view(operation, ctx, note_template),
            methods=[operation.method],
            provide_automatic_options=False,
            merge_slashes=not operation.takes_vendor_id,
        )
    document_routes(routes, OPERATIONS)

    @routes.before_app_request
    def guard() -> Response | None:
        """Before routing errors are returned, so that only callers with a token see 404 and 405."""
        if not _is_ours(request.path) or request.path in OPEN:
            return None
        try:
            g.token = _token(ctx)
        except Exception as error:
            return _answer_to(error)
        return None

    @routes.app_errorhandler(HTTPException)
    def unrouted(error: HTTPException) -> Answer | HTTPException:
        if error.code is None or error.code < 400:
            return error
        return _answer_to(error) if _is_ours(request.path) else otherwise(error)

    routes.after_request(_protect)
    return routes


def _view(
    operation: Operation, ctx: AppContext, note_template: Callable[[str, int], None]
) -> Callable[..., Response]:
    def view(**path: str) -> Response:
        try:
            query = query_of(request, operation)
            key = key_of(request, operation)
            body, files = body_of(request, operation)
            call = Call(g.token, _now(), path, query, body, files, key)
            answer = operation.handler(ctx, call)
        except Exception as error:
            return _answer_to(error)
        if name := request.headers.get(TEMPLATE_HEADER, ""):
            with suppress(StoreBusyError):  # what was asked is done; the next request is noted
                note_template(name, call.now)
        return _response(answer if isinstance(answer, Answered) else Answered(answer))

    return view


def _token(ctx: AppContext) -> Token:
    """The caller. Raises ProblemError."""
    if not bearer.given():
        raise _unknown(bearer.CHALLENGE, "Send a token: Authorization: Bearer cr_... .")
    token = bearer.known(ctx.store, now=_now())
    if token is None:
        raise _unknown(f'{bearer.CHALLENGE}, error="invalid_token"', "This token is unknown or was revoked.")
    return token


def _unknown(challenge: str, why: str) -> ProblemError:
    detail = f"{why} Create one on the relay's page Settings, under API tokens."
    return ProblemError(401, detail, headers=[("WWW-Authenticate", challenge)])


def _answer_to(error: Exception) -> Response:
    """Any error as a problem; bugs are logged, and their details not disclosed."""
    if isinstance(error, HTTPException):
        status = error.code or 500
        headers = [each for each in error.get_headers() if each[0] in ("Allow", "Retry-After")]
        error = ProblemError(status, _DETAILS.get(status, f"{error.name}."), headers=headers)
    elif isinstance(error, StateError | ApiKeyError):
        error = ProblemError(409, str(error))
    elif isinstance(error, StoreBusyError):
        error = ProblemError(503, f"{error} Try again in a moment.", headers=[_RETRY_AFTER])
    if isinstance(error, ProblemError):
        return _protect(error.response())
    log.error("api request broke", exc_info=error, extra={"path": request.path})
    detail = (
        "An internal error happened in the relay; its log says more. The request may have taken effect: "
        "check before you repeat it."
    )
    return _protect(ProblemError(500, detail).response())


def _response(answered: Answered) -> Response:
    response = Response(answered.body.model_dump_json(), 201 if answered.new else 200)
    response.content_type = "application/json"
    if answered.location:
        response.headers["Location"] = answered.location
    return response


def _protect(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _is_ours(path: str) -> bool:
    return path.startswith(tuple(f"{root}/" for root in ROOTS)) or path in ROOTS


def _now() -> int:
    return time.time_ns() // 1_000_000
