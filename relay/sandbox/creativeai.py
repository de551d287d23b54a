"""The vendor's API on the wire: every endpoint of its reference, behind one door.

https://creativeai.run/api-docs. The routes only read the request, ask `Vendor`, and write the answer.
"""

from flask import Blueprint, Response, g, jsonify, request
from flask.typing import ResponseReturnValue

from relay.sandbox import catalogue, checks
from relay.sandbox.creativeai_answers import answer_images_and_words
from relay.sandbox.creativeai_jobs import start_jobs_and_look_them_up
from relay.sandbox.destinations import break_off
from relay.sandbox.misfortunes import Course
from relay.sandbox.vendor import Vendor
from relay.sandbox.wire import json_body

PRICE_RULES: dict[str, checks.Rule] = {
    "model": checks.text,
    "type": checks.text,
    "n": checks.whole_number(1, 20),
}


def creativeai(vendor: Vendor) -> Blueprint:
    api = Blueprint("creativeai", __name__)

    @api.before_request
    def admit() -> None:
        g.key = vendor.account.admit(request.headers.get("Authorization", ""))

    @api.after_request
    def answer_as_ordered(response: Response) -> Response:
        """What was asked for is done by now: the answer may still be slow, or lost."""
        course: Course = g.get("course") or Course()
        if course.answered_after:
            vendor.hold(course.answered_after)
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
            for model in catalogue.MODELS
        ]
        return jsonify(object="list", data=data)

    @api.post("/api/v1/model/calculate")
    def calculate() -> ResponseReturnValue:
        """Not documented: the shapes. It takes the body of a generation, and costs nothing."""
        wish = checks.check(json_body(), PRICE_RULES, required=())
        return jsonify(model=wish.get("model"), credits=catalogue.price(wish))

    return api
