"""Where results go: every connection with its state, and one of them with what can be done about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, abort, render_template, request, session, url_for
from werkzeug.wrappers import Response as Answer

from relay.connections.admin import ConnectionAdmin
from relay.connections.contract import ConnectionView, ConnectorInfo, UnknownConnectionError
from relay.connections.status import connection_status, connection_statuses
from relay.delivery.links import linked
from relay.delivery.status import delivery_statuses
from relay.intake import sample_event, strict_json
from relay.models.connection import CheckResult
from relay.models.core import Result, new_id
from relay.models.delivery import ClaimedDelivery, DeliveryStatus
from relay.models.status import Status
from relay.models.views import DeliverySummary
from relay.web.auth import Guard
from relay.web.context import AppContext
from relay.web.pages.base import done, now, pages
from relay.web.pages.connection_labels import STATUSES, output_label
from relay.web.pages.failure_groups import LOOKED_AT, failure_groups
from relay.web.pages.media import best

_SHOWN = 10
_TESTED = "tested"  # in the session: the last test, until it is taken away or kept


@dataclass(frozen=True, slots=True)
class ConnectionCard:
    """A connection in the list, with the newest delivery that arrived and the newest that failed."""

    known: ConnectionView
    kind: ConnectorInfo
    status: Status
    waiting: int
    delivered: DeliverySummary | None
    failed: DeliverySummary | None


def blueprint(ctx: AppContext, guard: Guard, connection_admin: ConnectionAdmin) -> Blueprint:
    routes = pages("connections", guard)

    @routes.get("/connections")
    def page() -> str:
        statuses = connection_statuses(connection_admin.all(), ctx.store.pauses(), now())
        cards = [
            _card(ctx, connection_admin, known, statuses[known.name]) for known in connection_admin.all()
        ]
        kinds = {name: connection_admin.info(name) for name in connection_admin.kinds()}
        return render_template("connections.html", cards=cards, kinds=kinds)

    @routes.get("/connections/<name>")
    def one(name: str) -> str:
        known = connection_admin.one(name) or abort(404)
        return render_template("connection.html", **_shown(ctx, connection_admin, known))

    @routes.post("/connections/<name>/check")
    def check(name: str) -> Answer:
        found = connection_admin.check(_of(connection_admin, name))
        return done(_to(name), found.message, well=found.ok)

    @routes.post("/connections/<name>/test")
    def test(name: str) -> Answer:
        found = connection_admin.test(_of(connection_admin, name), now())
        if not found.ok:
            return done(_to(name), found.message, well=False)
        session[_TESTED] = {
            "name": name,
            "sentence": found.message,
            "link": _opened(found),
            "written": dict(found.written),
        }
        return done(_to(name))

    @routes.post("/connections/<name>/test/<any(remove, keep):what>")
    def after_test(name: str, what: str) -> Answer:
        tested = _tested(_of(connection_admin, name))
        if tested is None:
            return done(_to(name), "There is no test to remove.", well=False)
        if what == "keep":
            session.pop(_TESTED)
            return done(_to(name), "The test stays where it is.")
        found = connection_admin.remove_test(name, tested["written"])
        if found.ok:
            session.pop(_TESTED)
        return done(_to(name), found.message, well=found.ok)

    @routes.post("/connections/<name>/pause")
    def pause(name: str) -> Answer:
        why = strict_json.storable(request.form.get("why", ""))
        connection_admin.pause(_of(connection_admin, name), why, now=now())
        return done(_to(name), f"{name} is paused.")

    @routes.post("/connections/<name>/resume")
    def resume(name: str) -> Answer:
        anyway = bool(request.form.get("anyway"))
        resumed = connection_admin.resume(_of(connection_admin, name), now=now(), anyway=anyway)
        if resumed.ok or name not in ctx.store.pauses():
            return done(_to(name), resumed.message, well=resumed.ok)
        to = url_for(".one", name=name, _anchor="state", unwell="yes")
        return done(to, resumed.message, well=False)

    @routes.get("/connections/<name>/remove")
    def sure(name: str) -> str:
        known = _stored(connection_admin, name)
        return render_template("connection_remove.html", known=known, waiting=ctx.store.waiting(name))

    @routes.post("/connections/<name>/remove")
    def remove(name: str) -> Answer:
        _stored(connection_admin, name)
        try:
            skipped = connection_admin.remove(name, now())
        except UnknownConnectionError as error:  # removed elsewhere in this moment
            return done(url_for(".page"), str(error), well=False)
        count = "1 pending delivery" if skipped == 1 else f"{skipped} pending deliveries"
        return done(url_for(".page"), f"{name} is removed; {count} will not be sent.")

    return routes


def _card(
    ctx: AppContext, connection_admin: ConnectionAdmin, known: ConnectionView, status: Status
) -> ConnectionCard:
    return ConnectionCard(
        known=known,
        kind=connection_admin.info(known.kind),
        status=status,
        waiting=ctx.store.waiting(known.name),
        delivered=_newest(ctx, known.name, DeliveryStatus.DELIVERED),
        failed=_newest(ctx, known.name, DeliveryStatus.FAILED),
    )


def _newest(ctx: AppContext, name: str, status: DeliveryStatus) -> DeliverySummary | None:
    return next(iter(ctx.store.deliveries(limit=1, status=status, connection=name)), None)


def _shown(ctx: AppContext, connection_admin: ConnectionAdmin, known: ConnectionView) -> dict[str, Any]:
    name, moment = known.name, now()
    pause = ctx.store.pauses().get(name)
    status = connection_status(known, pause, moment)
    failed = ctx.store.deliveries(limit=LOOKED_AT, status=DeliveryStatus.FAILED, connection=name)
    deliveries = ctx.store.deliveries(limit=_SHOWN, connection=name)
    result, context, is_real = _latest(ctx)
    model = connection_admin.model(known.kind)
    fields = model.model_fields.items() if model else ()
    return {
        "card": _card(ctx, connection_admin, known, status),
        "is_held": pause is not None and pause.held,
        "known": known,
        "model": model,
        "statuses": [said for status, said in STATUSES.items() if status in known.statuses],
        "kinds": [output_label(each) for each in sorted(known.kinds)],
        "titles": {field: info.title or field for field, info in fields},
        "reasons": failure_groups(failed),
        "failed_count": len(failed),
        "more_failed": len(failed) == LOOKED_AT,
        "deliveries": deliveries,
        "statuses_of": delivery_statuses(deliveries, {name: status}, moment),
        "columns": connection_admin.sample(name, result, context),
        "is_real": is_real,
        "tested": _tested(name),
        "unwell": request.args.get("unwell") == "yes",
    }


def _latest(ctx: AppContext) -> tuple[Result, Mapping[str, str], bool]:
    """For the preview: the newest result with a file, else a sample; its context; and whether it is real."""
    for generation in ctx.store.generations(limit=_SHOWN):
        record = best(ctx.store.results(generation.id))
        if record and record.result.outputs:
            claimed = ClaimedDelivery(
                "", "", 0, 0, record.result, generation.context, record.received_at, record.copies
            )
            return linked(claimed, ctx.link, now()), generation.context, True
    moment = now()
    (result,) = sample_event.event(
        new_id("vgen_sample", moment), "completed", ctx.sample_link, moment
    ).results
    return result, sample_event.CONTEXT, False


def _opened(found: CheckResult) -> str:
    """Only an address of the web is made a link."""
    return found.link if urlsplit(found.link).scheme in ("https", "http") else ""


def _tested(name: str) -> dict[str, Any] | None:
    tested: dict[str, Any] | None = session.get(_TESTED)
    return tested if tested and tested["name"] == name else None


def _of(connection_admin: ConnectionAdmin, name: str) -> str:
    return name if connection_admin.one(name) else abort(404)


def _stored(connection_admin: ConnectionAdmin, name: str) -> ConnectionView:
    """One that may be changed here."""
    known = connection_admin.one(name) or abort(404)
    return known if known.revision is not None else abort(405)


def _to(name: str) -> str:
    return url_for(".one", name=name)
