"""Shopify connections as shops: whose webhooks are verified, and which videos new products get."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, cast

from relay.connections.loader import LoadedConnection
from relay.connections.registry import ConnectionRegistry
from relay.generation.shopify_products import NewProducts, NewProductSettings, Store
from relay.intake.shopify_webhook import ProductCreated, read_product
from relay.models.core import ShopEvent
from relay.models.queue import QueueLimits
from relay.web.webhooks.shopify import WebhookShop

if TYPE_CHECKING:
    from connectors.shopify.connector import Shopify, ShopifyOptions

_KIND = "shopify"


def webhook_shops(connections: Mapping[str, LoadedConnection]) -> dict[str, WebhookShop]:
    """The shops whose own webhooks can be verified, by connection."""
    shops = {}
    for loaded in connections.values():
        if loaded.kind == _KIND and loaded.options is not None:
            options = cast("ShopifyOptions", loaded.options)
            secrets = filter(None, (options.client_secret, options.client_secret_previous))
            keys = tuple(secret.get_secret_value().encode() for secret in secrets)
            shops[loaded.name] = WebhookShop(options.shop, keys)
    return shops


def new_products(
    store: Store, registry: ConnectionRegistry, *, account: str, limits: Callable[[], QueueLimits]
) -> NewProducts:
    """A duty of the queue's loop."""
    return NewProducts(store, lambda: _shopfronts(registry), _read, account=account, limits=limits)


def _shopfronts(registry: ConnectionRegistry) -> Mapping[str, NewProductSettings]:
    found = {}
    for loaded in registry.loaded().values():
        if loaded.kind == _KIND and loaded.options is not None and loaded.destination is not None:
            options = cast("ShopifyOptions", loaded.options)
            connector = cast("Shopify", loaded.destination.connector)
            found[loaded.name] = NewProductSettings(
                options.video_prompt, options.video_seconds, connector.product_picture
            )
    return found


def _read(event: ShopEvent) -> ProductCreated:
    return read_product(event.body, event.webhook_id, event.shop)
