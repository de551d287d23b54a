"""All pages of the app, hung in one place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from flask import Flask
from pydantic import SecretStr

from relay.connections.contract import Connecting
from relay.store.contract.admin import AccessStore, BackupStore, ShareStore
from relay.web.api.operation import Desk
from relay.web.pages import (
    connection_form,
    connections,
    create,
    deliveries,
    events,
    home,
    job,
    jobs,
    settings,
    setup,
    share_links,
    shared_form,
    sign_in,
)
from relay.web.pages import help as page_help
from relay.web.pages import templates as page_templates
from relay.web.pages.base import Guard
from relay.web.pages.system_info import Surroundings
from relay.web.webhooks.creativeai import Rejections


class PageStore(AccessStore, ShareStore, BackupStore, Protocol):
    """What the pages ask of a store besides what the desk does."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the pages work with. `warnings`: what host or settings make worse than it has to be."""

    desk: Desk
    store: PageStore
    guard: Guard
    rejections: Rejections
    warnings: Sequence[str]
    connecting: Connecting
    around: Surroundings
    templates: Callable[[], Sequence[page_templates.Template]]


def register(app: Flask, parts: Parts, *, password: SecretStr | None, secret_key: SecretStr) -> None:
    desk, guard = parts.desk, parts.guard
    for blueprint in (
        sign_in.blueprint(parts.store, password, secret_key),
        home.blueprint(desk, guard, parts.rejections, parts.warnings),
        create.blueprint(desk, guard),
        job.blueprint(desk, guard),
        jobs.blueprint(desk, guard),
        events.blueprint(desk, guard, parts.rejections),
        deliveries.blueprint(desk, guard),
        page_help.blueprint(),
        page_templates.blueprint(guard, parts.templates, parts.around.public_url),
        connections.blueprint(desk, guard, parts.connecting),
        settings.blueprint(desk, guard, parts.store, parts.around),
        setup.blueprint(desk, guard, parts.store, parts.around),
        share_links.blueprint(guard, parts.store, parts.around.share_links, parts.around.public_url),
        shared_form.door(parts.store, parts.around.share_links),
        shared_form.blueprint(desk, parts.store),
        connection_form.blueprint(guard, parts.connecting),
    ):
        app.register_blueprint(blueprint)
