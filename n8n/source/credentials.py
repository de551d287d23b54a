"""The credentials that templates use: found again by these names when a workflow is imported."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Credential:
    """kind is n8n's id of it, label what n8n's list calls it, enter what to fill in."""

    kind: str
    label: str
    name: str
    enter: str


CREATIVEAI = Credential("httpBearerAuth", "Bearer Auth", "CreativeAI API key", "your CreativeAI API key")
SIGNING = Credential(
    "crypto",
    "Crypto",
    "CreativeAI signing secret",
    "as Hmac Secret your signing secret at CreativeAI; if you have not set one, your API key",
)
START = Credential(
    "httpHeaderAuth",
    "Header Auth",
    "Start key",
    "name `X-Start-Key`, value a long random text; only callers with it can spend your credits",
)
AIRTABLE = Credential(
    "airtableTokenApi",
    "Airtable Personal Access Token API",
    "Airtable token",
    "a token with the scopes data.records:read, data.records:write and schema.bases:read for your base",
)
SLACK = Credential(
    "slackApi",
    "Slack API",
    "Slack bot token",
    "the bot token (xoxb-...) of a Slack app with the scope chat:write; invite the bot to your channel",
)
GOOGLE = Credential(
    "googleApi",
    "Google Service Account API",
    "Google service account",
    "e-mail and private key of a service account; share the sheet with that e-mail as editor",
)
SHOPIFY = Credential(
    "shopifyAccessTokenApi",
    "Shopify Access Token API",
    "Shopify access token",
    "your store's name before .myshopify.com and an access token with the scope write_products",
)
SHOPIFY_SIGNING = Credential(
    "crypto",
    "Crypto",
    "Shopify webhook secret",
    "as Hmac Secret the secret that Shopify shows under Settings, Notifications, Webhooks",
)
SIGN_IN = Credential(
    "httpBasicAuth", "Basic Auth", "Team sign-in", "a name and a password that your team shares"
)
RELAY = Credential(
    "httpBearerAuth",
    "Bearer Auth",
    "CreativeAI Relay token",
    "a token of your relay: create one on its page *Settings*, section *API tokens*",
)
RELAY_SIGNING = Credential(
    "crypto",
    "Crypto",
    "CreativeAI Relay signing secret",
    "as Hmac Secret the plain text of 24 characters or more that you also give the relay's connection as "
    "its signing secret (no whsec_ secret: n8n cannot use one)",
)
ALL = (
    CREATIVEAI,
    SIGNING,
    START,
    AIRTABLE,
    SLACK,
    GOOGLE,
    SHOPIFY,
    SHOPIFY_SIGNING,
    SIGN_IN,
    RELAY,
    RELAY_SIGNING,
)


def used(*credentials: Credential) -> Mapping[str, str]:
    """As a node names them."""
    return {each.kind: each.name for each in credentials}
