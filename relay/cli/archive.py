"""`relay archive`: copies of finished files, what is missing and why, and another try."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from relay.cli.context import counted, now, say, utc, with_store

if TYPE_CHECKING:
    from relay.store.contract.core import Store


@click.group(invoke_without_command=True)
@click.option("--limit", default=20, show_default=True, help="How many missing copies to list.")
@click.pass_context
def archive(ctx: click.Context, limit: int) -> None:
    """Show the archived copies of finished files, what is missing and why."""
    if ctx.invoked_subcommand is None:
        _show(limit)


@archive.command()
@with_store
def retry(store: Store) -> None:
    """Retry all copies that failed, now."""
    say(f"{counted(store.retry_copies(now=now()), 'copy', 'copies')} will be retried.")


@with_store
def _show(store: Store, limit: int) -> None:
    found = store.archive_summary()
    size = f"{found.size / 1e6:,.1f} MB"
    say(f"{found.archived} archived ({size}), {found.waiting} in progress, {found.failed} failed.")
    for row in store.unarchived(limit=limit):
        when = f", next retry {utc(row.due_at)}" if row.due_at else ""
        tries = counted(row.tries, "attempt")
        say(f"{row.generation_id} file {row.number}: {row.status}, {tries}{when}  {row.note}".rstrip())
