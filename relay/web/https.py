"""What changes where browsers reach the relay by https: its cookie, and that they never use http again."""

from flask import Flask, Response, request
from flask.sessions import SecureCookieSessionInterface

_YEAR = "max-age=31536000"


def install(app: Flask, *, always: bool) -> None:
    """`always`: the public address is https. Else each request says, as far as a trusted proxy says it."""

    def is_https() -> bool:
        return always or request.is_secure

    class Sessions(SecureCookieSessionInterface):
        """Under https no other host of the domain, and nobody on the way, can set or read the cookie."""

        def get_cookie_name(self, app: Flask) -> str:  # noqa: ARG002
            return "__Host-relay_session" if is_https() else "relay_session"

        def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002
            return is_https()

        def get_cookie_path(self, app: Flask) -> str:  # noqa: ARG002
            return "/"  # as the name promises, also behind a proxy that names a prefix

    def insist(response: Response) -> Response:
        if is_https():
            response.headers.setdefault("Strict-Transport-Security", _YEAR)
        return response

    app.session_interface = Sessions()
    app.after_request(insist)
