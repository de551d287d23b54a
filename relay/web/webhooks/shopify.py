"""Where a shop's own webhooks come in (products/create): verified, stored, answered; the work comes later.

Shopify gives 5 s, tries 8 times over 4 hours, and may then take the subscription away:
https://shopify.dev/docs/apps/build/webhooks
"""

import logging
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, jsonify, request

from relay.errors import MalformedEventError, SignatureError, StoreBusyError
from relay.intake import shopify_webhook
from relay.intake.refusals import RefusalCounter
from relay.models.core import ShopEvent
from relay.store.contract.core import ShopStore

log = logging.getLogger(__name__)

LARGEST_BODY = 5_000_000  # bytes; a product with hundreds of variants is long
_COMPARED = 2  # secrets: a connection has a new one and a previous one


@dataclass(frozen=True, slots=True)
class WebhookShop:
    """What a connection knows of its shop: its domain, and the secrets that may sign, the newest first."""

    domain: str
    secrets: Sequence[bytes]


def blueprint(
    store: ShopStore, shops: Callable[[], Mapping[str, WebhookShop]], refusals: RefusalCounter
) -> Blueprint:
    """`shops` gives those that can be verified now, by connection."""
    routes = Blueprint("shop_webhooks", __name__)
    # A name without a connection is answered like one that another secret signed, and takes as long: names
    # are for no stranger.
    spare = [secrets.token_bytes(32) for _ in range(_COMPARED)]
    nobody = WebhookShop("", spare)

    @routes.post("/webhooks/shopify/<connection>")
    def receive(connection: str) -> tuple[Response, int]:
        request.max_content_length = LARGEST_BODY
        try:
            known = shops().get(connection)
            shop = known if known is not None and known.secrets else nobody
            keys = [*shop.secrets, *spare][:_COMPARED]
            body = request.get_data(cache=False)
            headers = {name.lower(): value for name, value in request.headers.items()}
            product = shopify_webhook.accept_product(body, headers, shop=shop.domain, secrets=keys)
            new = store.keep_shop_event(
                ShopEvent(
                    connection=connection,
                    webhook_id=product.webhook_id,
                    topic=shopify_webhook.TOPIC,
                    shop=product.shop,
                    received_at=_now(),
                    body=body,
                )
            )
        except SignatureError as error:
            sender = request.remote_addr or ""
            refusals.add(_now(), sender, f"Shopify webhook: {error.reason}")
            log.warning("shop webhook refused", extra={"why": error.reason, "sender": sender})
            return jsonify(error=f"Not accepted: {error.reason}."), 401
        except MalformedEventError as error:
            log.warning("shop webhook malformed", extra={"why": str(error)})
            return jsonify(error=str(error)), 400
        except StoreBusyError as error:
            log.error("shop webhook not stored", extra={"why": str(error)})  # noqa: TRY400 - it says it all
            return jsonify(error=f"{error} Send the webhook again."), 503
        log.info("shop webhook", extra={"connection": connection, "product": product.product_id, "new": new})
        return jsonify(new=new), 200

    return routes


def _now() -> int:
    """In ms."""
    return time.time_ns() // 1_000_000
