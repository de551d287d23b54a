"""Wires the parts together: environment -> settings, store, destinations, the Flask app, the worker."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from flask import Flask
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from werkzeug.middleware.proxy_fix import ProxyFix

import connectors
from connectors.base import Options
from relay import settings as environment
from relay.delivery.attempt import Destination, secret_values
from relay.delivery.worker import Worker
from relay.errors import SettingsError
from relay.http import Http
from relay.model import Connection, ResultStatus
from relay.settings import Settings
from relay.store.sqlite import SqliteStore
from relay.web import access, health, overview, webhooks


def _split(value: object) -> object:
    return (
        [word.strip().lower() for word in value.split(",") if word.strip()]
        if isinstance(value, str)
        else value
    )


class Wants(BaseModel):
    """Which results a connection gets: `<KIND>_STATUSES` and `<KIND>_KINDS`, comma-separated."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    statuses: Annotated[frozenset[ResultStatus], BeforeValidator(_split), Field(min_length=1)] = frozenset(
        {ResultStatus.COMPLETED, ResultStatus.FAILED}
    )
    kinds: Annotated[frozenset[str], BeforeValidator(_split)] = frozenset()


@dataclass(frozen=True, slots=True)
class Configuration:
    """What the environment says, checked as a whole."""

    settings: Settings
    options: Mapping[str, tuple[Options, Wants]]
    disk_is_wiped: bool

    def secrets(self) -> list[str]:
        """Every secret's text, for masking in logs."""
        of_options = (secret_values(options) for options, _ in self.options.values())
        return [*self.settings.secret_values(), *(secret for secrets in of_options for secret in secrets)]


def configure(environ: Mapping[str, str]) -> Configuration:
    """Raises SettingsError with every fault of settings and connections at once."""
    settings, faults = environment.read(environ)
    options: dict[str, tuple[Options, Wants]] = {}
    for kind in connectors.kinds():
        prefix = f"{kind.upper()}_"
        model = connectors.connector(kind).Options
        given = environment.read_prefixed(environ, model, prefix)
        if not given:
            continue
        read, wrong = environment.read_model(model, given, prefix)
        wants, wrong_wants = environment.read_model(
            Wants, environment.read_prefixed(environ, Wants, prefix), prefix
        )
        faults += wrong + wrong_wants
        if read and wants:
            options[kind] = (read, wants)
    if faults:
        raise SettingsError(faults)
    return Configuration(environment.with_secret_key(settings), options, environment.disk_is_wiped(environ))


def make_http(settings: Settings, *extra_hosts: str) -> Http:
    return Http(origin_map=settings.origin_map, allowed_hosts=[*settings.allowed_hosts, *extra_hosts])


def make_store(settings: Settings) -> SqliteStore:
    """Open it after a fork: one per process."""
    return SqliteStore(settings.database_path)


def make_destinations(configuration: Configuration, http: Http) -> dict[str, Destination]:
    """The connections of the environment, one per kind, named after it."""
    made = {}
    for kind, (options, wants) in configuration.options.items():
        connector = connectors.connector(kind)(options, http)
        connection = Connection(
            name=kind,
            kind=kind,
            target=connector.target,
            statuses=wants.statuses,
            kinds=wants.kinds,
            calls_per_second=connector.pace.calls_per_second,
            concurrency=connector.pace.concurrency,
            fingerprint=_fingerprint(configuration.settings, options),
        )
        made[kind] = Destination(connection, connector, secret_values(options))
    return made


def create_app(configuration: Configuration, store: SqliteStore) -> Flask:
    """Made, as its store, in the process that serves it."""
    settings = configuration.settings
    app = Flask(__name__, template_folder="../templates", static_folder="static")
    destinations = make_destinations(configuration, make_http(settings))
    connections = [destination.connection for destination in destinations.values()]
    rejections = webhooks.Rejections()
    app.wsgi_app = webhooks.Webhooks(  # type: ignore[method-assign, assignment]
        app.wsgi_app,
        store=store,
        secrets=settings.webhook_secrets,
        connections=connections,
        rejections=rejections,
    )
    app.register_blueprint(health.blueprint(store))
    guard = access.password_guard(settings.admin_password)
    app.register_blueprint(
        overview.blueprint(store, connections, rejections, guard, disk_is_wiped=configuration.disk_is_wiped)
    )
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def make_worker(configuration: Configuration) -> Worker:
    store = make_store(configuration.settings)
    return Worker(store, make_destinations(configuration, make_http(configuration.settings)))


def _fingerprint(settings: Settings, options: Options) -> str:
    """Changes with any option and tells none: keyed, since a short secret could be guessed from a hash."""
    values = {name: getattr(options, name) for name in type(options).model_fields}
    plain = repr({n: v.get_secret_value() if isinstance(v, SecretStr) else v for n, v in values.items()})
    key = settings.secret_key.get_secret_value().encode()
    return hmac.new(key, plain.encode(), hashlib.sha256).hexdigest()[:32]
