"""What each kind of connection is called on pages, what it does, and what it needs over there."""

from collections.abc import Mapping
from dataclasses import dataclass

from relay.generation.kinds import output_kinds
from relay.models.core import ResultStatus


@dataclass(frozen=True, slots=True)
class ConnectorLabel:
    """`needs` are the exact rights, and where they are given."""

    title: str
    sentence: str = ""
    needs: tuple[str, ...] = ()


KIND: Mapping[str, ConnectorLabel] = {
    "webhook": ConnectorLabel(
        "Webhook",
        "Zapier, your own server or any other tool gets each result as JSON, signed.",
        (
            "The address that your tool shows for its webhook.",
            "A signing secret, if your tool can check one. Leave it out if not.",
        ),
    ),
    "n8n": ConnectorLabel(
        "n8n",
        "A workflow gets each result as JSON, signed, at most four at once.",
        (
            "The production address of the workflow's Webhook node, and the workflow published.",
            "A signing secret, if the workflow checks one: the template Behind the relay does.",
        ),
    ),
    "make": ConnectorLabel(
        "Make",
        "A scenario gets each result as JSON, with the key of its webhook.",
        (
            "The address that Make shows for the scenario's webhook.",
            "Its API key, if you gave it one: Webhooks, your webhook, API key authentication.",
        ),
    ),
    "slack": ConnectorLabel(
        "Slack",
        "A message for each result in a channel, with its picture or link.",
        (
            "The simple way: an incoming webhook for one channel.",
            "The better way: a bot token, with the bot invited to the channel.",
            "The token's scopes: chat:write, channels:history and channels:read.",
            "For a private channel: groups:history and groups:read instead of the last two.",
        ),
    ),
    "airtable": ConnectorLabel(
        "Airtable",
        "A record for each result in a table, kept up to date.",
        (
            "A personal access token, made at airtable.com/create/tokens.",
            "Its scopes: data.records:read, data.records:write and schema.bases:read.",
            "The base on that token's list.",
        ),
    ),
    "sheets": ConnectorLabel(
        "Google Sheets",
        "A row for each result in a spreadsheet, kept up to date.",
        (
            "A Google service account with its JSON key, and the Google Sheets API enabled in its project.",
            "The spreadsheet shared, as editor, with the account's client_email.",
        ),
    ),
    "shopify": ConnectorLabel(
        "Shopify",
        "Each video or picture on the product that it was made for.",
        (
            "An app of the Dev Dashboard with the access scope write_products, installed in the store.",
            "Its client ID and secret, or its access token.",
        ),
    ),
}


def output_label(name: str) -> str:
    """What a kind of results is called where somebody chooses among them."""
    known = output_kinds().get(name)
    return known.label if known else name


STATUSES: Mapping[ResultStatus, str] = {
    ResultStatus.COMPLETED: "What is ready",
    ResultStatus.FAILED: "What failed",
    ResultStatus.PROCESSING: "That rendering began",
}
