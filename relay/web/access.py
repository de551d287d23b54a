"""Who may see the pages: the one admin password, by HTTP Basic authentication (user name: admin)."""

import hmac
from collections.abc import Callable

from flask import Response, request
from pydantic import SecretStr

Guard = Callable[[], Response | None]


def password_guard(password: SecretStr | None) -> Guard:
    """A function for `before_request`: None lets the request in, else the answer that keeps it out."""

    def guard() -> Response | None:
        if password is None:
            return _plain(403, "This page needs a password. Set ADMIN_PASSWORD and start again.")
        given = _given_password()
        expected = password.get_secret_value().encode()
        if given is not None and hmac.compare_digest(given.encode(), expected):
            return None
        refused = _plain(401, "Sign in as admin with the password in ADMIN_PASSWORD.")
        refused.headers["WWW-Authenticate"] = 'Basic realm="CreativeAI Relay", charset="UTF-8"'
        return refused

    return guard


def _given_password() -> str | None:
    try:
        return request.authorization.password if request.authorization else None
    except ValueError:  # werkzeug stumbles over letters beyond ASCII
        return None


def _plain(status: int, sentence: str) -> Response:
    return Response(sentence + "\n", status, content_type="text/plain; charset=utf-8")
