"""Where results go: every connection with its state, and one of them with what can be done about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, abort, render_template, request, session, url_for
from werkzeug.wrappers import Response as Answer

from relay.connections.contract import Connecting, Known, Told
from relay.delivery.links import linked
from relay.intake import sample_event, strict_json
from relay.models.core import ConnectionState, Pause, Result, new_id
from relay.models.delivery import DeliveryStatus, Owed
from relay.models.views import DeliverySummary
from relay.web.api.operation import Desk
from relay.web.pages import status_labels
from relay.web.pages.base import Guard, done, now, pages
from relay.web.pages.connection_labels import KIND, MAKES, STATUSES, Kind
from relay.web.pages.failure_groups import LOOKED_AT, reasons
from relay.web.pages.media import best

_SHOWN = 10
_TESTED = "tested"  # in the session: the last test, until it is taken away or kept


@dataclass(frozen=True, slots=True)
class Card:
    """A connection in the list. `last`: the newest delivery that arrived, and the newest that failed."""

    known: Known
    kind: Kind
    word: status_labels.Word
    pause: Pause | None
    waiting: int
    delivered: DeliverySummary | None
    failed: DeliverySummary | None


def blueprint(desk: Desk, guard: Guard, connecting: Connecting) -> Blueprint:
    routes = pages("connections", guard)

    @routes.get("/connections")
    def page() -> str:
        pauses = desk.store.pauses()
        cards = [_card(desk, known, pauses) for known in connecting.all()]
        kinds = {name: KIND.get(name, Kind(name)) for name in connecting.kinds()}
        return render_template("connections.html", cards=cards, kinds=kinds)

    @routes.get("/connections/<name>")
    def one(name: str) -> str:
        known = connecting.one(name) or abort(404)
        return render_template("connection.html", **_shown(desk, connecting, known))

    @routes.post("/connections/<name>/check")
    def check(name: str) -> Answer:
        told = connecting.check(_of(connecting, name))
        return done(_to(name), told.sentence, well=told.ok)

    @routes.post("/connections/<name>/test")
    def test(name: str) -> Answer:
        told = connecting.test(_of(connecting, name), now())
        if not told.ok:
            return done(_to(name), told.sentence, well=False)
        session[_TESTED] = {
            "name": name,
            "sentence": told.sentence,
            "link": _opened(told),
            "written": dict(told.written),
        }
        return done(_to(name))

    @routes.post("/connections/<name>/test/<any(remove, keep):what>")
    def after_test(name: str, what: str) -> Answer:
        tested = _tested(_of(connecting, name))
        if tested is None:
            return done(_to(name), "There is no test to take away any more.", well=False)
        if what == "keep":
            session.pop(_TESTED)
            return done(_to(name), "The test stays where it is.")
        told = connecting.remove_test(name, tested["written"])
        if told.ok:
            session.pop(_TESTED)
        return done(_to(name), told.sentence, well=told.ok)

    @routes.post("/connections/<name>/pause")
    def pause(name: str) -> Answer:
        why = strict_json.storable(request.form.get("why", "")).strip()[:200] or "paused by hand"
        desk.store.pause(_of(connecting, name), Pause(since=now(), why=why, until=None))
        return done(_to(name), "It is paused. What is owed to it waits until you resume it.")

    @routes.post("/connections/<name>/resume")
    def resume(name: str) -> Answer:
        if not request.form.get("anyway"):
            told = connecting.check(_of(connecting, name))
            if not told.ok:
                to = url_for(".one", name=name, _anchor="state", unwell="yes")
                return done(to, f"It stays paused, since a look at it found: {told.sentence}", well=False)
        resumed = desk.store.resume(name)
        waiting = desk.store.waiting(name)
        goes = f"It goes on; {waiting} waiting for it {'goes' if waiting == 1 else 'go'} out now."
        return done(_to(name), goes if resumed else "It was not paused any more, so it goes on.")

    @routes.get("/connections/<name>/remove")
    def sure(name: str) -> str:
        known = _stored(connecting, name)
        return render_template("connection_remove.html", known=known, waiting=desk.store.waiting(name))

    @routes.post("/connections/<name>/remove")
    def remove(name: str) -> Answer:
        _stored(connecting, name)
        note = f"skipped: the connection {name} was removed"
        skipped = desk.store.remove_connection(name, now=now(), note=note)
        if skipped is None:
            return done(url_for(".page"), f"Somebody has just removed {name}.", well=False)
        return done(url_for(".page"), f"{name} is removed; {skipped} waiting for it will not be sent.")

    return routes


def state_word(known: Known, pause: Pause | None) -> status_labels.Word:
    if known.summary.state is not ConnectionState.READY:
        return status_labels.CONNECTION[known.summary.state]
    return status_labels.PAUSED if pause else status_labels.CONNECTION[ConnectionState.READY]


def _card(desk: Desk, known: Known, pauses: Mapping[str, Pause]) -> Card:
    name, pause = known.summary.name, pauses.get(known.summary.name)
    return Card(
        known=known,
        kind=KIND.get(known.summary.kind, Kind(known.summary.kind)),
        word=state_word(known, pause),
        pause=pause,
        waiting=desk.store.waiting(name),
        delivered=_newest(desk, name, DeliveryStatus.DELIVERED),
        failed=_newest(desk, name, DeliveryStatus.FAILED),
    )


def _newest(desk: Desk, name: str, status: DeliveryStatus) -> DeliverySummary | None:
    return next(iter(desk.store.deliveries(limit=1, status=status, connection=name)), None)


def _shown(desk: Desk, connecting: Connecting, known: Known) -> dict[str, Any]:
    name = known.summary.name
    failed = desk.store.deliveries(limit=LOOKED_AT, status=DeliveryStatus.FAILED, connection=name)
    result, context, is_real = _latest(desk)
    model = connecting.model(known.summary.kind)
    fields = model.model_fields.items() if model else ()
    return {
        "card": _card(desk, known, desk.store.pauses()),
        "known": known,
        "model": model,
        "statuses": [said for status, said in STATUSES.items() if status in known.summary.statuses],
        "kinds": [MAKES.get(each, each) for each in sorted(known.summary.kinds)],
        "titles": {field: info.title or field for field, info in fields},
        "reasons": reasons(failed),
        "failed_count": len(failed),
        "more_failed": len(failed) == LOOKED_AT,
        "deliveries": desk.store.deliveries(limit=_SHOWN, connection=name),
        "columns": connecting.sample(name, result, context),
        "is_real": is_real,
        "tested": _tested(name),
        "unwell": request.args.get("unwell") == "yes",
    }


def _latest(desk: Desk) -> tuple[Result, Mapping[str, str], bool]:
    """What would be written: the newest result that brought a file, else a sample; and whether it is real."""
    for generation in desk.store.generations(limit=_SHOWN):
        record = best(desk.store.results(generation.id))
        if record and record.result.outputs:
            owed = Owed("", "", 0, 0, record.result, generation.context, record.received_at, record.copies)
            return linked(owed, desk.link, now()), generation.context, True
    moment = now()
    (result,) = sample_event.event(
        new_id("vgen_sample", moment), "completed", desk.sample_link, moment
    ).results
    return result, sample_event.CONTEXT, False


def _opened(told: Told) -> str:
    """Only an address of the web is made a link."""
    return told.link if urlsplit(told.link).scheme in ("https", "http") else ""


def _tested(name: str) -> dict[str, Any] | None:
    tested: dict[str, Any] | None = session.get(_TESTED)
    return tested if tested and tested["name"] == name else None


def _of(connecting: Connecting, name: str) -> str:
    return name if connecting.one(name) else abort(404)


def _stored(connecting: Connecting, name: str) -> Known:
    """One that may be changed here."""
    known = connecting.one(name) or abort(404)
    return known if known.revision is not None else abort(405)


def _to(name: str) -> str:
    return url_for(".one", name=name)
