"""What every command begins with and how it prints: the settings, the store, one line at a time."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from typing import Any

import click

from relay import logs
from relay.bootstrap.app import make_connection_admin
from relay.bootstrap.configuration import Configuration, configure
from relay.bootstrap.store import make_store
from relay.config import settings
from relay.connections.admin import ConnectionAdmin
from relay.connections.contract import ConnectionView, ReadOnlyConnectionError, UnknownConnectionError
from relay.connections.status import connection_statuses
from relay.errors import SettingsError, StoreBusyError
from relay.models.status import Status
from relay.store.contract.core import Store


def configured(*, patience: float = 0.0) -> Configuration:
    """Every fault of the environment at once, by name, and exit 2. `patience`: as of `configure`."""
    try:
        configuration = configure(settings.environment(), patience=patience)
    except SettingsError as error:
        click.echo("These settings are wrong:", err=True)
        for fault in error.faults:
            click.echo(f"  {fault}", err=True)
        sys.exit(2)
    except OSError as error:
        click.echo(f"DATA_DIR: cannot be used: {error.strerror}: {error.filename}", err=True)
        sys.exit(2)
    except StoreBusyError as error:
        click.echo(f"DATABASE_URL: {error}", err=True)
        sys.exit(2)
    logs.set_up(configuration.secrets())
    return configuration


@contextmanager
def usable_store(configuration: Configuration) -> Iterator[None]:
    """Without a database nothing can start: a sentence and exit 2."""
    try:
        yield
    except StoreBusyError as error:
        name = "DATABASE_URL" if configuration.settings.database_url else "DATA_DIR"
        click.echo(f"{name}: {error}", err=True)
        sys.exit(2)


@contextmanager
def opened() -> Iterator[tuple[Configuration, Store]]:
    """The settings and an up-to-date store; one that cannot be used ends in a sentence."""
    configuration = configured()
    store = make_store(configuration.settings)
    try:
        store.migrate()
        yield configuration, store
    except StoreBusyError as error:
        raise click.ClickException(str(error)) from error
    finally:
        store.close()


def with_store(command: Callable[..., None]) -> Callable[..., None]:
    """Calls the command with an up-to-date store."""

    @wraps(command)
    def run(*args: Any, **options: Any) -> None:
        with opened() as (_, store):
            command(store, *args, **options)

    return run


@dataclass(frozen=True, slots=True)
class CommandContext:
    """What a command about connections works with."""

    store: Store
    admin: ConnectionAdmin

    def statuses(self) -> dict[str, Status]:
        """Of all connections, by name, as they are now."""
        return connection_statuses(self.admin.all(), self.store.pauses(), now())

    def view(self, name: str) -> ConnectionView:
        found = self.admin.all()
        known = next((each for each in found if each.name == name), None)
        if known is None:
            names = ", ".join(each.name for each in found) or "none yet"
            raise click.ClickException(f"There is no connection {name}. There are: {names}.")
        return known


def with_context(command: Callable[..., None]) -> Callable[..., None]:
    """Calls the command with an up-to-date store and the connections; what it refuses ends in a sentence."""

    @wraps(command)
    def run(*args: Any, **options: Any) -> None:
        with opened() as (configuration, store):
            ctx = CommandContext(store, make_connection_admin(configuration, store))
            try:
                command(ctx, *args, **options)
            except (UnknownConnectionError, ReadOnlyConnectionError) as error:
                raise click.ClickException(str(error)) from error

    return run


def say(line: str) -> None:
    """Prints one line; parts of it come from outside, so control characters are escaped."""
    click.echo(logs.one_line(line))


def now() -> int:
    return round(datetime.now(UTC).timestamp() * 1000)


def utc(milliseconds: int | None) -> str:
    return (
        ""
        if milliseconds is None
        else f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d %H:%M:%SZ}"
    )


def counted(number: int, one: str, many: str = "") -> str:
    """1 attempt, 2 attempts."""
    return f"{number} {one if number == 1 else many or one + 's'}"
