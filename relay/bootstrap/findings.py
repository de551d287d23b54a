"""What the environment lacks and what it puts at risk: said at start, by `relay check` and on the pages."""

from collections.abc import Mapping

from relay.bootstrap.shopify import webhook_shops
from relay.config.risks import Risk, risks
from relay.config.settings import Settings
from relay.connections.loader import LoadedConnection

_NO_WEBHOOK = (
    "No webhook can be accepted: set CREATIVEAI_WEBHOOK_SECRET or CREATIVEAI_API_KEY, or enter the secret on "
    "the page Settings."
)
_NO_KEY = "CREATIVEAI_API_KEY is not set: the relay receives results and cannot create jobs."
_NO_ADDRESS = "PUBLIC_URL is not set: CreativeAI needs a public address of this relay to call."
_NO_PASSWORD = "ADMIN_PASSWORD is not set: you cannot sign in to the pages."  # noqa: S105 - a sentence


def no_secret(webhook_secrets: Mapping[str, bytes]) -> list[str]:
    return [] if webhook_secrets else [_NO_WEBHOOK]


def missing(settings: Settings) -> list[str]:
    """What the relay can do without, but not all of its work."""
    known = {
        _NO_KEY: settings.creativeai_api_key,
        _NO_ADDRESS: settings.public_url,
        _NO_PASSWORD: settings.admin_password,
    }
    return [sentence for sentence, value in known.items() if not value]


def at_risk(
    settings: Settings, webhook_secrets: Mapping[str, bytes], connections: Mapping[str, LoadedConnection]
) -> list[Risk]:
    shops = webhook_shops(connections)
    of_shops = {f"The client secret of {name}": key for name, shop in shops.items() for key in shop.secrets}
    return [*risks(settings, {**webhook_secrets, **of_shops})]
