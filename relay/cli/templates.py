"""`relay templates`: workflow templates to import into n8n and Make."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from relay.cli.context import configured, say

if TYPE_CHECKING:
    from relay.workflow_templates import Template


@click.group()
def templates() -> None:
    """List, show and export the n8n and Make templates."""


@templates.command("list")
def list_templates() -> None:
    """List each template and what it does."""
    for each in _all():
        say(f"{each.name}  {each.title}. {each.summary}")


@templates.command()
@click.argument("name")
def show(name: str) -> None:
    """Show one template: what it needs, and how to set it up."""
    found = _known(name)
    say(f"{found.name}: {found.title}. {found.summary}")
    say(f"Tested: {found.tested}")
    for each in found.needs:
        say(f"Needs: {each}")
    for number, step in enumerate(found.steps(), 1):
        say(f"{number}. {step}")


@templates.command()
@click.argument("name")
@click.option("--to", type=click.Path(path_type=Path), help="File to write; the default is to print it.")
def export(name: str, to: Path | None) -> None:
    """Export the file to import, with this relay's PUBLIC_URL in it."""
    text = _known(name).text(configured().settings.public_url)
    if to is None:
        click.echo(text, nl=False)
        return
    to.write_text(text, encoding="utf-8")
    say(f"Written to {to}.")


def _all() -> list[Template]:
    from relay import workflow_templates

    try:
        return workflow_templates.templates()
    except workflow_templates.TemplateError as error:
        raise click.ClickException(str(error)) from None


def _known(name: str) -> Template:
    found = next((each for each in _all() if name in (each.name, each.slug)), None)
    if found is None:
        raise click.ClickException(f"There is no template {name}. See: relay templates list.")
    return found
