"""Templates for n8n and Make: what each does and requires, and the file with this relay's address."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from flask import Blueprint, Response, abort, render_template

from relay.web.auth import Guard
from relay.web.pages.base import pages


class Template(Protocol):
    @property
    def tool(self) -> str: ...
    @property
    def slug(self) -> str: ...
    @property
    def filename(self) -> str: ...
    def text(self, public_url: str) -> str: ...
    def steps(self) -> list[str]: ...
    def picture(self) -> Path: ...


TOOLS = {"n8n": "n8n", "make": "Make"}  # name in addresses -> title


def blueprint(guard: Guard, templates: Callable[[], Sequence[Template]], public_url: str) -> Blueprint:
    routes = pages("templates", guard)

    @routes.get("/templates")
    def page() -> str:
        return render_template("templates.html", templates=templates(), tools=TOOLS, public_url=public_url)

    @routes.get("/templates/<tool>/<slug>")
    def one(tool: str, slug: str) -> str:
        found = known(tool, slug)
        return render_template(
            "template.html",
            template=found,
            steps=[step.replace("*", "").replace("`", "") for step in found.steps()],
            text=found.text(public_url),
            tool=TOOLS[tool],
            public_url=public_url,
        )

    @routes.get("/templates/<tool>/<slug>/file")
    def file(tool: str, slug: str) -> Response:
        found = known(tool, slug)
        response = Response(found.text(public_url), content_type="application/json")
        response.headers["Content-Disposition"] = f'attachment; filename="{found.filename}"'
        return response

    @routes.get("/templates/<tool>/<slug>/picture.svg")
    def picture(tool: str, slug: str) -> Response:
        path = known(tool, slug).picture()
        return Response(path.read_bytes() if path.exists() else abort(404), mimetype="image/svg+xml")

    def known(tool: str, slug: str) -> Template:
        found = (each for each in templates() if (each.tool, each.slug) == (tool, slug))
        return next(found, None) or abort(404)

    return routes
