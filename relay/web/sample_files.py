"""Serves the files that samples show, to everybody: they are small, and the same for all."""

from flask import Blueprint, Response, send_from_directory

from relay.sample_media import FILES, FOLDER
from relay.web.headers import protect_file

_TYPES = dict(FILES.values())


def blueprint() -> Blueprint:
    routes = Blueprint("samples", __name__)
    routes.after_request(protect_file)

    @routes.get("/samples/<name>")
    def file(name: str) -> Response:
        if name not in _TYPES:
            sentence = "There is no such sample.\n"
            return Response(sentence, 404, content_type="text/plain; charset=utf-8")
        return send_from_directory(FOLDER, name, mimetype=_TYPES[name], conditional=True, max_age=86_400)

    return routes
