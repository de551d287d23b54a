"""The few routes that take files, and so more than every other: they say so when they know who is asking."""

from flask import Request

from relay.web.context import LARGEST_BODY, LARGEST_UPLOAD


def allow_upload(request: Request) -> None:
    """Call it before the body is read, once the caller may send files. The body may then be larger, and may
    come as slowly as a phone sends it."""
    request.max_content_length, request.max_form_memory_size = LARGEST_UPLOAD, LARGEST_BODY
    request.environ.get("relay.allow_slow_body", _no_server)()


def _no_server() -> None:
    """A test client calls the app without the server that counts the time."""
