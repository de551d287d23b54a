"""The sandbox's own addresses, /sandbox/...: inject faults, plan responses, send payloads, see what was sent.

No real service has these; of the relay only the demo and tests call them.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flask import Blueprint, jsonify, redirect, request
from flask.typing import ResponseReturnValue

from sandbox import validation
from sandbox.control.page import shown
from sandbox.creativeai.faults import FAULTS, REQUEST_FAULTS, Fault
from sandbox.creativeai.vendor import Vendor
from sandbox.creativeai.webhooks import Webhooks, encoded
from sandbox.errors import invalid
from sandbox.inboxes import Inboxes, PlannedResponse

RESPONSE_RULES: dict[str, validation.Rule] = {
    "status": validation.whole_number(200, 599),
    "times": validation.whole_number(1, 1000),
    "retry_after": validation.whole_number(0, 86_400),
    "body": validation.text,
}
SEND_RULES: dict[str, validation.Rule] = {
    "event": validation.text,
    "webhook_url": validation.address,
    "delivery_id": validation.text,
    "raw": validation.text,
}
FAULT_RULES: dict[str, validation.Rule] = {
    "next": validation.list_of(validation.one_of(*Fault), len(Fault)),
    "lookups": validation.list_of(validation.one_of(*sorted(REQUEST_FAULTS)), 1000),
}


def control(vendor: Vendor, webhooks: Webhooks, inboxes: Inboxes) -> Blueprint:
    routes = Blueprint("control", __name__, url_prefix="/sandbox")

    @routes.get("")
    def page() -> str:
        return shown(vendor, webhooks)

    @routes.get("/faults")
    def faults() -> ResponseReturnValue:
        known = {name: described.summary for name, described in FAULTS.items()}
        return jsonify(faults=known, pending=vendor.faults.pending())

    @routes.post("/faults")
    def inject_faults() -> ResponseReturnValue:
        """`next`: happen together to the next job; `lookups`: each to one of the next status requests.

        As JSON, or as the page's form.
        """
        by_form = not request.is_json
        given = validation.check(
            dict(request.form.lists()) if by_form else request.get_json(), FAULT_RULES, required=()
        )
        if not given.keys() & FAULT_RULES.keys():
            raise invalid("Give 'next' or 'lookups'.", "next")
        if "next" in given:
            vendor.faults.inject(*map(Fault, given["next"]))
        for name in given.get("lookups", ()):
            vendor.faults.inject_lookups(Fault(name), 1)
        return redirect("/sandbox", 303) if by_form else (jsonify(pending=vendor.faults.pending()), 202)

    @routes.get("/jobs")
    def jobs() -> ResponseReturnValue:
        return jsonify(credits=vendor.account.credits, jobs=[asdict(job) for job in vendor.jobs])

    @routes.post("/send")
    def send() -> ResponseReturnValue:
        given = validation.check(request.get_json(), SEND_RULES, required=("event", "webhook_url"))
        delivery_id = send_payload(webhooks, given)
        return jsonify(delivery_id=delivery_id), 202

    @routes.get("/webhooks")
    def attempts() -> ResponseReturnValue:
        return jsonify(attempts=[asdict(attempt) for attempt in webhooks.attempts()])

    @routes.post("/destinations/<name>")
    def plan_responses(name: str) -> ResponseReturnValue:
        given = validation.check(request.get_json(), RESPONSE_RULES, required=("status",))
        response = PlannedResponse(given["status"], given.get("body", ""), given.get("retry_after"))
        inboxes.plan(name, response, given.get("times", 1))
        return jsonify(name=name, planned=given), 202

    @routes.get("/inbox")
    def inbox() -> ResponseReturnValue:
        return jsonify(received=[asdict(item) for item in inboxes.received()])

    return routes


def send_payload(webhooks: Webhooks, given: Mapping[str, Any]) -> str:
    """A signed webhook with this `body`, or with the text `raw` exactly as it is."""
    body = given.get("body")
    if "raw" not in given and not isinstance(body, dict):
        raise invalid("Give 'body' (a JSON object) or 'raw' (a text).", "body")
    names = body if isinstance(body, dict) else {}
    delivery_id = str(given.get("delivery_id") or names.get("id") or names.get("batch_id") or "sandbox")
    raw = given["raw"].encode() if "raw" in given else encoded(names)
    webhooks.send(given["webhook_url"], given["event"], delivery_id, raw)
    return delivery_id
