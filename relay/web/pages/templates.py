"""Templates for n8n and Make: what each does and requires, its file, and whether it has called the relay."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from flask import Blueprint, Response, abort, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from relay.store.contract.admin import AccessStore
from relay.web import first_call
from relay.web.auth import Guard
from relay.web.context import AppContext
from relay.web.headers import protect_file
from relay.web.pages.base import done, now, pages
from relay.web.pages.job import tell
from relay.web.pages.template_progress import Progress, progress
from relay.web.pages.template_steps import with_links


class Template(Protocol):
    @property
    def tool(self) -> str: ...
    @property
    def slug(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def filename(self) -> str: ...
    @property
    def needs(self) -> Sequence[str]: ...
    @property
    def cannot(self) -> str: ...
    @property
    def path(self) -> Path: ...
    @property
    def calls_relay(self) -> bool: ...
    @property
    def receives(self) -> bool: ...
    def text(self, public_url: str) -> str: ...
    def first_try(self, public_url: str) -> str | None: ...
    def steps(self) -> list[str]: ...
    def picture(self) -> Path: ...


TOOLS = {"n8n": "n8n", "make": "Make"}  # name in addresses -> title


def blueprint(
    ctx: AppContext,
    guard: Guard,
    store: AccessStore,
    templates: Callable[[], Sequence[Template]],
    public_url: str,
) -> Blueprint:
    routes = pages("templates", guard)

    @routes.get("/templates")
    def page() -> str:
        return render_template("templates.html", templates=templates(), tools=TOOLS, public_url=public_url)

    @routes.get("/templates/<tool>/<slug>")
    def one(tool: str, slug: str) -> str:
        found = known(tool, slug)
        names = {found.path.name: found.filename, "first-try.json": _form_name(found)}
        return render_template(
            "template.html",
            template=found,
            needs=[with_links(each) for each in found.needs],
            cannot=with_links(found.cannot),
            steps=[with_links(_renamed(step, names)) for step in found.steps()],
            text=found.text(public_url),
            form=found.first_try(public_url),
            tool=TOOLS[tool],
            public_url=public_url.rstrip("/"),
            progress=progress_of(found),
            key=now(),
        )

    @routes.get("/templates/<tool>/<slug>/state.json")
    def state(tool: str, slug: str) -> Response:
        seen = progress_of(known(tool, slug))
        return tell(seen.state, seen.sentence, final=not seen.waiting)

    @routes.post("/templates/<tool>/<slug>/imported")
    def imported(tool: str, slug: str) -> Answer:
        found = known(tool, slug)
        if not (found.calls_relay or found.receives):
            abort(404)
        first_call.say_imported(store, found.name, request.form.get("connection", "")[:200], now=now())
        return done(url_for(".one", tool=tool, slug=slug, _anchor="first-call"))

    @routes.get("/templates/<tool>/<slug>/file")
    def file(tool: str, slug: str) -> Response:
        found = known(tool, slug)
        return _download(found.text(public_url), found.filename)

    @routes.get("/templates/<tool>/<slug>/first-try/file")
    def first_try(tool: str, slug: str) -> Response:
        found = known(tool, slug)
        return _download(found.first_try(public_url) or abort(404), _form_name(found))

    @routes.get("/templates/<tool>/<slug>/picture.svg")
    def picture(tool: str, slug: str) -> Response:
        """In the page, and by itself in full: its own style is let through."""
        path = known(tool, slug).picture()
        response = Response(path.read_bytes() if path.exists() else abort(404), mimetype="image/svg+xml")
        protect_file(response)
        return response

    def known(tool: str, slug: str) -> Template:
        found = (each for each in templates() if (each.tool, each.slug) == (tool, slug))
        return next(found, None) or abort(404)

    def progress_of(template: Template) -> Progress:
        return progress(
            ctx,
            store,
            template.name,
            TOOLS[template.tool],
            now(),
            calls_relay=template.calls_relay,
            receives=template.receives,
        )

    return routes


def _form_name(template: Template) -> str:
    return f"{template.slug}-first-try.json"


def _renamed(step: str, names: dict[str, str]) -> str:
    """The files have other names in the repository than when they are downloaded here."""
    for name, here in names.items():
        step = step.replace(f"`{name}`", f"`{here}`")
    return step


def _download(text: str, filename: str) -> Response:
    response = Response(text, content_type="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response
