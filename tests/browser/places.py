"""Every page there is: where it stands in the world of these tests, and which routes that leaves out."""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask
from werkzeug.routing import Rule

from tests.browser.world import World
from tests.web.site import Site

STATIC = (
    "/",
    "/create",
    "/create/text-to-video",
    "/create/image-edit",
    "/create/commerce",
    "/jobs",
    "/jobs?status=failed",
    "/jobs?q=nothing-has-this",
    "/deliveries",
    "/deliveries?status=failed",
    "/deliveries/replay?status=delivered&connection=slack",
    "/deliveries/incoming",
    "/connections",
    "/connections/airtable",
    "/connections/own",
    "/connections/own/edit",
    "/connections/own/remove",
    "/connections/new/n8n",
    "/connections/new/make",
    "/connections/new/airtable",
    "/connections/new/sheets",
    "/connections/new/shopify",
    "/connections/new/slack",
    "/connections/new/webhook",
    "/settings",
    "/settings/share",
    "/settings/share/new?form=text-to-video",
    "/setup",
    "/help",
    "/templates",
    "/templates/n8n/behind-the-relay",
    "/templates/make/behind-the-relay",
    "/nowhere",
    "/api",
)
PLACED = ("ready", "image", "voice", "failed", "hostile", "chain", "delivery", "event")

# Routes that show no page: files, data, and links that only lead on.
_NO_PAGES = (
    "/api/",
    "/files/",
    "/generations/<",
    "/healthz",
    "/login/<",
    "/openapi",
    "/metrics",
    "/readyz",
    "/s/",
    "/samples/",
    "/static",
    "/tasks",
)
_FILES = ("/body", "/file", ".json", ".svg")
_NO_FORMS = ("/api/", "/tasks", "/webhooks", "/login")
_FOR_THE_SCRIPT = "/price"


def of_the_admin(world: World) -> list[str]:
    return [*STATIC, *(world.places[name] for name in PLACED if name in world.places)]


@cache
def app() -> Flask:
    with TemporaryDirectory() as folder:
        site = Site(
            Path(folder), CREATIVEAI_API_KEY="of the browser tests", SECRET_KEY="of the browser tests"
        )
        site.close()
        return site.app


def _rules(method: str) -> Iterable[Rule]:
    return (rule for rule in app().url_map.iter_rules() if method in (rule.methods or ()))


def pages() -> set[str]:
    """The endpoints that show a page."""
    return {
        rule.endpoint
        for rule in _rules("GET")
        if not rule.rule.startswith(_NO_PAGES) and not rule.rule.endswith(_FILES)
    }


def forms() -> set[str]:
    """What a form may be sent to, each choice of an address by itself."""
    found = set()
    for rule in _rules("POST"):
        if rule.rule.startswith(_NO_FORMS) or rule.rule.endswith(_FOR_THE_SCRIPT):
            continue
        choices = re.search(r"any\(([a-z_, ]+)\):what", rule.rule)
        found |= {f"{rule.endpoint} {what}".strip() for what in (choices[1].split(", ") if choices else [""])}
    return found


def endpoint(path: str, method: str = "GET") -> str:
    """Which of the above an address is of."""
    name, given = app().url_map.bind("localhost").match(path.partition("?")[0], method=method)
    return f"{name} {given.get('what', '')}".strip()
