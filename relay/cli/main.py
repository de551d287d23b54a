"""The commands. Each imports what it works with when it runs, so that `--help` is quick."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from relay import __version__
from relay.cli.archive import archive
from relay.cli.backup import backup, restore
from relay.cli.connections import connections
from relay.cli.context import (
    configured,
    configured_here,
    counted,
    now,
    say,
    usable_store,
    utc,
    with_context,
    with_store,
)
from relay.cli.move import move
from relay.cli.templates import templates
from relay.cli.tokens import tokens

if TYPE_CHECKING:
    from relay.cli.command_context import CommandContext
    from relay.store.contract.core import Store

_STATUSES = ("pending", "retrying", "delivered", "failed", "skipped")

DATABASE_SECONDS = 45.0  # for a server that starts with the relay; hosts give up on one that is silent for 60


@click.group()
@click.version_option(__version__, prog_name="relay")
def cli() -> None:
    """CreativeAI Relay: delivers every CreativeAI result to your tools, without duplicates."""


@cli.command()
def serve() -> None:
    """Receive webhooks and deliver results, until SIGTERM."""
    gc.disable()  # thousands of modules are loaded, and hardly anything is garbage: see garbage_collection
    from relay.bootstrap import supervisor as processes
    from relay.errors import ListenError

    configuration = configured(writes=True, patience=DATABASE_SECONDS)
    with usable_store(configuration):
        try:
            code = processes.serve(configuration)
        except ListenError as error:
            click.echo(str(error), err=True)
            code = 1
    sys.exit(code)


@cli.command()
def worker() -> None:
    """Run the worker only: deliveries, queue and archive, beside a `serve`."""
    from relay.bootstrap import supervisor as processes

    configuration = configured_here(writes=True, patience=DATABASE_SECONDS)
    with usable_store(configuration):
        processes.work(configuration)


@cli.command()
@click.option("--once", is_flag=True, help="Exit after the run, with 1 if anything is missing.")
@click.option(
    "--payloads",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Also post every *.json file in this folder, signed and unchanged.",
)
def demo(once: bool, payloads: Path | None) -> None:
    """Run a product video end to end on the sandbox: no account, no cost."""
    from relay.demo.run import run

    sys.exit(run(once=once, payloads=payloads))


@cli.command()
@click.option("--port", default=9000, show_default=True, help="Port on 127.0.0.1.")
@click.option(
    "--speed", default=1.0, show_default=True, help="10 runs generations and retries ten times faster."
)
def sandbox(port: int, speed: float) -> None:
    """Run the sandbox: CreativeAI and the destinations, on this machine."""
    from sandbox import API_KEY, ORIGINS, SIGNING_SECRET, Config, serve

    running = serve(port=port, config=Config(speed=speed))
    click.echo(f"CREATIVEAI_API_KEY={API_KEY}")
    click.echo(f"CREATIVEAI_WEBHOOK_SECRET={SIGNING_SECRET}")
    click.echo(f"ORIGIN_MAP={','.join(f'{origin}={running.url}' for origin in ORIGINS)}")
    click.echo(
        f"Failure scenarios: {running.url}/sandbox. Inboxes: {running.url}/inbox/<any name>. Ctrl-C stops it."
    )
    try:
        running.wait()
    except KeyboardInterrupt:
        running.stop()


@cli.command()
def check() -> None:
    """Check settings, database, public address and connections, without writing."""
    from relay.cli.check import run

    sys.exit(run(configured_here(), click.echo))


@cli.command()
def healthcheck() -> None:
    """Exit with 0 while the relay on this machine responds, for containers."""
    from relay.cli.healthcheck import fault

    if found := fault():
        raise click.ClickException(found)


@cli.command()
@click.option("--limit", default=20, show_default=True)
@with_store
def events(store: Store, limit: int) -> None:
    """List incoming webhooks, newest first."""
    for event in store.events(limit=limit):
        duplicates = f"  duplicates: {event.repeats}" if event.repeats else ""
        say(
            f"{event.id}  {utc(event.received_at)}  {event.status:<10}  {event.name or 'unnamed'}  "
            f"{event.delivery_id}  -> {event.deliveries or 'no matching connection'}{duplicates}"
        )


@cli.command()
@click.option("--limit", default=20, show_default=True)
@click.option("--status", type=click.Choice(_STATUSES), default=None)
@click.option("--connection", default="")
@click.option("--attempts", is_flag=True, help="Show each attempt and its response.")
@with_context
def deliveries(ctx: CommandContext, limit: int, status: str | None, connection: str, attempts: bool) -> None:
    """List deliveries, newest first."""
    from relay.delivery.status import delivery_statuses

    found = ctx.store.deliveries(limit=limit, status=status or "", connection=connection)
    statuses = delivery_statuses(found, ctx.statuses(), now())
    for row in found:
        ended = f", {utc(row.settled_at)}" if row.settled_at else ""
        say(
            f"{row.id}  {row.generation_id} {row.result_status} -> {row.connection}: {row.status}, "
            f"{counted(row.attempt_count, 'attempt')}{ended}  {statuses[row.id].reason}".rstrip()
        )
        for attempt in ctx.store.attempts(row.id) if attempts else ():
            code = attempt.http_status or "no response"
            say(
                f"    {attempt.number}. {utc(attempt.started_at)}  {attempt.outcome}  {code}  "
                f"{attempt.milliseconds} ms  {attempt.message}".rstrip()
            )
            if attempt.answer:
                say(f"       {attempt.answer}")


@cli.command()
@click.argument("ids", nargs=-1)
@click.option("--status", type=click.Choice(["failed", "delivered", "retrying", "pending"]), default=None)
@click.option("--connection", default="", help="Only to this connection.")
@click.option("--generation", default="", help="Only for this generation.")
@click.option("--yes", is_flag=True, help="Skip the confirmation.")
@with_context
def replay(
    ctx: CommandContext,
    *,
    ids: tuple[str, ...],
    status: str | None,
    connection: str,
    generation: str,
    yes: bool,
) -> None:
    """Resend deliveries with the same key: by ID, or all that match."""
    from relay.delivery.resend import resend
    from relay.models.connection import ConnectionState
    from relay.models.delivery import Selection

    if not all(ids):
        raise click.UsageError("A delivery ID is empty.")
    if not ids and not (status or connection or generation):
        raise click.UsageError("Enter delivery IDs, or choose by --status, --connection or --generation.")
    ids = tuple(dict.fromkeys(ids))
    selection = Selection(ids=ids, status=status or "", connection=connection, generation_id=generation)
    unusable = [each.name for each in ctx.admin.all() if each.state is not ConnectionState.READY]
    count = ctx.store.replay(selection, now=now(), dry=True)
    if not count:
        raise click.ClickException(
            "Nothing to resend: no such delivery, or a later result replaced it, or it is being sent now."
        )
    if not yes:
        click.confirm(
            f"Resend {counted(count, 'delivery', 'deliveries')}, each with the same key as before?",
            abort=True,
        )
    click.echo(resend(ctx.store, selection, unusable, now=now()).summary)


@cli.command("send-test")
@click.option("--status", type=click.Choice(["completed", "failed"]), default="completed", show_default=True)
@click.option("--to", default="", help="Address of the relay; the default is PUBLIC_URL.")
def send_test(status: str, to: str) -> None:
    """Send a signed test webhook through the public address."""
    from relay.cli.send_test import post

    sentence, ok = post(configured_here(), status=status, to=to)
    click.echo(sentence)
    sys.exit(0 if ok else 1)


cli.add_command(archive)
cli.add_command(backup)
cli.add_command(restore)
cli.add_command(move)
cli.add_command(connections)
cli.add_command(tokens)
cli.add_command(templates)
