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
from relay.bootstrap.app import Configuration, configure, make_loader, make_registry, make_store
from relay.config import settings
from relay.connections.loader import ConnectionLoader, LoadedConnection
from relay.connections.registry import ConnectionRegistry
from relay.errors import SettingsError, StoreBusyError
from relay.models.core import StoredConnection
from relay.store.sqlite.store import SqliteStore


def configured() -> Configuration:
    """Every fault of the environment at once, by name, and exit 2."""
    try:
        configuration = configure(settings.environment())
    except SettingsError as error:
        click.echo("These settings are wrong:", err=True)
        for fault in error.faults:
            click.echo(f"  {fault}", err=True)
        sys.exit(2)
    except OSError as error:
        click.echo(f"DATA_DIR: cannot be used: {error.strerror}: {error.filename}", err=True)
        sys.exit(2)
    logs.set_up(configuration.secrets())
    return configuration


@contextmanager
def usable_store() -> Iterator[None]:
    """Without a database nothing can start: a sentence and exit 2."""
    try:
        yield
    except StoreBusyError as error:
        click.echo(f"DATA_DIR: {error}", err=True)
        sys.exit(2)


@contextmanager
def opened() -> Iterator[tuple[Configuration, SqliteStore]]:
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
    """Hands the command an up-to-date store."""

    @wraps(command)
    def run(*args: Any, **options: Any) -> None:
        with opened() as (_, store):
            command(store, *args, **options)

    return run


@dataclass(frozen=True, slots=True)
class CommandContext:
    """What a command about connections works with."""

    store: SqliteStore
    loader: ConnectionLoader
    registry: ConnectionRegistry

    def loaded(self, name: str) -> LoadedConnection:
        entries = self.registry.entries()
        if name not in entries:
            known = ", ".join(entries) or "none yet"
            raise click.ClickException(f"There is no connection {name}. There are: {known}.")
        return entries[name]

    def stored(self, name: str) -> StoredConnection:
        """One that may be changed by command: not one from the environment."""
        row = self.loaded(name).stored
        if row is None:
            where = f"{name.upper()}_..."
            raise click.ClickException(f"{name} is configured in the environment. Change {where} there.")
        return row


def with_context(command: Callable[..., None]) -> Callable[..., None]:
    """Hands the command its context, over an up-to-date store."""

    @wraps(command)
    def run(*args: Any, **options: Any) -> None:
        with opened() as (configuration, store):
            ctx = CommandContext(store, make_loader(configuration), make_registry(configuration, store))
            command(ctx, *args, **options)

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
