"""The registry: every kind of destination. A kind nobody uses is not imported: it costs memory and time."""

from collections.abc import Callable

from connectors.base import Connector


def kinds() -> tuple[str, ...]:
    """Every kind there is, in the order pages show them. Imports none of them."""
    return tuple(_KINDS)


def connector(kind: str) -> type[Connector]:
    """The class for a kind. Raises KeyError when there is no such kind."""
    return _KINDS[kind]()


def _webhook() -> type[Connector]:
    from connectors.webhook.connector import Webhook

    return Webhook


def _n8n() -> type[Connector]:
    from connectors.webhook.n8n import N8n

    return N8n


def _make() -> type[Connector]:
    from connectors.webhook.make import Make

    return Make


def _slack() -> type[Connector]:
    from connectors.slack.connector import Slack

    return Slack


def _sheets() -> type[Connector]:
    from connectors.sheets.connector import Sheets

    return Sheets


def _airtable() -> type[Connector]:
    from connectors.airtable.connector import Airtable

    return Airtable


def _shopify() -> type[Connector]:
    from connectors.shopify.connector import Shopify

    return Shopify


_KINDS: dict[str, Callable[[], type[Connector]]] = {
    "webhook": _webhook,
    "n8n": _n8n,
    "make": _make,
    "slack": _slack,
    "airtable": _airtable,
    "sheets": _sheets,
    "shopify": _shopify,
}
