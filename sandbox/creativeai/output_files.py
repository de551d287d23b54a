"""Serves the results' files, playable ones of our own: /output/<any id>.mp4, .png or .mp3."""

from pathlib import Path

from flask import Blueprint, abort, send_file
from flask.typing import ResponseReturnValue

from relay.sample_media import FILES, FOLDER

TRANSPARENT = "-alpha"  # in a name whose file has an alpha channel


def output() -> Blueprint:
    routes = Blueprint("output", __name__)

    @routes.get("/output/<name>")
    def file(name: str) -> ResponseReturnValue:
        """The same file for every id, so that a link outlives a restart of the sandbox."""
        if (suffix := Path(name).suffix) not in FILES:
            abort(404)
        sample, mime = FILES[suffix]
        if TRANSPARENT in name:
            sample = "transparent.png"
        return send_file(FOLDER / sample, mimetype=mime, conditional=True)

    return routes
