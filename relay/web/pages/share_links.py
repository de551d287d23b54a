"""Share links: created for colleagues who have no password, each for one form with a budget; revoked."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from flask import Blueprint, render_template, request, url_for
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.wrappers import Response as Answer

from relay.generation.create_job import read_model
from relay.generation.kinds import Kind, kinds
from relay.generation.pipeline import PRESETS
from relay.generation.pipeline_steps import Preset
from relay.store.contract.admin import NewShareLink, ShareLink, ShareStore
from relay.web.auth import Guard
from relay.web.pages.base import done, now, pages
from relay.web.pages.create import chosen_by, given_form
from relay.web.pages.create_form import CONTEXT
from relay.web.pages.forms import Control, controls
from relay.web.pages.status_labels import StatusLabel
from relay.web.share_tokens import ShareTokens

_DAY_MS = 24 * 3600 * 1000
_FIXED = "fixed."


class ShareLinkForm(BaseModel):
    """The fields of every new link."""

    model_config = ConfigDict(str_strip_whitespace=True, hide_input_in_errors=True)

    name: str = Field(
        title="Recipient", description="Only you see this name.", examples=["Anna"], max_length=64
    )
    budget: float = Field(
        title="Credit budget",
        description="A job that exceeds the budget is refused before anything is sent.",
        gt=0,
        le=1_000_000,
    )
    days: int | None = Field(
        None,
        title="Days until the link expires",
        description="Leave empty for a link that works until you revoke it.",
        ge=1,
        le=3650,
    )


@dataclass(frozen=True, slots=True)
class ShareLinkRow:
    share: ShareLink
    title: str
    url: str
    word: StatusLabel


def blueprint(guard: Guard, store: ShareStore, links: ShareTokens, public_url: str) -> Blueprint:
    routes = pages("share", guard)

    @routes.get("/settings/share")
    def page() -> str:
        origin = public_url or request.host_url.rstrip("/")
        rows = [_row(share, links, origin) for share in store.shares()]
        return render_template("share.html", rows=rows, kinds=kinds(), presets=PRESETS.values())

    @routes.get("/settings/share/new")
    def form() -> str:
        return _form(chosen_by(request.args.get("form", "")), {}, {})

    @routes.post("/settings/share/new")
    def add() -> Answer | tuple[str, int]:
        given = given_form()
        chosen = chosen_by(given.get("form", ""))
        link, faults = read_model(
            ShareLinkForm, {name: given[name] for name in ShareLinkForm.model_fields if given.get(name)}
        )
        fixed = {
            name.removeprefix(_FIXED): value
            for name, value in given.items()
            if name.startswith(_FIXED) and value.strip()
        }
        faults |= _faults_of(chosen, fixed)
        if link is None or faults:
            return _form(chosen, given, faults), 422
        ends = None if link.days is None else now() + link.days * _DAY_MS
        store.add_share(NewShareLink(link.name, chosen.name, fixed, link.budget, ends), now=now())
        return done(url_for(".page"), f"Share link for {link.name} created. Copy the link below.")

    @routes.post("/settings/share/<share_id>/revoke")
    def revoke(share_id: str) -> Answer:
        revoked = store.revoke_share(share_id, now=now())
        message = "Share link revoked." if revoked else "This share link was already revoked."
        return done(url_for(".page"), message, well=revoked)

    return routes


def _row(share: ShareLink, links: ShareTokens, origin: str) -> ShareLinkRow:
    forms: tuple[Kind | Preset, ...] = (*kinds(), *PRESETS.values())
    titles = {each.name: each.title for each in forms}
    url = f"{origin}/s/{links.sign(share.id)}" if share.is_open(now()) else ""
    return ShareLinkRow(share, titles.get(share.form, share.form), url, _word(share))


def _word(share: ShareLink) -> StatusLabel:
    if share.revoked_at is not None:
        return StatusLabel("Revoked", "quiet", "minus")
    if not share.is_open(now()):
        return StatusLabel("Expired", "quiet", "clock")
    if share.used >= share.budget:
        return StatusLabel("Used up", "waiting", "hand")
    return StatusLabel("Active", "good", "check")


def _faults_of(chosen: Kind | Preset, fixed: Mapping[str, str]) -> dict[str, str]:
    """Only of the fields that are filled in: the colleague fills in the others."""
    fields = chosen.input.model_fields
    entered = {name: value for name, value in fixed.items() if name in fields}
    _, faults = read_model(chosen.input, chosen.input.required_examples() | entered)
    return {f"{_FIXED}{name}": fault for name, fault in faults.items() if name.partition(".")[0] in entered}


def _form(chosen: Kind | Preset, given: Mapping[str, str], faults: Mapping[str, str]) -> str:
    link = controls(ShareLinkForm, given, faults)
    fields = [_left_open(each, given) for each in controls(chosen.input, given, faults, prefix=_FIXED)]
    fields += [
        Control(
            f"{_FIXED}context.{each.name}",
            each.title,
            "",
            "text",
            required=False,
            value=given.get(f"{_FIXED}context.{each.name}", ""),
        )
        for each in CONTEXT
    ]
    return render_template(
        "share_new.html",
        chosen=chosen,
        link=link,
        fields=fields,
        faults=faults,
        titles={each.name: each.title for each in (*link, *fields)},
    )


def _left_open(control: Control, given: Mapping[str, str]) -> Control:
    """The field as optional: the colleague fills in what is left empty."""
    options = control.options
    if control.type == "checkbox":
        options = (("true", "Yes"), ("false", "No"))
    options = (("", "Colleague chooses"), *[each for each in options if each[0]]) if options else ()
    return replace(
        control,
        type="select" if options else control.type,
        required=False,
        value=given.get(control.name, ""),
        options=options,
    )
