"""What each kind of connection is called on pages, what it does, and what it needs over there."""

from collections.abc import Mapping
from dataclasses import dataclass

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
        "Sends each result as signed JSON to Zapier, your own server or any other tool.",
        (
            "The webhook URL that your tool shows.",
            "A signing secret, if your tool can verify signatures. Otherwise leave the secret empty.",
        ),
    ),
    "n8n": ConnectorLabel(
        "n8n",
        "Sends each result as signed JSON to a workflow, at most four at once.",
        (
            "The production URL of the workflow's Webhook node, and the workflow published.",
            "A signing secret, if the workflow verifies signatures, as the template Behind the relay does.",
        ),
    ),
    "make": ConnectorLabel(
        "Make",
        "Sends each result as JSON to a scenario, with the API key of its webhook.",
        (
            "The URL that Make shows for the scenario's webhook.",
            "The webhook's API key, if you set one: Webhooks > your webhook > API key authentication.",
        ),
    ),
    "slack": ConnectorLabel(
        "Slack",
        "Posts a message for each result to a channel, with the image or a link.",
        (
            "Simple: an incoming webhook for one channel.",
            "Recommended: a bot token, with the bot invited to the channel.",
            "The token's scopes: chat:write, channels:history and channels:read.",
            "For a private channel: groups:history and groups:read instead of the last two.",
        ),
    ),
    "airtable": ConnectorLabel(
        "Airtable",
        "Adds a record for each result to a table and keeps the record up to date.",
        (
            "A personal access token, created at airtable.com/create/tokens.",
            "The token's scopes: data.records:read, data.records:write and schema.bases:read.",
            "The base added to the token's access list.",
        ),
    ),
    "sheets": ConnectorLabel(
        "Google Sheets",
        "Adds a row for each result to a spreadsheet and keeps the row up to date.",
        (
            "A Google service account with its JSON key, and the Google Sheets API enabled in its project.",
            "The spreadsheet shared with the account's client_email, as editor.",
        ),
    ),
    "shopify": ConnectorLabel(
        "Shopify",
        "Adds each video or image to the product that it was created for.",
        (
            "An app from the Dev Dashboard with the access scope write_products, installed in the store.",
            "The app's client ID and secret, or its access token.",
        ),
    ),
}

MAKES: Mapping[str, str] = {
    "video": "Videos",
    "image": "Images",
    "voice": "Voices",
    "compose": "Videos with sound added",
    "chart": "Chart videos",
}
"""The types of results, as labels of choices."""

STATUSES: Mapping[ResultStatus, str] = {
    ResultStatus.COMPLETED: "Completed",
    ResultStatus.FAILED: "Failed",
    ResultStatus.PROCESSING: "Started",
}
