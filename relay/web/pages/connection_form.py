"""The form of a connection: a new one, or one that is changed. Secrets go in and never come out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from pydantic import BaseModel
from werkzeug.wrappers import Response as Answer

from relay.connections.admin import ConnectionAdmin
from relay.connections.contract import ConnectionInput, ConnectionView, ConnectorInfo, Faults
from relay.generation.kinds import kinds as kinds_of_jobs
from relay.intake import strict_json
from relay.models.core import ResultStatus
from relay.security.client_address import network
from relay.web import client
from relay.web.auth import Guard
from relay.web.pages.base import done, now, pages
from relay.web.pages.connection_labels import STATUSES, output_label
from relay.web.pages.forms import Control, controls, text_of

_USUAL = (ResultStatus.COMPLETED, ResultStatus.FAILED)
_LINES = 11  # of columns that are seen at once


@dataclass(frozen=True, slots=True)
class Form:
    """`given`: what the fields hold, by name, as text; `known` None: it is a new one."""

    kind: str
    model: type[BaseModel]
    name: str
    given: Mapping[str, str]
    statuses: frozenset[str]
    kinds: frozenset[str]
    known: ConnectionView | None = None
    revision: str = ""
    removed_secrets: frozenset[str] = frozenset()


def blueprint(guard: Guard, connection_admin: ConnectionAdmin) -> Blueprint:
    routes = pages("connection_form", guard)
    new = f"/connections/new/<any({', '.join(connection_admin.kinds())}):kind>"

    @routes.get(new)
    def add(kind: str) -> str:
        model = connection_admin.model(kind) or abort(404)
        name = _free_name(kind, {each.name for each in connection_admin.all()})
        form = Form(kind, model, name, request.args, frozenset(_USUAL), frozenset())
        return _page(form, connection_admin.info(kind), {})

    @routes.post(new)
    def create(kind: str) -> Answer | tuple[str, int]:
        model = connection_admin.model(kind) or abort(404)
        entered = _entered(request.form.get("name", "").strip(), kind, model)
        faults, found = connection_admin.add(entered, now(), network(client.address()))
        if found is None:
            form = Form(
                *(kind, model, entered.name, request.form),
                *(frozenset(entered.statuses or ()), frozenset(entered.kinds)),
            )
            return _page(form, connection_admin.info(kind), faults), 422
        to = url_for("connections.one", name=entered.name)
        if not found.ok:
            to = url_for("connections.one", name=entered.name, _anchor="state", unwell="yes")
        return done(to, found.message, well=found.ok)

    @routes.get("/connections/<name>/edit")
    def edit(name: str) -> str:
        known, model = _changeable(connection_admin, name)
        given = {field: _text(value) for field, value in known.options.items()}
        form = Form(
            *(known.kind, model, name, given, frozenset(known.statuses), known.kinds),
            known=known,
            revision=str(known.revision),
        )
        return _page(form, connection_admin.info(known.kind), {})

    @routes.post("/connections/<name>/edit")
    def change(name: str) -> Answer | tuple[str, int]:
        known, model = _changeable(connection_admin, name)
        entered, revision = _entered(name, known.kind, model), request.form.get("revision", "")
        number = int(revision[:18]) if revision.isdecimal() else -1
        faults, found = connection_admin.change(entered, number, now(), network(client.address()))
        if found is not None:
            return done(url_for("connections.one", name=name), found.message, well=found.ok)
        form = Form(
            *(known.kind, model, name, request.form),
            *(frozenset(entered.statuses or ()), frozenset(entered.kinds)),
            known=known,
            revision=str(known.revision) if "" in faults else revision,
            removed_secrets=frozenset(entered.removed_secrets),
        )
        return _page(form, connection_admin.info(known.kind), faults), 422

    return routes


def _changeable(connection_admin: ConnectionAdmin, name: str) -> tuple[ConnectionView, type[BaseModel]]:
    known = connection_admin.one(name) or abort(404)
    model = connection_admin.model(known.kind)
    return (known, model) if model and known.revision is not None else abort(405)


def _free_name(kind: str, taken: set[str]) -> str:
    names = (kind, *(f"{kind}-{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)


def _entered(name: str, kind: str, model: type[BaseModel]) -> ConnectionInput:
    given = {name: strict_json.storable(request.form.get(name, "")).strip() for name in model.model_fields}
    return ConnectionInput(
        name=name,
        kind=kind,
        values={name: value for name, value in given.items() if value},
        statuses=request.form.getlist("statuses"),
        kinds=[strict_json.storable(each) for each in request.form.getlist("kinds")],
        removed_secrets=request.form.getlist("taken_back"),
    )


def _text(value: Any) -> str:
    """As text of a form field: pairs are one per line."""
    if isinstance(value, dict):
        return "\n".join(f"{field}={column}" for field, column in value.items())
    return text_of(value)


def _fields(form: Form, faults: Faults) -> list[Control]:
    """The model's. Options are one line each, but for pairs; a secret's field never holds one."""
    defaults = {
        name: _text(value)
        for name, field in form.model.model_fields.items()
        if isinstance(value := field.get_default(call_default_factory=True), dict)
    }
    found = controls(form.model, {**defaults, **form.given}, faults)
    return [_field(control, form, in_lines=control.name in defaults) for control in found]


def _field(control: Control, form: Form, *, in_lines: bool) -> Control:
    if in_lines:
        help_for_lines = f"{control.help} Enter one per line. The connection's page previews what is written."
        return replace(control, help=help_for_lines, rows=_LINES)
    if control.type != "password":
        return replace(control, type="text") if control.type == "textarea" else control
    if not form.known or control.name not in form.known.secrets:
        return replace(control, value="")
    kept = "Leave this field empty to keep the saved value."
    title = f"New {control.title[:1].lower()}{control.title[1:]}"
    return replace(control, value="", title=title, help=f"{kept} {control.help}", required=False)


def _page(form: Form, info: ConnectorInfo, faults: Faults) -> str:
    fields = _fields(form, faults)
    secrets = form.known.secrets if form.known else ()
    optional = [name for name in secrets if not form.model.model_fields[name].is_required()]
    made = {each.output_kind for each in kinds_of_jobs()}
    name = Control(
        "name",
        "Name",
        "Identifies this connection: lowercase letters, digits and hyphens.",
        "text",
        required=True,
        value=form.name,
        fault=faults.get("name", ""),
    )
    return render_template(
        "connection_form.html",
        form=form,
        kind=info,
        name=name,
        fields=fields,
        taken_back={each: form.model.model_fields[each].title for each in optional},
        statuses=STATUSES,
        kinds={each: output_label(each) for each in sorted(made | form.kinds)},
        faults=faults,
        titles={each.name: each.title for each in (name, *fields)} | {"statuses": "Results to send"},
        action=url_for(".change", name=form.name) if form.known else url_for(".create", kind=form.kind),
    )
