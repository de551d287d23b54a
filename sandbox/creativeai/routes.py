"""The vendor's API on the wire: every endpoint of its reference, behind one door.

https://creativeai.run/api-docs. The routes only read the request, ask `Vendor`, and write the answer.
"""

from flask import Blueprint, Response, g, jsonify, request
from flask.typing import ResponseReturnValue

from sandbox import validation
from sandbox.creativeai import catalog
from sandbox.creativeai.faults import Course
from sandbox.creativeai.job_routes import start_jobs_and_look_them_up
from sandbox.creativeai.request_parsing import json_body
from sandbox.creativeai.service import Vendor
from sandbox.creativeai.sync_routes import answer_images_and_words
from sandbox.inboxes import break_off

PRICE_RULES: dict[str, validation.Rule] = {
    "model": validation.text,
    "type": validation.text,
    "n": validation.whole_number(1, 20),
}


def creativeai(vendor: Vendor) -> Blueprint:
    api = Blueprint("creativeai", __name__)

    @api.before_request
    def admit() -> None:
        g.arrived = vendor.now
        g.key = vendor.account.admit(request.headers.get("Authorization", ""))

    @api.after_request
    def answer_as_ordered(response: Response) -> Response:
        """What was asked for is done by now: the answer may still be slow, or lost."""
        course: Course = g.get("course") or Course()
        if course.answered_after:
            vendor.hold(course.answered_after, since=g.arrived)
        response.headers.update(vendor.account.limit_headers(request.headers.get("Authorization", "")))
        if not course.answered:
            break_off()
        return response

    start_jobs_and_look_them_up(api, vendor)
    answer_images_and_words(api, vendor)

    @api.get("/v1/models")
    def models() -> ResponseReturnValue:
        """Not documented: the shape. It is OpenAI's, with what the reference says of each model."""
        data = [
            {"id": model.id, "object": "model", "owned_by": model.owner, "type": model.type}
            for model in catalog.MODELS
        ]
        return jsonify(object="list", data=data)

    @api.post("/api/v1/model/calculate")
    def calculate() -> ResponseReturnValue:
        """Not documented: the shapes. It takes the body of a generation, and costs nothing."""
        wish = validation.check(json_body(), PRICE_RULES, required=())
        return jsonify(model=wish.get("model"), credits=catalog.price(wish))

    return api
