"""Serves archived copies by their signed links: media only, never as a page."""

from pathlib import Path

from flask import Blueprint, Response, send_file
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from relay.archive.keys import media_type
from relay.archive.links import PATH, Links
from relay.archive.local_storage import LocalStorage
from relay.web.headers import protect_file


def blueprint(links: Links, storage: LocalStorage) -> Blueprint:
    routes = Blueprint("files", __name__)
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
        return _sent(path, key)

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
