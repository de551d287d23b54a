"""Errors of CreativeAI's API, in the one error format that it documents.

https://creativeai.run/api-docs, Error Handling: an object `error` with code, message, type and param.
"""

from typing import Any


class ApiError(Exception):
    """A response of CreativeAI that is not 2xx. `retry_after` is in seconds."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        kind: str = "",
        param: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.kind = kind or code
        self.param = param
        self.retry_after = retry_after

    @property
    def body(self) -> dict[str, Any]:
        return {"error": {"code": self.code, "message": self.message, "type": self.kind, "param": self.param}}

    @property
    def headers(self) -> dict[str, str]:
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}


def invalid(message: str, param: str | None = None) -> ApiError:
    return ApiError(400, "invalid_request_error", message, param=param)


def policy_violation(param: str = "prompt") -> ApiError:
    return ApiError(
        400,
        "content_policy_violation",
        f"The {param} was stopped by content moderation (in the sandbox: it contains a blocked word).",
        kind="invalid_request_error",
        param=param,
    )


def unauthorized() -> ApiError:
    return ApiError(401, "authentication_error", "Invalid or missing API key.")


def out_of_credits(needed: int, left: int) -> ApiError:
    return ApiError(402, "insufficient_credits", f"Not enough credits: {needed} needed, {left} left.")


def not_found(what: str, param: str) -> ApiError:
    """The reference has no sample of a 404; its format holds for all errors."""
    return ApiError(404, "not_found", f"No such {what}.", kind="invalid_request_error", param=param)


def too_many(what: str, retry_after: int) -> ApiError:
    return ApiError(429, "rate_limit_exceeded", f"Too many requests: {what}.", retry_after=retry_after)


def provider_down() -> ApiError:
    return ApiError(503, "provider_unavailable", "The provider is down (in the sandbox: an injected fault).")


def generation_failed(what: str) -> ApiError:
    """Not documented: the response to a synchronous generation that fails. Its credits are not charged."""
    return ApiError(500, "generation_failed", f"{what} failed.", kind="server_error")
