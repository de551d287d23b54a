"""`relay backup` and `relay restore`: a copy of the database in a file, and back."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from relay.cli.context import configured_here
from relay.errors import RestoreError, StoreBusyError

if TYPE_CHECKING:
    from relay.bootstrap.configuration import Configuration


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Write a consistent copy of the database to FILE, also while the relay runs."""
    from relay.bootstrap.store import make_store

    configuration = configured_here()
    settings = configuration.settings
    if file.exists():
        raise click.ClickException(f"{file} exists already. Choose another name.")
    if not settings.postgres_url and not settings.database_path.exists():
        raise click.ClickException(f"There is no database at {settings.database_path}.")
    try:
        with closing(make_store(settings)) as store, store.copy() as copy:
            number, draft = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
            try:
                with os.fdopen(number, "wb") as out:
                    shutil.copyfileobj(copy, out)
                    out.flush()
                    os.fsync(out.fileno())
                Path(draft).replace(file)
            finally:
                Path(draft).unlink(missing_ok=True)
    except StoreBusyError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}.") from error
    size = f"{file.stat().st_size / 1e6:.1f} MB"
    click.echo(f"{file} has everything up to now, {size}. {_beside(configuration)}")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Skip the confirmation.")
def restore(file: Path, *, yes: bool) -> None:
    """Replace the database with the backup FILE. Stop the relay first."""
    from relay.bootstrap.store import restore as put_back

    configuration = configured_here()
    settings = configuration.settings
    if not yes:
        click.confirm(f"Replace {settings.database_name} with {file}?", abort=True)
    try:
        before = put_back(file, settings)
    except RestoreError as error:
        raise click.ClickException(str(error)) from error
    kept = f" The database of before is kept as {before}." if before else ""
    click.echo(f"Restored.{kept} {_beside(configuration)} Start the relay, then run: relay check.")


def _beside(configuration: Configuration) -> str:
    if configuration.key_is_in_database:
        return "The generated SECRET_KEY is in a backup: keep it as a password. Archived files are not in it."
    return "SECRET_KEY and archived files are not in a backup: keep them beside it."
