"""What every command begins with and how it prints: the settings, the store, one line at a time.

The modules of commands are imported for `relay --help` too: what takes long is imported when a command runs.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from relay import logs
from relay.errors import SettingsError, StoreBusyError

if TYPE_CHECKING:
    from relay.bootstrap.configuration import Configuration
    from relay.store.contract.core import Store


def configured(*, writes: bool = False, patience: float = 0.0) -> Configuration:
    """Every fault of the environment at once, by name, and exit 2.

    `writes`: a database's folder that cannot be written is one of them. `patience`: as of `configure`.
    """
    from relay.bootstrap.configuration import configure
    from relay.bootstrap.data_folder import check_data_folder
    from relay.config import settings

    try:
        configuration = configure(settings.environment(), patience=patience)
        if writes:
            check_data_folder(configuration)
    except SettingsError as error:
        click.echo("These settings are wrong:", err=True)
        for fault in error.faults:
            click.echo(f"  {fault}", err=True)
        sys.exit(2)
    except OSError as error:
        click.echo(f"DATA_DIR: cannot be used: {error.strerror}: {error.filename}. {_todo(error)}", err=True)
        sys.exit(2)
    except StoreBusyError as error:
        click.echo(f"DATABASE_URL: {error}", err=True)
        sys.exit(2)
    logs.set_up(configuration.secrets())
    return configuration


def _todo(error: OSError) -> str:
    elsewhere = "or set DATA_DIR to another folder."
    if error.errno == errno.EROFS:
        return f"Mount it for writing, {elsewhere}"
    return (
        f"The relay runs as user {os.geteuid()}: let that user write there, {elsewhere} On Railway, set "
        "RAILWAY_RUN_UID=0."
    )


def configured_here(*, writes: bool = False, patience: float = 0.0) -> Configuration:
    """As `configured`, for what reads or changes the stored data: on a machine that does not have it nothing
    is done, since that would be lost with this machine or report what is not so."""
    from relay.bootstrap.configuration import locate_data
    from relay.config import settings

    if elsewhere := locate_data(settings.environment()).elsewhere:
        raise click.ClickException(elsewhere)
    return configured(writes=writes, patience=patience)


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
    from relay.bootstrap.store import make_store

    configuration = configured_here()
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


def with_context(command: Callable[..., None]) -> Callable[..., None]:
    """Calls the command with an up-to-date store and the connections; what it refuses ends in a sentence."""

    @wraps(command)
    def run(*args: Any, **options: Any) -> None:
        from relay.cli.command_context import CommandContext
        from relay.connections.contract import ReadOnlyConnectionError, UnknownConnectionError

        with opened() as (configuration, store):
            ctx = CommandContext.open(configuration, store)
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
