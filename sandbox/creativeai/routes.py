"""The vendor's API on the wire: every endpoint of its reference.

https://creativeai.run/api-docs. The routes only read the request, call `Vendor`, and write the response.
"""

from flask import Blueprint, Response, g, jsonify, request
from flask.typing import ResponseReturnValue

from sandbox import validation
from sandbox.creativeai import catalog
from sandbox.creativeai.faults import FaultPlan
from sandbox.creativeai.job_routes import submit_and_status_routes
from sandbox.creativeai.request_parsing import json_body
from sandbox.creativeai.sync_routes import sync_routes
from sandbox.creativeai.vendor import Vendor
from sandbox.inboxes import drop_connection

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
    def respond_as_planned(response: Response) -> Response:
        """The request is carried out by now: the response may still be slow, or lost."""
        plan: FaultPlan = g.get("plan") or FaultPlan()
        if plan.response_delay:
            vendor.wait(plan.response_delay, since=g.arrived)
        response.headers.update(vendor.account.limit_headers(request.headers.get("Authorization", "")))
        if not plan.responds:
            drop_connection()
        return response

    submit_and_status_routes(api, vendor)
    sync_routes(api, vendor)

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
        submit = validation.check(json_body(), PRICE_RULES, required=())
        return jsonify(model=submit.get("model"), credits=catalog.price(submit))

    return api
