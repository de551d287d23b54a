"""The environment as a whole: settings, the connections that it configures, and what the host is."""

from collections.abc import Mapping
from dataclasses import dataclass

import connectors
from connectors.base import Options
from relay.bootstrap.secret_key import with_secret_key
from relay.bootstrap.store import await_server
from relay.config import platform
from relay.config import settings as environment
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
    disk_is_wiped: bool
    proxies: Proxies
    key_is_in_database: bool = False

    @property
    def loses_history(self) -> bool:
        """The database is on a disk that the host wipes."""
        return self.disk_is_wiped and not self.settings.postgres_url

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
        platform.disk_is_wiped(environ),
        platform.proxies(environ, trusted=settings.trusted_proxies, public_url=settings.public_url),
        key_is_in_database=bool(settings.postgres_url) and not has_key,
    )
