"""`relay move`: everything from the database that is set up into another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from relay.cli.context import configured_here
from relay.errors import MoveError, SettingsError, StoreBusyError

if TYPE_CHECKING:
    from relay.bootstrap.configuration import Configuration
    from relay.config.settings import Settings


@click.command()
@click.option("--to", "url", required=True, help="postgres://... or sqlite:///path of an empty database.")
def move(url: str) -> None:
    """Copy everything into an empty database, and check it. Stop the relay first."""
    from relay.bootstrap.store import alone
    from relay.store.sql.move import move as move_tables

    configuration = configured_here()
    source, target = configuration.settings, _target(url)
    if source.database_name == target.database_name:
        raise click.ClickException("The target is the database itself. Nothing was changed.")
    if not source.postgres_url and not source.database_path.exists():
        raise click.ClickException(f"There is no database at {source.database_path}.")
    try:
        with alone(source) as here, alone(target) as there:
            moved = move_tables(
                here,
                there,
                origin=source.database_name,
                more_settings=_generated_key(configuration, target),
                say=lambda table, rows: click.echo(f"{table}: {rows}", err=True),
            )
    except (StoreBusyError, MoveError) as error:
        raise click.ClickException(str(error)) from error
    rows = sum(content.rows for content in moved.values())
    click.echo(
        f"{rows} rows of {len(moved)} tables are in {target.database_name} and equal those here. Set "
        "DATABASE_URL to it and start the relay. This database is unchanged; archived files were not moved."
    )


def _target(url: str) -> Settings:
    from relay.config import settings as environment

    try:
        return environment.load({**environment.environment(), "DATABASE_URL": url})
    except SettingsError as error:
        raise click.BadParameter(str(error), param_hint="--to") from error


def _generated_key(configuration: Configuration, target: Settings) -> dict[str, str]:
    """One in a file of DATA_DIR is not found from another machine; a Postgres database has it inside."""
    given = target.secret_key.get_secret_value()  # set by the host
    if given or not target.postgres_url:
        return {}
    return {"secret_key": configuration.settings.secret_key.get_secret_value()}
