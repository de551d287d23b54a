"""The pages of a share link: its one form, and the jobs that were created through the link."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, g, render_template, request, session, url_for
from werkzeug.utils import redirect
from werkzeug.wrappers import Response as Answer

from relay.errors import ApiKeyError, ShareError
from relay.generation.create_job import InputError
from relay.models.job import Job
from relay.store.contract.admin import AccessStore, ShareLink, ShareStore
from relay.web.auth import EPOCH, Admin, Guard
from relay.web.context import AppContext
from relay.web.pages.base import done, error_page, now, pages
from relay.web.pages.create import chosen_by, faults_of, form_page, given_files, given_form, make
from relay.web.pages.create_form import from_address, price_of, typical_price
from relay.web.pages.fixed_fields import decided_by, with_fixed
from relay.web.pages.job import details_of, shown, tell_state
from relay.web.pages.jobs import PAGE, rows_of
from relay.web.share_tokens import ShareTokens
from relay.web.uploads import allow_upload


class Store(AccessStore, ShareStore, Protocol):
    """Share links, their jobs, and the setting that ends all sessions."""


def share_guard(store: Store) -> Guard:
    """Runs on each request, so that a link stops working the moment it is revoked or expires."""

    def guard() -> Answer | None:
        share = store.share(session.get("share", ""))
        if share is None or session.get("epoch") != _epoch(store) or not share.is_open(now()):
            return _ended()
        g.share = share
        return None

    return guard


def door(store: Store, links: ShareTokens, admin: Admin) -> Blueprint:
    """The link itself. An admin who opens a link stays signed in as admin."""
    routes = pages("share_link", lambda: None)

    @routes.get("/s/<token>")
    def enter(token: str) -> Answer:
        share = store.share(links.read(token) or "")
        if share is None or not share.is_open(now()):
            return _ended()
        if not admin.is_signed_in():
            session.clear()
            session["role"] = "share"
        session.update(share=share.id, epoch=_epoch(store))
        return redirect(url_for("shared.page"), 303)

    return routes


def blueprint(ctx: AppContext, store: Store) -> Blueprint:
    routes = pages("shared", share_guard(store))

    @routes.get("/shared")
    def page() -> str:
        return _form(ctx, store, from_address(chosen_by(_share().form), request.args), {})

    @routes.post("/shared")
    def create() -> Answer | tuple[str, int]:
        allow_upload(request)
        share, given = _share(), given_form()
        try:
            make(
                ctx,
                chosen_by(share.form),
                with_fixed(given, share.fixed_values),
                given_files(),
                share_link_id=share.id,
            )
        except (InputError, ApiKeyError, ShareError) as error:
            return _form(ctx, store, given, faults_of(error)), 422
        return done(url_for(".page"), "Job queued. The result appears below.")

    @routes.post("/shared/price")
    def price() -> Response:
        share = _share()
        return price_of(chosen_by(share.form), with_fixed(given_form(), share.fixed_values), typical_price)

    @routes.get("/shared/jobs/<job_id>")
    def job(job_id: str) -> str:
        seen = replace(details_of(ctx, _own(ctx, job_id)), deliveries=())
        state_at = url_for(".state", job_id=job_id)
        return render_template("shared_job.html", **shown(ctx, seen), state_at=state_at)

    @routes.get("/shared/jobs/<job_id>/state.json")
    def state(job_id: str) -> Response:
        return tell_state(replace(details_of(ctx, _own(ctx, job_id)), deliveries=()))

    return routes


def _form(ctx: AppContext, store: Store, given: Mapping[str, str], faults: Mapping[str, str]) -> str:
    share = _share()
    before = request.args.get("before", "")
    jobs = store.jobs_of_share_link(share.id, limit=PAGE + 1, before=before)
    older = "?" + urlencode({"before": jobs[PAGE - 1].id}) if len(jobs) > PAGE else ""
    return form_page(
        ctx,
        chosen_by(share.form),
        with_fixed(given, share.fixed_values),
        faults,
        template="shared.html",
        without=decided_by(share.fixed_values),
        action=url_for(".create"),
        price_at=url_for(".price"),
        share=share,
        left=max(0.0, share.budget - share.used),
        rows=rows_of(ctx, jobs[:PAGE]),
        older=older,
    )


def _share() -> ShareLink:
    share: ShareLink = g.share
    return share


def _own(ctx: AppContext, job_id: str) -> Job:
    """404 for a job of another link, as for one that does not exist."""
    job = ctx.store.job(job_id)
    return job if job and job.share_link_id == _share().id else abort(404)


def _epoch(store: AccessStore) -> str:
    return store.setting(EPOCH) or "0"


def _ended() -> Response:
    sentence = "The link was revoked, has expired or is incomplete. Ask the sender for a new one."
    return error_page(404, title="This link does not work", sentence=sentence)
