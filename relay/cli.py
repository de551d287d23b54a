"""The commands. With relay.app, the only place that wires parts together."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any

import click

from relay import __version__, logs, settings
from relay.app import Configuration, configure, make_destinations, make_http, make_store
from relay.errors import SettingsError, StoreBusyError
from relay.model import DeliveryStatus, Selection
from relay.store.sqlite import SqliteStore


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


def with_store(command: Callable[..., None]) -> Callable[..., None]:
    """Hands the command an up-to-date store; one that cannot be used ends in a sentence."""

    @wraps(command)
    def run(*args: Any, **options: Any) -> None:
        store = make_store(configured().settings)
        try:
            store.migrate()
            command(store, *args, **options)
        except StoreBusyError as error:
            raise click.ClickException(str(error)) from error
        finally:
            store.close()

    return run


@click.group()
@click.version_option(__version__, prog_name="relay")
def cli() -> None:
    """CreativeAI Relay: every result reaches every tool it belongs in."""


@cli.command()
def serve() -> None:
    """Receive webhooks and deliver results, until SIGTERM."""
    from relay import serve as processes

    configuration = configured()
    with usable_store():
        sys.exit(processes.serve(configuration))


@cli.command()
def work() -> None:
    """Deliver results only (a second worker beside `serve`)."""
    from relay import serve as processes

    configuration = configured()
    with usable_store():
        processes.work(configuration)


@cli.command()
@click.option("--once", is_flag=True, help="End after the run; fail if anything is missing.")
@click.option(
    "--payloads",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Also post every *.json of this folder, signed, as it stands.",
)
def demo(once: bool, payloads: Path | None) -> None:
    """The main job end to end on the sandbox: no account, no cost."""
    from relay.demo import run

    sys.exit(run(once=once, payloads=payloads))


@cli.command()
@click.option("--port", default=9000, show_default=True, help="Port on 127.0.0.1.")
@click.option(
    "--speed", default=1.0, show_default=True, help="10 makes renders and retries ten times faster."
)
def sandbox(port: int, speed: float) -> None:
    """A CreativeAI and its destinations on this machine."""
    from relay.sandbox import API_KEY, SIGNING_SECRET, Config, serve

    running = serve(port=port, config=Config(speed=speed))
    click.echo(f"CREATIVEAI_API_KEY={API_KEY}")
    click.echo(f"CREATIVEAI_WEBHOOK_SECRET={SIGNING_SECRET}")
    click.echo(f"ORIGIN_MAP=https://api.creativeai.run={running.url},https://hooks.slack.com={running.url}")
    click.echo(f"Inboxes: {running.url}/inbox/<any name>. Ctrl-C ends it.")
    try:
        running.wait()
    except KeyboardInterrupt:
        running.stop()


@cli.command()
def check() -> None:
    """Look, without writing, whether everything would work."""
    from relay.checks import run

    sys.exit(run(configured(), click.echo))


@cli.command()
@click.option("--limit", default=20, show_default=True)
@with_store
def events(store: SqliteStore, limit: int) -> None:
    """What came in, newest first."""
    for event in store.events(limit=limit):
        again = f"  came {event.repeats} times more" if event.repeats else ""
        _say(
            f"{event.id}  {_utc(event.received_at)}  {event.status:<10}  {event.name or 'unnamed'}  "
            f"{event.delivery_id}  -> {event.deliveries or 'nobody wants it'}{again}"
        )


@cli.command()
@click.option("--limit", default=20, show_default=True)
@click.option("--status", type=click.Choice([s.value for s in DeliveryStatus]), default=None)
@click.option("--connection", default="")
@click.option("--attempts", is_flag=True, help="Show each attempt and its answer.")
@with_store
def deliveries(store: SqliteStore, limit: int, status: str | None, connection: str, attempts: bool) -> None:
    """What goes out, newest first."""
    for row in store.deliveries(limit=limit, status=status or "", connection=connection):
        when = f"next {_utc(row.due_at)}" if row.due_at else _utc(row.settled_at)
        _say(
            f"{row.id}  {row.generation_id} {row.result_status} -> {row.connection}: {row.status}, "
            f"{row.attempts} attempts, {when}  {row.note}".rstrip()
        )
        for attempt in store.attempts(row.id) if attempts else ():
            code = attempt.http_status or "no answer"
            _say(
                f"    {attempt.number}. {_utc(attempt.started_at)}  {attempt.outcome}  {code}  "
                f"{attempt.milliseconds} ms  {attempt.message}".rstrip()
            )
            if attempt.answer:
                _say(f"       {attempt.answer}")


@cli.command()
@click.argument("ids", nargs=-1)
@click.option("--status", type=click.Choice(["failed", "delivered", "retrying", "pending"]), default=None)
@click.option("--connection", default="", help="Only to this connection.")
@click.option("--generation", default="", help="Only of this generation.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_store
def replay(
    store: SqliteStore,
    *,
    ids: tuple[str, ...],
    status: str | None,
    connection: str,
    generation: str,
    yes: bool,
) -> None:
    """Send deliveries again, with the same key: by id, or all that match."""
    if not all(ids):
        raise click.UsageError("A delivery id is empty.")
    if not ids and not (status or connection or generation):
        raise click.UsageError("Name delivery ids, or choose by --status, --connection or --generation.")
    ids = tuple(dict.fromkeys(ids))
    selection = Selection(ids=ids, status=status or "", connection=connection, generation_id=generation)
    count = store.replay(selection, now=_now(), dry=True)
    if not count:
        raise click.ClickException(
            "Nothing to send again: no such delivery, or a later result replaced it, or it is in hand now."
        )
    if not yes:
        click.confirm(f"This sends {count} again, each with the key it had before. Go on?", abort=True)
    click.echo(f"{store.replay(selection, now=_now())} will be sent again.")


@cli.command()
@click.option("--status", type=click.Choice(["completed", "failed"]), default="completed", show_default=True)
@click.option("--to", default="", help="Address of the relay; PUBLIC_URL when not given.")
def sample(status: str, to: str) -> None:
    """Post a signed sample webhook through the public address."""
    from relay.sample import post

    sentence, ok = post(configured(), status=status, to=to)
    click.echo(sentence)
    sys.exit(0 if ok else 1)


@cli.group()
def connections() -> None:
    """Where results go."""


@connections.command("list")
@with_store
def list_connections(store: SqliteStore) -> None:
    """Each connection, and whether it stands still."""
    pauses = store.pauses()
    configuration = configured()
    for name in make_destinations(configuration, make_http(configuration.settings)):
        pause = pauses.get(name)
        state = f"paused since {_utc(pause.since)}: {pause.why}" if pause else "ready"
        _say(f"{name}  {state}")


@connections.command()
@click.argument("name")
@with_store
def resume(store: SqliteStore, name: str) -> None:
    """End a pause."""
    if not store.resume(name):
        raise click.ClickException(f"{name} is not paused.")
    click.echo(f"{name} goes on.")


def _say(line: str) -> None:
    """Others wrote parts of it."""
    click.echo(logs.one_line(line))


def _now() -> int:
    return round(datetime.now(UTC).timestamp() * 1000)


def _utc(milliseconds: int | None) -> str:
    return (
        ""
        if milliseconds is None
        else f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d %H:%M:%SZ}"
    )
