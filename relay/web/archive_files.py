"""Serves archived copies by their signed links: media only, never as a page."""

import threading
from pathlib import Path

from flask import Blueprint, Response, send_file
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from relay.archive.keys import media_type
from relay.archive.links import PATH, Links
from relay.archive.local_storage import LocalStorage
from relay.web.headers import protect_file

AT_ONCE = 8  # a slow reader holds a thread: the other half of them stays with the webhooks
_RETRY_AFTER = "2"


def blueprint(links: Links, storage: LocalStorage) -> Blueprint:
    routes = Blueprint("files", __name__)
    slots = threading.BoundedSemaphore(AT_ONCE)
    routes.after_request(protect_file)

    @routes.get(f"{PATH}/<signature>/<path:key>")
    def copy(signature: str, key: str) -> Response:
        """A tampered link and a removed file get the same answer."""
        path = storage.find(key) if links.is_ours(key, signature) else None
        if path is None:
            return _words(
                404,
                "This link does not work: part of the link is missing, or the file was removed. "
                "Ask the sender for the complete link.",
            )
        if not slots.acquire(blocking=False):
            busy = _words(503, "Too many files are being read at the moment. Try again in a moment.")
            busy.headers["Retry-After"] = _RETRY_AFTER
            return busy
        try:
            response = _sent(path, key)
        except BaseException:
            slots.release()
            raise
        response.direct_passthrough = False  # passed through, `call_on_close` would not be called
        response.call_on_close(slots.release)
        return response

    return routes


def _sent(path: Path, key: str) -> Response:
    try:
        response = send_file(
            path, mimetype=media_type(key), download_name=path.name, conditional=True, max_age=86_400
        )
    except RequestedRangeNotSatisfiable:
        size = path.stat().st_size
        response = _words(416, f"The file has {size} bytes; the requested part lies beyond them.")
        response.headers["Content-Range"] = f"bytes */{size}"
        return response
    response.headers["Content-Disposition"] = f'inline; filename="{path.name}"'
    response.headers["Accept-Ranges"] = "bytes"
    return response


def _words(status: int, sentence: str) -> Response:
    return Response(sentence + "\n", status, content_type="text/plain; charset=utf-8")
