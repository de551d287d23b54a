"""The cookies of the pages: out of reach of scripts and other sites, and under https bound to this host."""

from datetime import timedelta
from typing import Any

from flask import Flask, current_app, g, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from werkzeug.wrappers import Response

from relay.web.https import is_https


class _Sessions(SecureCookieSessionInterface):
    """Under https no other host of the domain, and nobody on the way, can set or read a cookie."""

    def get_cookie_name(self, app: Flask) -> str:  # noqa: ARG002
        return _full("relay_session")

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002
        return is_https()

    def get_cookie_path(self, app: Flask) -> str:  # noqa: ARG002
        return "/"  # as the name promises, also behind a proxy that names a prefix

    def save_session(self, app: Flask, session: SessionMixin, response: Any) -> None:
        super().save_session(app, session, response)
        for name, value, seconds in g.pop("kept_cookies", ()):
            _set(response, name, value, seconds)


def install(app: Flask, keys: list[str]) -> None:
    """`keys` sign the session; the newest first, the others are still accepted."""
    app.secret_key = keys[0]
    app.config.update(
        SECRET_KEY_FALLBACKS=keys[1:],
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(days=30),
    )
    app.session_interface = _Sessions()


def read(name: str) -> str:
    """ "" : the browser has none."""
    return request.cookies.get(_full(name), "")


def keep(name: str, value: str, *, seconds: int) -> None:
    """In this browser, beside the session and longer than it. Sent with the response to this request."""
    g.setdefault("kept_cookies", []).append((name, value, seconds))


def _set(response: Response, name: str, value: str, seconds: int) -> None:
    response.set_cookie(
        *(_full(name), value, seconds),
        path="/",
        secure=is_https(),
        httponly=True,
        samesite=current_app.config["SESSION_COOKIE_SAMESITE"],
    )


def _full(name: str) -> str:
    return f"__Host-{name}" if is_https() else name
