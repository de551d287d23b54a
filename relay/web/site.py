"""All pages of the app, hung in one place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from flask import Flask
from pydantic import SecretStr

from relay.store.pages_contract import AccessStore, BackupStore, ShareStore
from relay.web import (
    access,
    page_connection_form,
    page_connections,
    page_create,
    page_deliveries,
    page_help,
    page_home,
    page_incoming,
    page_job,
    page_jobs,
    page_settings,
    page_setup,
    page_share,
    page_shared,
    page_templates,
)
from relay.web.api_operation import Desk
from relay.web.connecting import Connecting
from relay.web.page import Guard
from relay.web.surroundings import Surroundings
from relay.web.webhooks import Rejections


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
        access.blueprint(parts.store, password, secret_key),
        page_home.blueprint(desk, guard, parts.rejections, parts.warnings),
        page_create.blueprint(desk, guard),
        page_job.blueprint(desk, guard),
        page_jobs.blueprint(desk, guard),
        page_incoming.blueprint(desk, guard, parts.rejections),
        page_deliveries.blueprint(desk, guard),
        page_help.blueprint(),
        page_templates.blueprint(guard, parts.templates, parts.around.public_url),
        page_connections.blueprint(desk, guard, parts.connecting),
        page_settings.blueprint(desk, guard, parts.store, parts.around),
        page_setup.blueprint(desk, guard, parts.store, parts.around),
        page_share.blueprint(guard, parts.store, parts.around.share_links, parts.around.public_url),
        page_shared.door(parts.store, parts.around.share_links),
        page_shared.blueprint(desk, parts.store),
        page_connection_form.blueprint(guard, parts.connecting),
    ):
        app.register_blueprint(blueprint)
