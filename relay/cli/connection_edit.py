"""`relay connections add` and `edit`: options become a connection, or all faults are printed at once."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

import connectors
from relay.cli.context import now, say, with_context

if TYPE_CHECKING:
    from relay.cli.command_context import CommandContext
    from relay.cli.option_values import OptionValues
    from relay.connections.contract import ConnectionInput, Faults
    from relay.models.connection import CheckResult


def _options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--kinds", help="Types to deliver (video,image,...); the default is all."),
        click.option("--statuses", help="Results to deliver: processing,completed,failed."),
        click.option(
            "--set",
            "words",
            multiple=True,
            metavar="FIELD=VALUE",
            help="A secret is read from @file, - (standard input) or env:NAME; without =, you are prompted.",
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
    """Add a connection and check it. Gets results within a second, or is kept paused if the check failed."""
    from relay.connections.contract import ConnectionInput

    given = _option_values(kind)
    values = given.with_needed(given.values(words))
    entered = _with_filters(ConnectionInput(name, kind, values), statuses, kinds)
    _exit_on(given.faults, ctx.admin.validate(entered) if given.faults else {})
    _report(*ctx.admin.add(entered, now()))


@click.command()
@click.argument("name")
@_options
@with_context
def edit(
    ctx: CommandContext, *, name: str, words: Sequence[str], statuses: str | None, kinds: str | None
) -> None:
    """Change options and check the connection; the others stay as they are. FIELD= clears an option."""
    before = ctx.admin.stored_input(name)
    view = ctx.admin.one(name)
    if view is None or view.revision is None or before.kind not in connectors.kinds():
        raise click.ClickException(view.fault if view else f"{name} was just removed.")
    given = _option_values(before.kind)
    new = given.values(words)
    again = given.again([field for field in ctx.admin.lost_secrets(name) if field not in new])
    values = {**before.values, **again, **new}
    entered = _with_filters(
        replace(
            before,
            values={field: value for field, value in values.items() if value != ""},
            removed_secrets=[field for field, value in new.items() if value == ""],
        ),
        statuses,
        kinds,
    )
    if not (new or again or given.faults) and entered.filters == before.filters:
        raise click.UsageError("Nothing to change: give --set, --statuses or --kinds.")
    _exit_on(given.faults, ctx.admin.validate_change(entered) if given.faults else {})
    _report(*ctx.admin.change(entered, view.revision, now()))


def _with_filters(entered: ConnectionInput, statuses: str | None, kinds: str | None) -> ConnectionInput:
    """An empty value clears a filter."""
    if statuses is not None:
        entered = replace(entered, statuses=_words(statuses) or None)
    return entered if kinds is None else replace(entered, kinds=_words(kinds))


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _report(faults: Faults, result: CheckResult | None) -> None:
    """Exit 2 with the faults, 1 where it is kept and its check failed."""
    if "" in faults:
        raise click.ClickException(faults[""])
    _exit_on((), faults)
    if result is not None:
        say(result.message)
        sys.exit(0 if result.ok else 1)


def _exit_on(unread: Sequence[str], faults: Faults) -> None:
    """`unread`: values that could not be read at all, each starting with its field."""
    known = {fault.partition(":")[0] for fault in unread}
    lines = [*unread, *(f"{field}: {words}" for field, words in faults.items() if field not in known)]
    if lines:
        click.echo("These values are wrong:", err=True)
        for line in lines:
            click.echo(f"  {line}", err=True)
        sys.exit(2)


def _option_values(kind: str) -> OptionValues:
    from relay.cli.option_values import OptionValues
    from relay.config import settings

    model = connectors.connector(kind).Options
    ask = _ask if sys.stdin.isatty() else None
    return OptionValues(model, settings.environment(), sys.stdin.read, ask)


def _ask(words: str) -> str:
    return str(click.prompt(words, hide_input=True))
