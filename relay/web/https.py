"""Where browsers reach the relay by https, they never use http again."""

from flask import Flask, Response, current_app, request

_YEAR = "max-age=31536000"


def install(app: Flask, *, always: bool) -> None:
    """`always`: the public address is https. Else each request says, as far as a trusted proxy says it."""
    app.config["ALWAYS_HTTPS"] = always

    def insist(response: Response) -> Response:
        if is_https():
            response.headers.setdefault("Strict-Transport-Security", _YEAR)
        return response

    app.after_request(insist)


def is_https() -> bool:
    """Whether the browser sent the current request by https."""
    return bool(current_app.config["ALWAYS_HTTPS"] or request.is_secure)
