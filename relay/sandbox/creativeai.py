"""The vendor's API on the wire: /v1/video/generations and its alias, as documented.

https://creativeai.run/api-docs. The routes only read the request, ask `Vendor`, and write the answer.
"""

from flask import Blueprint, Response, g, jsonify, request
from flask.typing import ResponseReturnValue

from relay.sandbox import video
from relay.sandbox.errors import invalid
from relay.sandbox.vendor import Vendor
from relay.sandbox.video import VIDEO


def creativeai(vendor: Vendor) -> Blueprint:
    api = Blueprint("creativeai", __name__)

    @api.before_request
    def admit() -> None:
        g.key = vendor.admit(request.headers.get("Authorization", ""))

    @api.after_request
    def tell_limits(response: Response) -> Response:
        response.headers.update(vendor.limit_headers(request.headers.get("Authorization", "")))
        return response

    @api.post("/v1/video/generations")
    @api.post("/v1/video/generate")
    def create_video() -> ResponseReturnValue:
        vendor.admit_video_create(g.key)
        wish = video.checked(_json())
        vendor.moderate(wish["prompt"])
        job = vendor.start_video(g.key, VIDEO, video.id_prefix(wish), wish, video.credits_for(wish))
        return jsonify(video.submitted(job)), 202

    @api.get("/v1/video/generations/<generation_id>")
    def video_status(generation_id: str) -> ResponseReturnValue:
        vendor.admit_video_poll(g.key)
        return jsonify(video.status(vendor.find(g.key, generation_id, VIDEO)))

    return api


def _json() -> object:
    """The body, whatever its Content-Type says: only the documented parameters are checked."""
    body = request.get_json(force=True, silent=True)
    if body is None:
        raise invalid("The request body is not valid JSON.")
    return body
