"""The sandbox's own addresses, /sandbox/...: order misfortunes and answers, send any payload, see what went.

No service has these; nothing of the relay but a demo or a test calls them.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from relay.sandbox import checks
from relay.sandbox.destinations import Inboxes, Order
from relay.sandbox.errors import invalid
from relay.sandbox.misfortunes import MISFORTUNES, Misfortune
from relay.sandbox.vendor import Vendor
from relay.sandbox.webhooks import Webhooks, encoded

ORDER_RULES: dict[str, checks.Rule] = {
    "status": checks.whole_number(200, 599),
    "times": checks.whole_number(1, 1000),
    "retry_after": checks.whole_number(0, 86_400),
    "body": checks.text,
}
SEND_RULES: dict[str, checks.Rule] = {
    "event": checks.text,
    "webhook_url": checks.address,
    "delivery_id": checks.text,
    "raw": checks.text,
}
MISFORTUNE_RULES: dict[str, checks.Rule] = {
    "next": checks.list_of(checks.one_of(*Misfortune), len(Misfortune))
}


def control(vendor: Vendor, webhooks: Webhooks, inboxes: Inboxes) -> Blueprint:
    routes = Blueprint("control", __name__, url_prefix="/sandbox")

    @routes.get("/misfortunes")
    def misfortunes() -> ResponseReturnValue:
        known = {name: meaning.sentence for name, meaning in MISFORTUNES.items()}
        return jsonify(known=known, ordered=vendor.orders())

    @routes.post("/misfortunes")
    def order_misfortunes() -> ResponseReturnValue:
        asked = checks.check(request.get_json(), MISFORTUNE_RULES, required=("next",))
        vendor.order(*map(Misfortune, asked["next"]))
        return jsonify(ordered=vendor.orders()), 202

    @routes.post("/send")
    def send() -> ResponseReturnValue:
        asked = checks.check(request.get_json(), SEND_RULES, required=("event", "webhook_url"))
        delivery_id = send_payload(webhooks, asked)
        return jsonify(delivery_id=delivery_id), 202

    @routes.get("/webhooks")
    def attempts() -> ResponseReturnValue:
        return jsonify(attempts=[asdict(attempt) for attempt in webhooks.attempts()])

    @routes.post("/destinations/<name>")
    def order_answers(name: str) -> ResponseReturnValue:
        asked = checks.check(request.get_json(), ORDER_RULES, required=("status",))
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
