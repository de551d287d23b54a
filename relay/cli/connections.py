"""`relay connections`: lists, checks, tests, pauses and removes connections."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from relay.cli.connection_edit import add, edit
from relay.cli.context import counted, now, say, utc, with_context

if TYPE_CHECKING:
    from relay.cli.command_context import CommandContext
    from relay.connections.contract import ConnectionView

_DURATION = re.compile(r"([0-9]{1,5})([mhd])")
_MINUTES = {"m": 1, "h": 60, "d": 24 * 60}


@click.group()
def connections() -> None:
    """Manage connections: the destinations of results."""


@connections.command("list")
@with_context
def list_connections(ctx: CommandContext) -> None:
    """List each connection, its state, and which results it gets."""
    statuses = ctx.statuses()
    for each in ctx.admin.all():
        status = statuses[each.name]
        line = f"{each.name}  {each.kind}  {status.state}  ({_source(each)}; {each.gets})  {status.reason}"
        say(line.rstrip())
    for name in ctx.admin.hidden():
        say(f"{name}  stored too, and not used: the environment has a connection of this name")


@connections.command()
@click.argument("name")
@with_context
def show(ctx: CommandContext, name: str) -> None:
    """Show one connection and its options, without the secrets."""
    known, status = ctx.view(name), ctx.statuses()[name]
    say(f"{name}: {known.kind}, {_source(known)}, gets {known.gets}")
    say(f"State: {status.state}")
    if status.reason:
        say(f"Reason: {status.reason}")
    say(f"Pending deliveries: {ctx.store.waiting(name)}")
    for field, value in known.options.items():
        say(f"{field}: {value}")
    for field in known.secrets:
        say(f"{field}: saved (hidden)")


@connections.command()
@click.argument("name", required=False)
@with_context
def check(ctx: CommandContext, name: str | None) -> None:
    """Check, without writing, whether deliveries would work: for one connection, or for all."""
    from relay.cli import check as checks

    names = [name] if name else [each.name for each in ctx.admin.all()]
    sys.exit(checks.report((checks.of_connection(each, ctx.admin.check(each)) for each in names), say))


@connections.command()
@click.argument("name")
@click.option(
    "--keep/--remove",
    "keep",
    default=None,
    help="Keep or remove the test afterwards; the default is a prompt.",
)
@with_context
def test(ctx: CommandContext, name: str, keep: bool | None) -> None:
    """Write a marked test to the destination, then offer to remove it."""
    wrote = ctx.admin.test(name, now())
    say(f"{wrote.message} {wrote.link}".rstrip())
    if not wrote.ok:
        sys.exit(1)
    if not wrote.written:
        return
    if keep is None:
        keep = not click.confirm("Remove the test again?", default=True)
    if not keep:
        removed = ctx.admin.remove_test(name, wrote.written)
        say(removed.message)
        sys.exit(0 if removed.ok else 1)


@connections.command()
@click.argument("name")
@click.option("--why", default="", help="The reason to show.")
@click.option(
    "--until",
    default="",
    help="30m, 3h, 2d, or a UTC date (2026-11-30, 2026-11-30T18:00); the default is until you resume it.",
)
@with_context
def pause(ctx: CommandContext, name: str, why: str, until: str) -> None:
    """Pause a connection; its pending deliveries are kept."""
    ctx.admin.pause(name, why, now=now(), until=_end(until))
    say(f"{name}: {ctx.statuses()[name].reason}")


@connections.command()
@click.argument("name")
@click.option("--anyway", is_flag=True, help="Resume without a check.")
@with_context
def resume(ctx: CommandContext, name: str, anyway: bool) -> None:
    """Check a paused connection, and resume it if the check went well.

    A pause that comes from the destination's Retry-After ends without a check.
    """
    result = ctx.admin.resume(name, now=now(), anyway=anyway)
    if not result.ok:
        raise click.ClickException(result.message)
    say(result.message)


@connections.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Skip the confirmation.")
@with_context
def remove(ctx: CommandContext, name: str, yes: bool) -> None:
    """Remove a connection. Its pending deliveries are skipped, with a note."""
    ctx.admin.stored_input(name)
    waiting = ctx.store.waiting(name)
    if not yes:
        pending = counted(waiting, "pending delivery", "pending deliveries")
        click.confirm(f"{pending} will be skipped and not sent. Remove {name}?", abort=True)
    skipped = ctx.admin.remove(name, now())
    say(f"{name} is removed; {counted(skipped, 'delivery', 'deliveries')} skipped.")


def _source(known: ConnectionView) -> str:
    return "from the environment" if known.from_environment else "from the store"


def _end(until: str) -> int | None:
    """In ms; None without one."""
    if not until:
        return None
    if match := _DURATION.fullmatch(until):
        return now() + int(match[1]) * _MINUTES[match[2]] * 60_000
    try:
        given = datetime.fromisoformat(until)
    except ValueError:
        raise click.BadParameter(
            "enter 30m, 3h, 2d or a date such as 2026-11-30T18:00", param_hint="--until"
        ) from None
    end = round((given if given.tzinfo else given.replace(tzinfo=UTC)).timestamp() * 1000)
    if end <= now():
        raise click.BadParameter(f"{utc(end)} is in the past", param_hint="--until")
    return end


connections.add_command(add)
connections.add_command(edit)
