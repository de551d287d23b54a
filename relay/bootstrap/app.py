"""Wires the parts together: environment -> settings, store, destinations, the Flask app, the worker."""

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

from flask import Flask

from relay import workflow_templates
from relay.archive.worker import ArchiveWorker
from relay.bootstrap import archive, environment_secrets, findings, queue, system_info
from relay.bootstrap import shopify as shops
from relay.bootstrap.behind_proxies import address_of, behind_proxies
from relay.bootstrap.configuration import Configuration
from relay.bootstrap.secret_key import forget_replaced_key
from relay.bootstrap.store import make_store
from relay.config.overrides import LimitOverrides
from relay.config.settings import Settings
from relay.connections.admin import ConnectionAdmin
from relay.connections.loader import ConnectionLoader, renew
from relay.connections.registry import ConnectionRegistry
from relay.delivery.worker import DeliveryWorker
from relay.errors import StoreBusyError
from relay.files.source import FileSource
from relay.generation import unclear_status
from relay.generation.pricing import Prices
from relay.generation.worker import QueueWorker
from relay.http.client import Http
from relay.intake import accept, sample_event
from relay.intake.accept_queue import AcceptQueue
from relay.intake.refusals import RefusalCounter
from relay.intake.secrets import WebhookSecrets
from relay.resources import FOLDERS
from relay.retention import Pruner
from relay.security.encryption import Vault
from relay.store.contract.core import ConnectionStore, Store
from relay.store.sql.move import MARK
from relay.web import archive_files, cookies, first_call, health, https, metrics, sample_files
from relay.web.any_id import AnyId
from relay.web.api import blueprint as api
from relay.web.auth import Admin
from relay.web.context import LARGEST_BODY, AppContext
from relay.web.pages import base as page
from relay.web.pages import register
from relay.web.webhooks import creativeai
from relay.web.webhooks import shopify as shop_webhooks


def make_http(settings: Settings, *extra_hosts: str) -> Http:
    return Http(origin_map=settings.origin_map, allowed_hosts=[*settings.allowed_hosts, *extra_hosts])


def make_loader(configuration: Configuration, http: Http | None = None) -> ConnectionLoader:
    settings = configuration.settings
    vault = Vault([settings.secret_key, *settings.secret_key_fallbacks])
    return ConnectionLoader(http or make_http(settings), vault, settings.secret_key)


def make_secrets(configuration: Configuration, store: Store) -> WebhookSecrets:
    return WebhookSecrets(configuration.settings.webhook_secrets, store, make_loader(configuration).vault)


def read_secrets(configuration: Configuration) -> Mapping[str, bytes]:
    """All secrets that webhooks may be signed with now, for a command; works before the first migration."""
    store = make_store(configuration.settings)
    try:
        secrets = make_secrets(configuration, store)
        return secrets() if store.health().migrated else secrets.host
    finally:
        store.close()


def make_registry(configuration: Configuration, store: ConnectionStore) -> ConnectionRegistry:
    """All connections, for as long as the process lives."""
    return ConnectionRegistry(store, configuration.options, make_loader(configuration))


def make_connection_admin(configuration: Configuration, store: Store) -> ConnectionAdmin:
    return ConnectionAdmin(store, make_loader(configuration), make_registry(configuration, store))


def prepare(configuration: Configuration, *, now: int) -> list[str]:
    """Run once, before the processes start: applies a new version or environment. Returns new migrations.
    `now` is in ms."""
    store = make_store(configuration.settings)
    try:
        steps = store.migrate()
        if origin := store.setting(MARK):
            raise StoreBusyError(
                f"The move from {origin} into this database has not finished. Run `relay move` there again."
            )
        store.free_names(configuration.options)
        vault = make_loader(configuration).vault
        renew(store, vault)
        make_secrets(configuration, store).renew()
        environment_secrets.note_changes(configuration.named_secrets(), store, vault, now=now)
        forget_replaced_key(configuration.settings, store)
        return steps
    finally:
        store.close()


@dataclass(frozen=True, slots=True)
class Shared:
    """What the process that serves webhooks and pages has once. Stop `refusals` when none comes any more."""

    registry: ConnectionRegistry
    secrets: WebhookSecrets
    refusals: RefusalCounter


def share(configuration: Configuration, store: Store) -> Shared:
    return Shared(
        make_registry(configuration, store), make_secrets(configuration, store), RefusalCounter(store)
    )


