"""The registry: every kind of destination, imported when it is first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.base import Connector

REGISTRY: dict[str, str] = {  # kind -> "module:class", in the order in which pages show them
    "webhook": "connectors.webhook.connector:Webhook",
    "n8n": "connectors.webhook.n8n:N8n",
    "make": "connectors.webhook.make:Make",
    "slack": "connectors.slack.connector:Slack",
    "airtable": "connectors.airtable.connector:Airtable",
    "sheets": "connectors.sheets.connector:Sheets",
    "shopify": "connectors.shopify.connector:Shopify",
}


def kinds() -> tuple[str, ...]:
    """Every kind there is, in the order in which pages show them. Imports none of them."""
    return tuple(REGISTRY)


def connector(kind: str) -> type[Connector]:
    """The class for a kind. Raises KeyError when there is no such kind."""
    module, _, name = REGISTRY[kind].partition(":")
    found: type[Connector] = getattr(import_module(module), name)
    return found
