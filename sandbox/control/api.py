"""The sandbox's own addresses, /sandbox/...: order misfortunes and answers, send any payload, see what went.

No service has these; nothing of the relay but a demo or a test calls them.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flask import Blueprint, jsonify, redirect, request
from flask.typing import ResponseReturnValue

from sandbox import validation
from sandbox.control.page import shown
from sandbox.creativeai.faults import MISFORTUNES, OF_REQUESTS, Fault
from sandbox.creativeai.service import Vendor
from sandbox.creativeai.webhooks import Webhooks, encoded
from sandbox.errors import invalid
from sandbox.inboxes import Inboxes, Order

ORDER_RULES: dict[str, validation.Rule] = {
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
MISFORTUNE_RULES: dict[str, validation.Rule] = {
    "next": validation.list_of(validation.one_of(*Fault), len(Fault)),
    "lookups": validation.list_of(validation.one_of(*sorted(OF_REQUESTS)), 1000),
}


def control(vendor: Vendor, webhooks: Webhooks, inboxes: Inboxes) -> Blueprint:
    routes = Blueprint("control", __name__, url_prefix="/sandbox")

    @routes.get("")
    def page() -> str:
        return shown(vendor, webhooks)

    @routes.get("/misfortunes")
    def misfortunes() -> ResponseReturnValue:
        known = {name: meaning.sentence for name, meaning in MISFORTUNES.items()}
        return jsonify(known=known, ordered=vendor.orders.waiting())

    @routes.post("/misfortunes")
    def order_misfortunes() -> ResponseReturnValue:
        """`next`: what happens together to the next job; `lookups`: each to one of the next look-ups.

        As JSON, or as the page's form.
        """
        by_form = not request.is_json
        asked = validation.check(
            dict(request.form.lists()) if by_form else request.get_json(), MISFORTUNE_RULES, required=()
        )
        if not asked.keys() & MISFORTUNE_RULES.keys():
            raise invalid("Give 'next' or 'lookups'.", "next")
        if "next" in asked:
            vendor.orders.order(*map(Fault, asked["next"]))
        for name in asked.get("lookups", ()):
            vendor.orders.order_lookups(Fault(name), 1)
        return redirect("/sandbox", 303) if by_form else (jsonify(ordered=vendor.orders.waiting()), 202)

    @routes.get("/jobs")
    def jobs() -> ResponseReturnValue:
        return jsonify(credits=vendor.account.credits, jobs=[asdict(job) for job in vendor.jobs])

    @routes.post("/send")
    def send() -> ResponseReturnValue:
        asked = validation.check(request.get_json(), SEND_RULES, required=("event", "webhook_url"))
        delivery_id = send_payload(webhooks, asked)
        return jsonify(delivery_id=delivery_id), 202

    @routes.get("/webhooks")
    def attempts() -> ResponseReturnValue:
        return jsonify(attempts=[asdict(attempt) for attempt in webhooks.attempts()])

    @routes.post("/destinations/<name>")
    def order_answers(name: str) -> ResponseReturnValue:
        asked = validation.check(request.get_json(), ORDER_RULES, required=("status",))
        order = Order(asked["status"], asked.get("body", ""), asked.get("retry_after"))
        inboxes.order(name, order, asked.get("times", 1))
        return jsonify(name=name, ordered=asked), 202

    @routes.get("/inbox")
    def inbox() -> ResponseReturnValue:
        return jsonify(received=[asdict(item) for item in inboxes.received()])

    return routes


def send_payload(webhooks: Webhooks, asked: Mapping[str, Any]) -> str:
    """A signed webhook with this `body`, or with the text `raw` exactly as it is."""
    body = asked.get("body")
    if "raw" not in asked and not isinstance(body, dict):
        raise invalid("Give 'body' (a JSON object) or 'raw' (a text).", "body")
    names = body if isinstance(body, dict) else {}
    delivery_id = str(asked.get("delivery_id") or names.get("id") or names.get("batch_id") or "sandbox")
    raw = asked["raw"].encode() if "raw" in asked else encoded(names)
    webhooks.send(asked["webhook_url"], asked["event"], delivery_id, raw)
    return delivery_id
