"""The environment as a whole: settings, the connections that it configures, and what the host is."""

from collections.abc import Mapping
from dataclasses import dataclass

import connectors
from connectors.base import Options
from relay.bootstrap.secret_key import with_secret_key
from relay.bootstrap.store import await_server
from relay.config import data_location, platform
from relay.config import settings as environment
from relay.config.data_location import DataLocation
from relay.config.settings import Settings
from relay.connections.loader import Filters
from relay.delivery.attempt import secret_values
from relay.errors import SettingsError
from relay.security.client_address import Proxies


@dataclass(frozen=True, slots=True)
class Configuration:
    """What the environment says, checked as a whole."""

    settings: Settings
    options: Mapping[str, tuple[Options, Filters]]
    data: DataLocation
    proxies: Proxies
    key_is_in_database: bool = False

    def named_secrets(self) -> Mapping[str, str]:
        """Every secret that is set, by the name of its setting."""
        named = environment.named_secrets(self.settings)
        for kind, (options, _) in self.options.items():
            named |= environment.named_secrets(options, f"{kind.upper()}_")
        return named

    def secrets(self) -> list[str]:
        """The text of every secret, for masking in logs."""
        of_options = (secret_values(options) for options, _ in self.options.values())
        return [*self.settings.secret_values(), *(secret for secrets in of_options for secret in secrets)]


def configure(environ: Mapping[str, str], *, patience: float = 0.0) -> Configuration:
    """`patience`: how many seconds a database server that does not answer is waited for.

    Raises SettingsError with every fault of settings and connections at once, and StoreBusyError where the
    SECRET_KEY has to be read from a database that does not answer."""
    settings, faults = environment.read(environ)
    options: dict[str, tuple[Options, Filters]] = {}
    for kind in connectors.kinds():
        prefix = f"{kind.upper()}_"
        if not any(name.startswith(prefix) for name in environ):
            continue  # importing a connector for nothing would make each start slower
        model = connectors.connector(kind).Options
        given = environment.read_prefixed(environ, model, prefix)
        if not given:
            continue
        read, wrong = environment.read_model(model, given, prefix)
        wants, wrong_wants = environment.read_model(
            Filters, environment.read_prefixed(environ, Filters, prefix), prefix
        )
        faults += wrong + wrong_wants
        if read and wants:
            options[kind] = (read, wants)
    if faults:
        raise SettingsError(faults)
    await_server(settings, patience)
    has_key = bool(settings.secret_key.get_secret_value())
    return Configuration(
        with_secret_key(settings),
        options,
        data_location.locate(environ, settings),
        platform.proxies(environ, trusted=settings.trusted_proxies, public_url=settings.public_url),
        key_is_in_database=bool(settings.postgres_url) and not has_key,
    )


def locate_data(environ: Mapping[str, str]) -> DataLocation:
    """Without the rest of the configuration, and without making anything."""
    settings, _ = environment.read(environ)
    return data_location.locate(environ, settings)
