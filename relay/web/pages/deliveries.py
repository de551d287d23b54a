"""Deliveries: the list, one with its attempts, and resending one or, after a count, many."""

from urllib.parse import urlencode

from flask import Blueprint, abort, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from relay.models.delivery import DeliveryStatus, Selection
from relay.web.auth import Guard
from relay.web.context import AppContext
from relay.web.pages import status_labels
from relay.web.pages.base import done, now, pages

PAGE = 50
COUNTED = 300  # the page that asks before a replay counts no further and says "more than"
REPLAYED = (DeliveryStatus.FAILED, DeliveryStatus.DELIVERED, DeliveryStatus.RETRYING)


def blueprint(ctx: AppContext, guard: Guard) -> Blueprint:
    routes = pages("deliveries", guard)

    @routes.get("/deliveries")
    def page() -> str:
        chosen, before = _chosen(), request.args.get("before", "")
        found = ctx.store.deliveries(limit=PAGE + 1, before=before, **chosen)
        more = {**chosen, "before": found[PAGE - 1].id} if len(found) > PAGE else {}
        return render_template(
            "deliveries.html",
            deliveries=found[:PAGE],
            statuses_of=ctx.delivery_statuses(found[:PAGE], now()),
            chosen=chosen,
            is_first=not before,
            following=_address("/deliveries", more) if more else "",
            again=_address("/deliveries/replay", chosen) if _may_replay(chosen) and found else "",
            statuses=status_labels.DELIVERY,
            connections=[each.name for each in ctx.connections()],
        )

    @routes.get("/deliveries/replay")
    def count() -> str:
        chosen = _chosen()
        if not _may_replay(chosen):
            abort(404)
        found = ctx.resend(_selection(chosen), now=now(), dry=True, most=COUNTED + 1)
        number, more = min(found.count, COUNTED), found.count > COUNTED
        kept = [] if more else found.kept
        return render_template("deliveries_replay.html", number=number, more=more, kept=kept, chosen=chosen)

    @routes.post("/deliveries/replay")
    def replay() -> Answer:
        chosen = {name: request.form.get(name, "") for name in ("status", "connection")}
        if not _may_replay(chosen):
            abort(404)
        resent = ctx.resend(_selection(chosen), now=now())
        message = resent.summary or "There are no deliveries to resend."
        return done(_address("/deliveries", {"connection": chosen["connection"]}), message)

    @routes.get("/deliveries/<delivery_id>")
    def one(delivery_id: str) -> str:
        delivery = ctx.store.delivery(delivery_id) or abort(404)
        generation = ctx.store.generation(delivery.generation_id)
        return render_template(
            "delivery.html",
            delivery=delivery,
            attempts=ctx.store.attempts(delivery.id),
            generation=generation,
            status=ctx.delivery_status(delivery, now()),
            can_resend=delivery.status != DeliveryStatus.SKIPPED and not delivery.is_superseded,
            connection=ctx.connection_statuses(now()).get(delivery.connection),
        )

    @routes.post("/deliveries/<delivery_id>/again")
    def again(delivery_id: str) -> Answer:
        delivery = ctx.store.delivery(delivery_id) or abort(404)
        resent = ctx.resend(Selection(ids=(delivery.id,)), now=now())
        message = resent.summary or (
            "This delivery cannot be resent: a later result replaced this one, or it is being sent now."
        )
        return done(url_for(".one", delivery_id=delivery.id), message, well=bool(resent.count))

    return routes


def _chosen() -> dict[str, str]:
    status = request.args.get("status", "")
    return {
        "status": status if status in set(DeliveryStatus) else "",
        "connection": request.args.get("connection", "")[:100],
    }


def _may_replay(chosen: dict[str, str]) -> bool:
    """Not without a status: that would resend every delivery there ever was."""
    return chosen["status"] in REPLAYED


def _selection(chosen: dict[str, str]) -> Selection:
    return Selection(connection=chosen["connection"], status=chosen["status"])


def _address(path: str, given: dict[str, str]) -> str:
    kept = urlencode({name: value for name, value in given.items() if value})
    return f"{path}?{kept}" if kept else path
