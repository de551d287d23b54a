"""Errors of Google's APIs, in their one error format.

https://cloud.google.com/apis/design/errors#http_mapping
"""

from typing import Any

_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
}


class GoogleError(Exception):
    """A response of Google's that is not 2xx."""

    def __init__(self, code: int, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.reason = code, message, reason

    @property
    def body(self) -> dict[str, Any]:
        error = {"code": self.code, "message": self.message, "status": _STATUSES[self.code]}
        if self.reason:
            info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": self.reason}
            error["details"] = [info | {"domain": "googleapis.com"}]
        return {"error": error}


def unauthenticated() -> GoogleError:
    return GoogleError(
        401,
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or "
        "other valid authentication credential. See "
        "https://developers.google.com/identity/sign-in/web/devconsole-project.",
    )


def not_shared() -> GoogleError:
    return GoogleError(403, "The caller does not have permission")


def not_found() -> GoogleError:
    return GoogleError(404, "Requested entity was not found.")


def quota_exceeded(what: str) -> GoogleError:
    """`what` is Read or Write."""
    return GoogleError(
        429,
        f"Quota exceeded for quota metric '{what} requests' and limit '{what} requests per minute per user' "
        "of service 'sheets.googleapis.com' for consumer 'project_number:1'.",
        "RATE_LIMIT_EXCEEDED",
    )


def unknown_name(name: str, where: str) -> GoogleError:
    """`where`: at which place of the body, or that it is a query parameter."""
    return GoogleError(400, f'Invalid JSON payload received. Unknown name "{name}": {where}')
