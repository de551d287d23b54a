"""Incoming webhooks: each as received, with its deliveries; and the ones refused for their signature."""

from flask import Blueprint, Response, abort, render_template, request, url_for

from relay.generation.unclear_status import describe
from relay.intake import events
from relay.models.core import UNREADABLE
from relay.models.views import EventRecord
from relay.web.auth import Guard
from relay.web.context import AppContext
from relay.web.pages.base import pages

PAGE = 50
_GAVE_NONE = "This webhook gave no result for it; if a job waits for it, the relay asks CreativeAI about it."
_CHECK = "Check the generation at CreativeAI."


def blueprint(ctx: AppContext, guard: Guard) -> Blueprint:
    routes = pages("incoming", guard)

    @routes.get("/deliveries/incoming")
    def page() -> str:
        before = request.args.get("before", "")
        found = ctx.store.events(limit=PAGE + 1, before=before)
        following = url_for(".page", before=found[PAGE - 1].id) if len(found) > PAGE else ""
        return render_template(
            "incoming.html",
            events=found[:PAGE],
            following=following,
            is_first=not before,
            refused=[] if before else ctx.store.refused_webhooks(limit=PAGE),
        )

    @routes.get("/deliveries/incoming/<event_id>")
    def one(event_id: str) -> str:
        record = ctx.store.event(event_id) or abort(404)
        body = None if record.body is None else record.body.decode("utf-8", "replace")
        headers = {
            name: "verified (hidden)" if "signature" in name.lower() else value
            for name, value in record.headers.items()
        }
        return render_template(
            "incoming_one.html",
            event=record.summary,
            headers=headers,
            body=body,
            left_open=_left_open(record),
        )

    @routes.get("/deliveries/incoming/<event_id>/body")
    def body(event_id: str) -> Response:
        """The exact bytes as a download; never shown as a page."""
        record = ctx.store.event(event_id) or abort(404)
        if record.body is None:
            abort(404)
        response = Response(record.body, content_type="application/octet-stream")
        response.headers["Content-Disposition"] = f'attachment; filename="{event_id}.json"'
        return response

    return routes


def _left_open(record: EventRecord) -> str:
    """What of the webhook gave no result, as sentences; "" when all of it did."""
    if record.summary.status == UNREADABLE:
        return f"The relay cannot read this webhook, so it gave no result. {_CHECK}"
    if record.body is None:
        return ""
    read = events.parse(record.body, record.headers, label="", secret="", received_at=0)
    return f"{describe(read.unclear)} {_GAVE_NONE} {_CHECK}" if read.unclear else ""
