"""`relay tokens`: access to the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from relay.cli.context import now, say, utc, with_store

if TYPE_CHECKING:
    from relay.store.contract.core import Store


@click.group()
def tokens() -> None:
    """Manage API tokens."""


@tokens.command()
@click.argument("name")
@with_store
def add(store: Store, name: str) -> None:
    """Create a token, named for its user. The token is shown only once."""
    from relay.security.tokens import name_fault, new_token

    if fault := name_fault(name.strip()):
        raise click.BadParameter(fault, param_hint="NAME")
    token, digest = new_token()
    token_id = store.add_token(name.strip(), digest, now=now())
    click.echo(token)
    click.echo(f"Copy the token now: only its hash is stored. Its ID is {token_id}.", err=True)


@tokens.command("list")
@with_store
def list_tokens(store: Store) -> None:
    """List each token, when it was created and last used."""
    for each in store.tokens():
        used = f"last used {utc(each.used_at)}" if each.used_at else "never used"
        revoked = f", revoked {utc(each.revoked_at)}" if each.revoked_at else ""
        say(f"{each.id}  {each.name}  created {utc(each.created_at)}, {used}{revoked}")


@tokens.command()
@click.argument("token_id", metavar="ID")
@with_store
def revoke(store: Store, token_id: str) -> None:
    """Revoke a token, at once."""
    if not store.revoke_token(token_id, now=now()):
        raise click.ClickException(f"There is no active token {token_id}. See: relay tokens list.")
    say(f"{token_id} is revoked.")