def make_receiver(
    configuration: Configuration,
    store: Store,
    shared: Shared,
    queue: AcceptQueue,
    *,
    pool: Executor,
    on_loop: Callable[[Callable[[], object]], object],
) -> creativeai.WebhookReceiver:
    settings = configuration.settings
    return creativeai.WebhookReceiver(
        queue,
        secrets=shared.secrets,
        connections=shared.registry,
        refusals=shared.refusals,
        pool=pool,
        on_loop=on_loop,
        address_of=partial(address_of, proxies=configuration.proxies),
        archive_wait=archive.archive_wait(settings),
        unsigned_store=store if settings.creativeai_unsigned_webhooks == "confirm" else None,
        explain_unclear=None if settings.creativeai_api_key else unclear_status.explain_unpolled,
    )


def create_app(configuration: Configuration, store: Store, shared: Shared | None = None) -> Flask:
    """All but the webhooks of CreativeAI. Call it, and open its store, in the process that serves it."""
    settings = configuration.settings
    app = Flask(__name__, template_folder=FOLDERS / "templates", static_folder="../web/static")
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.url_map.converters[AnyId.name] = AnyId
    shared = shared or share(configuration, store)
    keys = [settings.secret_key, *settings.secret_key_fallbacks]
    admin = Admin(store, settings.admin_password, keys)
    registry, secrets = shared.registry, shared.secrets
    app.register_blueprint(
        shop_webhooks.blueprint(store, lambda: shops.webhook_shops(registry.loaded()), shared.refusals)
    )
    app.register_blueprint(health.blueprint(store, admin))
    app.register_blueprint(
        archive_files.blueprint(archive.make_links(settings), archive.make_local(settings))
    )
    app.register_blueprint(sample_files.blueprint())
    ctx = _context(settings, store, registry)
    app.register_blueprint(metrics.blueprint(ctx))
    note_template = partial(first_call.note_call, store, workflow_templates.names)
    app.register_blueprint(api.blueprint(ctx, otherwise=page.error_of, note_template=note_template))
    data = configuration.data
    archive_ok, archive_status = archive.status(settings, files_last=data.files_last)
    warnings = [] if data.lasts else [f"{data.sentence} {data.remedy}"]
    warnings += [] if archive_ok else [archive_status]
    https.install(app, always=settings.public_url.startswith("https://"))
    cookies.install(app, [key.get_secret_value() for key in keys])
    page.install(app, settings.public_url)
    register.register(
        app,
        register.Pages(
            ctx,
            store,
            admin,
            warnings,
            ConnectionAdmin(store, make_loader(configuration), registry),
            system_info.make_system_info(
                configuration,
                store,
                secrets,
                make_http,
                risks=lambda: [
                    risk.sentence for risk in findings.at_risk(settings, secrets(), registry.loaded())
                ],
            ),
            workflow_templates.templates,
        ),
    )
    app.wsgi_app = behind_proxies(app.wsgi_app, configuration.proxies)  # type: ignore[method-assign, assignment]
    return app


def _context(settings: Settings, store: Store, registry: ConnectionRegistry) -> AppContext:
    account, limits = queue.account(settings), LimitOverrides(settings, store)
    client = queue.make_client(settings, make_http(settings))
    return AppContext(
        store=store,
        connections=registry.views,
        account=account,
        limits_now=limits,
        price=Prices(client, store, account=account, limits=limits).price,
        link=archive.make_link(settings),
        route=partial(
            accept.route, connections=registry.connections, archive_wait=archive.archive_wait(settings)
        ),
        sample_link=f"{settings.own_url}{sample_event.PATH}",
    )


def make_file_source(configuration: Configuration) -> FileSource:
    """One per process: its archive and its deliveries share what is known of the hosts of files."""
    return FileSource(make_http(configuration.settings))


def make_worker(configuration: Configuration, store: Store, source: FileSource) -> DeliveryWorker:
    settings = configuration.settings
    return DeliveryWorker(
        store,
        make_registry(configuration, store).destinations,
        link=archive.make_link(settings),
        files=archive.make_files(settings, source),
        public_url=settings.public_url,
    )


def make_archiver(configuration: Configuration, store: Store, source: FileSource) -> ArchiveWorker | None:
    """None: nothing is to be archived."""
    return archive.make_archiver(configuration.settings, store, source)


def make_pruner(configuration: Configuration, store: Store) -> Pruner:
    limits = LimitOverrides(configuration.settings, store)
    return Pruner(store, lambda: limits.settings().keep_bodies_days)


def make_queue(configuration: Configuration, store: Store) -> QueueWorker | None:
    """None: there is no API key, so nothing can be sent."""
    settings = configuration.settings
    registry = make_registry(configuration, store)
    account, limits = queue.account(settings), LimitOverrides(settings, store)
    duties = [shops.new_products(store, registry, account=account, limits=limits)]
    return queue.make_queue(settings, store, make_http(settings), registry.connections, duties)
