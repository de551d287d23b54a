"""New products of a shop: each gets a video of its first picture, once, as soon as that picture is there."""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from relay.errors import MalformedEventError, RemoteError
from relay.generation.create_job import InputError
from relay.generation.request_job import JobRequest, request_job
from relay.models.core import ShopEvent, ShopEventProgress
from relay.models.job import Source
from relay.models.queue import QueueLimits
from relay.retry import tolerate_busy_store
from relay.store.contract.core import ShopStore
from relay.store.contract.generation import JobStore

log = logging.getLogger(__name__)

LEASE_MS = 60_000
WAITS = (10, 30, 120, 600, 3600)  # seconds from look to look: pictures are uploaded after the product is made
LOOKED_FOR_MS = 86_400_000
_KIND = "image-to-video"


class Product(Protocol):
    """What a shop told of a product that it made."""

    @property
    def product_id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def handle(self) -> str: ...
    @property
    def skus(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class NewProductSettings:
    """What a connection wants of new products. `picture`: product's id, now -> address, "" while none."""

    prompt: str
    seconds: int
    picture: Callable[[str, int], str]


class Store(ShopStore, JobStore, Protocol):
    """What new products ask of a store."""


class NewProducts:
    """A duty of the queue's loop: looks at one product at a time, in a thread of its own.

    Only one job is ever made of a product: its idempotency key is the product's id, since Shopify's own id
    of a webhook is not signed. So a crash at any moment, and two processes at once, do no harm.
    """

    def __init__(
        self,
        store: Store,
        shopfronts: Callable[[], Mapping[str, NewProductSettings]],
        read: Callable[[ShopEvent], Product],
        *,
        account: str,
        limits: Callable[[], QueueLimits],
    ) -> None:
        self._store, self._shopfronts, self._read = store, shopfronts, read
        self._account, self._limits = account, limits
        self._thread: threading.Thread | None = None

    def __call__(self, now: int) -> None:
        if self._thread is not None and self._thread.is_alive():
            return
        work = self._store.claim_shop_event(now=now, until=now + LEASE_MS)
        if work is not None:
            self._thread = threading.Thread(target=self._look, args=(work, now), daemon=True)
            self._thread.start()

    def _look(self, work: ShopEventProgress, now: int) -> None:
        with tolerate_busy_store():  # claimed again when its lease runs out
            try:
                self._advance(work, now)
            except Exception:
                log.exception("a new product could not be looked at", extra={"event_id": work.id})

    def _advance(self, work: ShopEventProgress, now: int) -> None:
        shopfront = self._shopfronts().get(work.event.connection)
        if shopfront is None or not shopfront.prompt:
            self._store.end_shop_event(
                work.id, note="New products start nothing: the connection has no words."
            )
            return
        try:
            product = self._read(work.event)
            picture = shopfront.picture(product.product_id, now)
        except MalformedEventError as error:
            self._store.end_shop_event(work.id, note=str(error))
            return
        except RemoteError as error:
            self._put_off(work, now, error.message, error.retry_after)
            return
        if picture:
            self._order(work, product, shopfront, picture, now)
        else:
            self._put_off(work, now, "The product has no picture yet.")

    def _put_off(self, work: ShopEventProgress, now: int, why: str, wait: float | None = None) -> None:
        if now - work.event.received_at >= LOOKED_FOR_MS:
            note = f"{why} The relay checked for a day. Nothing was sent, so nothing was charged."
            self._store.end_shop_event(work.id, note=note)
            return
        seconds = max(wait or 0, WAITS[min(work.attempts, len(WAITS)) - 1])
        self._store.reschedule_shop_event(work.id, until=now + round(seconds * 1000), note=why)

    def _order(
        self, work: ShopEventProgress, product: Product, shopfront: NewProductSettings, picture: str, now: int
    ) -> None:
        sku = product.skus[0] if product.skus else ""
        words = {"{title}": product.title, "{sku}": sku, "{handle}": product.handle}
        prompt = shopfront.prompt
        for place, word in words.items():
            prompt = prompt.replace(place, word)
        context = {"product_id": product.product_id, "sku": sku, "title": product.title}
        request = JobRequest(
            _KIND,
            {"prompt": prompt, "image_url": picture, "duration": shopfront.seconds},
            Source.SHOP,
            context={name: value[:2000] for name, value in context.items() if value},
            idempotency_key=f"shopify:{work.event.shop}:{product.product_id}",
            other_input="keep first",
        )
        try:
            created = request_job(self._store, request, account=self._account, limits=self._limits(), now=now)
        except InputError as error:
            self._store.end_shop_event(work.id, note=f"No video could be requested. {error}")
            return
        note = "" if created.new else "This product has its video already."
        self._store.end_shop_event(work.id, note=note, job_id=created.job_id)
        log.info("video of a new product", extra={"job": created.job_id, "product": product.product_id})
