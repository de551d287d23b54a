"""Settings: limits and who set them, webhook secret, queue, API tokens, sign-ins, backup, version."""

import logging
from collections.abc import Mapping
from typing import Protocol

from flask import Blueprint, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as Answer

import relay
from relay.generation.status import queue_status
from relay.intake import strict_json
from relay.security.client_address import network
from relay.security.tokens import name_fault, new_token
from relay.store.contract.access_log import AccessKind, AccessLogStore, AccessNote
from relay.store.contract.admin import AccessStore, BackupStore
from relay.web import client
from relay.web.auth import Guard
from relay.web.context import AppContext
from relay.web.pages import access_labels
from relay.web.pages.access_labels import WEBHOOK_SECRET
from relay.web.pages.base import done, now, pages
from relay.web.pages.forms import controls, text_of
from relay.web.pages.system_info import SystemInfo

_LONGEST_WHY = 200
_ENTRIES, _WRONG = 12, 5  # of the access log, and of wrong passwords in it

log = logging.getLogger(__name__)


class Store(AccessStore, AccessLogStore, BackupStore, Protocol):
    """Tokens and settings, who got in, and the backup."""


def blueprint(ctx: AppContext, guard: Guard, store: Store, system: SystemInfo) -> Blueprint:
    routes = pages("settings", guard)

    def show(
        given: Mapping[str, str] | None = None, faults: Mapping[str, str] | None = None, token: str = ""
    ) -> str:
        return _page(ctx, store, system, given=given or {}, faults=faults or {}, token=token)

    @routes.get("/settings")
    def page() -> str:
        return show()

    @routes.post("/settings/limits")
    def keep_limits() -> Answer | tuple[str, int]:
        given = {name: strict_json.storable(value) for name, value in request.form.items()}
        faults = system.limits.keep(given)
        if faults:
            return show(given, faults), 422
        return done(url_for(".page"), "Saved. In effect now.")

    @routes.post("/settings/queue/<any(pause, resume):what>")
    def queue(what: str) -> Answer:
        if not ctx.account:
            return done(
                url_for(".page"), "There is no queue yet, because no CreativeAI API key is set.", well=False
            )
        if what == "resume":
            resumed = ctx.store.resume_queue(ctx.account, now=now())
            message = "Queue resumed." if resumed else "The queue was not paused."
        else:
            why = strict_json.storable(request.form.get("why", "")).strip()[:_LONGEST_WHY]
            ctx.store.pause_queue(ctx.account, why or "Paused on the settings page.", now=now())
            message = (
                "Queue paused. No job is sent to CreativeAI until you resume the queue. "
                "Results of jobs already sent still arrive."
            )
        return done(url_for(".page"), message)

    @routes.post("/settings/secret")
    def change_secret() -> Answer | tuple[str, int]:
        given = strict_json.storable(request.form.get("webhook_secret", "")).strip()
        if fault := system.secrets.change(given, now=now(), note=_note(AccessKind.SECRET_CHANGED)):
            return show(faults={"webhook_secret": fault}), 422
        log.info("webhook secret changed", extra={"sender": client.address()})
        message = (
            "Saved. In effect now. Enter the same secret in CreativeAI; a secret saved here before stays "
            "accepted for 24 hours."
        )
        return done(url_for(".page"), message)

    @routes.post("/settings/secret/<any(end_overlap, forget):what>")
    def end_secret(what: str) -> Answer:
        log.info("webhook secret removed", extra={"sender": client.address()})
        if what == "end_overlap":
            system.secrets.end_overlap(_note(AccessKind.SECRET_REMOVED))
            return done(url_for(".page"), "Secrets saved here earlier are no longer accepted.")
        system.secrets.forget(_note(AccessKind.SECRET_REMOVED))
        return done(url_for(".page"), "Secret removed. Only secrets set by the host are accepted now.")

    @routes.post("/settings/tokens")
    def add_token() -> str | tuple[str, int]:
        """Answers with the page, not a redirect, so that the token is in no address and shown only once."""
        name = strict_json.storable(request.form.get("token_name", "")).strip()
        if fault := name_fault(name):
            return show({"token_name": name}, {"token_name": f"The name {fault}."}), 422
        token, digest = new_token()
        ctx.store.add_token(name, digest, now=now(), remote_addr=network(client.address()))
        log.info("API token created", extra={"token_name": name, "sender": client.address()})
        return show(token=token)

    @routes.post("/settings/tokens/<token_id>/revoke")
    def revoke_token(token_id: str) -> Answer:
        revoked = ctx.store.revoke_token(token_id, now=now(), remote_addr=network(client.address()))
        if revoked:
            log.info("API token revoked", extra={"token_id": token_id, "sender": client.address()})
        message = "Token revoked." if revoked else "This token was already revoked."
        return done(url_for(".page"), message, well=revoked)

    @routes.post("/settings/backup")
    def backup() -> Answer:
        name = f"relay-{now() // 1000}.db"
        return send_file(store.copy(), "application/vnd.sqlite3", as_attachment=True, download_name=name)

    return routes


def _note(kind: AccessKind) -> AccessNote:
    return AccessNote(kind, now(), WEBHOOK_SECRET, network(client.address()))


def _page(
    ctx: AppContext,
    store: Store,
    system: SystemInfo,
    *,
    given: Mapping[str, str],
    faults: Mapping[str, str],
    token: str,
) -> str:
    limits = system.limits.settings()
    shown = {name: text_of(getattr(limits, name)) for name in type(limits).model_fields}
    fields = controls(type(limits), {**shown, **given}, faults)
    tokens = ctx.store.tokens()
    state = ctx.store.queue_state(ctx.account, now=now()) if ctx.account else None
    return render_template(
        "settings.html",
        fields=[each for each in fields if each.name not in system.limits.fixed],
        fixed=[each for each in fields if each.name in system.limits.fixed],
        given=given,
        faults=faults,
        titles={each.name: each.title for each in fields}
        | {"token_name": "Token name", "webhook_secret": "New secret"},
        secret_since=system.secrets.since(),
        overlaps=system.secrets.overlaps(now()),
        state=state,
        queue=queue_status(state, ctx.limits, now()) if state else None,
        limits=ctx.limits,
        tokens=[each for each in tokens if each.revoked_at is None],
        revoked=sum(each.revoked_at is not None for each in tokens),
        token=token,
        access_log=access_labels.lines(store.access_log(most=_ENTRIES, most_wrong=_WRONG)),
        system=system,
        health=ctx.store.health(),
        archive=ctx.store.archive_summary(),
        version=relay.__version__,
    )
