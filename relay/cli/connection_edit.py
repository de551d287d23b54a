"""`relay connections add` and `edit`: options become a connection, or all faults are printed at once."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import click

import connectors
from relay.cli.context import CommandContext, say, with_context
from relay.cli.option_values import OptionValues
from relay.config import settings
from relay.connections.loader import ConnectionInput, readable
from relay.models.core import StoredConnection


def _options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--kinds", help="Types to deliver (video,image,...); the default is all."),
        click.option("--statuses", help="Results to deliver: processing,completed,failed."),
        click.option(
            "--set",
            "words",
            multiple=True,
            metavar="FIELD=VALUE",
            help="A secret is read from @file, - (standard input) or env:NAME; without =, you are asked.",
        ),
    ):
        command = option(command)
    return command


@click.command()
@click.argument("kind", type=click.Choice(connectors.kinds()))
@click.argument("name")
@_options
@with_context
def add(
    ctx: CommandContext,
    *,
    kind: str,
    name: str,
    words: Sequence[str],
    statuses: str | None,
    kinds: str | None,
) -> None:
    """Add a connection. Takes effect within a second, without a restart."""
    if name in {*ctx.registry.entries(), *ctx.registry.hidden()}:
        raise click.ClickException(
            f"There already is a connection {name}. Choose another name, or use: "
            f"relay connections edit {name}."
        )
    entering = _entering(kind)
    values = entering.with_needed(entering.values(words))
    row = _row(ctx, entering, ConnectionInput(name, kind, values, _wants({}, statuses, kinds)))
    if not ctx.store.add_connection(row):
        raise click.ClickException(
            f"{name} has just been added by another process. See: relay connections show {name}."
        )
    say(f"{name} is added and gets results from now on: {ctx.loader.read(row).filters}.")
    say(f"Next, check it: relay connections check {name}, or relay connections test {name}.")


@click.command()
@click.argument("name")
@_options
@with_context
def edit(
    ctx: CommandContext, *, name: str, words: Sequence[str], statuses: str | None, kinds: str | None
) -> None:
    """Change options; the others stay as they are. FIELD= clears an option."""
    row = ctx.stored(name)
    if row.kind not in connectors.kinds():
        raise click.ClickException(ctx.loaded(name).fault)
    entering = _entering(row.kind)
    options, (secrets, lost) = readable(row.options), ctx.loader.kept(row)
    given = entering.values(words)
    again = entering.again([field for field in lost if field not in given])
    wants = _wants(readable(row.filters), statuses, kinds)
    if not (given or again or entering.faults) and wants == readable(row.filters):
        raise click.UsageError("Nothing to change: give --set, --statuses or --kinds.")
    values = {field: value for field, value in (options | secrets | again | given).items() if value != ""}
    changed = _row(ctx, entering, ConnectionInput(name, row.kind, values, wants))
    if not ctx.store.change_connection(replace(changed, revision=row.revision)):
        raise click.ClickException(
            f"{name} has just been changed by another process. Check it with: relay connections show {name}. "
            "Then repeat your change."
        )
    say(
        f"{name} is updated and gets {ctx.loader.read(changed).filters}. "
        "Pending deliveries use the new options."
    )


def _wants(kept: Mapping[str, Any], statuses: str | None, kinds: str | None) -> dict[str, Any]:
    """An empty value clears a filter."""
    given = {"statuses": statuses, "kinds": kinds}
    merged = {**kept, **{name: value for name, value in given.items() if value is not None}}
    return {name: value for name, value in merged.items() if value}


def _row(ctx: CommandContext, entering: OptionValues, entered: ConnectionInput) -> StoredConnection:
    row, faults = ctx.loader.row(entered)
    known = {fault.partition(":")[0] for fault in entering.faults}
    faults = entering.faults + [fault for fault in faults if fault.partition(":")[0] not in known]
    if faults or row is None:
        click.echo("These values are wrong:", err=True)
        for fault in faults:
            click.echo(f"  {fault}", err=True)
        sys.exit(2)
    return row


def _entering(kind: str) -> OptionValues:
    model = connectors.connector(kind).Options
    ask = _ask if sys.stdin.isatty() else None
    return OptionValues(model, settings.environment(), sys.stdin.read, ask)


def _ask(words: str) -> str:
    return str(click.prompt(words, hide_input=True))
