"""Registers every page of the app."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from flask import Flask

from relay.connections.admin import ConnectionAdmin
from relay.store.contract.access_log import AccessLogStore
from relay.store.contract.admin import AccessStore, BackupStore, ShareStore
from relay.web.auth import Admin
from relay.web.context import AppContext
from relay.web.pages import (
    connection_form,
    connections,
    create,
    deliveries,
    events,
    generations,
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
from relay.web.pages.base import error_page
from relay.web.pages.system_info import SystemInfo


class PageStore(AccessStore, AccessLogStore, ShareStore, BackupStore, Protocol):
    """The parts of the store that pages use besides those in AppContext."""


@dataclass(frozen=True, slots=True)
class Pages:
    """What the pages work with. `warnings`: sentences about a host or settings that put something at risk."""

    ctx: AppContext
    store: PageStore
    admin: Admin
    warnings: Sequence[str]
    connection_admin: ConnectionAdmin
    system: SystemInfo
    templates: Callable[[], Sequence[page_templates.Template]]


def register(app: Flask, parts: Pages) -> None:
    ctx, guard = parts.ctx, parts.admin.guard(error_page)
    for blueprint in (
        sign_in.blueprint(parts.store, parts.admin),
        home.blueprint(ctx, guard, parts.warnings),
        create.blueprint(ctx, guard),
        job.blueprint(ctx, guard),
        jobs.blueprint(ctx, guard),
        events.blueprint(ctx, guard),
        generations.blueprint(ctx, guard),
        deliveries.blueprint(ctx, guard),
        page_help.blueprint(),
        page_templates.blueprint(ctx, guard, parts.store, parts.templates, parts.system.public_url),
        connections.blueprint(ctx, guard, parts.connection_admin),
        settings.blueprint(ctx, guard, parts.store, parts.system),
        setup.blueprint(ctx, guard, parts.store, parts.system),
        share_links.blueprint(guard, parts.store, parts.system.share_links, parts.system.public_url),
        shared_form.door(parts.store, parts.system.share_links, parts.admin),
        shared_form.blueprint(ctx, parts.store),
        connection_form.blueprint(guard, parts.connection_admin),
    ):
        app.register_blueprint(blueprint)
