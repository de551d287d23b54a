"""New products of a shop: each gets one video of its first picture, as soon as the shop has that picture."""

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
WAITS = (10, 30, 120, 600, 3600)  # seconds between checks: pictures are uploaded after the product is created
GIVE_UP_MS = 86_400_000  # without a picture for so long, a product gets no video
_KIND = "image-to-video"


class Product(Protocol):
    """What a shop's webhook says of a new product."""

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
    """For one connection. `picture`: (product's ID, now in ms) -> the first picture's URL, "" without one."""

    prompt: str
    seconds: int
    picture: Callable[[str, int], str]


class Store(ShopStore, JobStore, Protocol):
    """The parts of the store that new products use."""


class NewProducts:
    """A duty of the queue's loop: checks one product at a time, in a thread of its own.

    A product gets only one job, also after a crash or with two processes: the idempotency key is the
    product's ID, since Shopify's ID of a webhook is not signed.
    """

    def __init__(
        self,
        store: Store,
        all_settings: Callable[[], Mapping[str, NewProductSettings]],
        read: Callable[[ShopEvent], Product],
        *,
        account: str,
        limits: Callable[[], QueueLimits],
    ) -> None:
        self._store, self._all_settings, self._read = store, all_settings, read
        self._account, self._limits = account, limits
        self._thread: threading.Thread | None = None

    def __call__(self, now: int) -> None:
        if self._thread is not None and self._thread.is_alive():
            return
        work = self._store.claim_shop_event(now=now, until=now + LEASE_MS)
        if work is not None:
            self._thread = threading.Thread(target=self._check, args=(work, now), daemon=True)
            self._thread.start()

    def _check(self, work: ShopEventProgress, now: int) -> None:
        with tolerate_busy_store():  # claimed again when its lease runs out
            try:
                self._advance(work, now)
            except Exception:
                log.exception("new product could not be checked", extra={"event_id": work.id})

    def _advance(self, work: ShopEventProgress, now: int) -> None:
        settings = self._all_settings().get(work.event.connection)
        if settings is None or not settings.prompt:
            self._store.end_shop_event(
                work.id, note="New products start nothing: the connection has no words."
            )
            return
        try:
            product = self._read(work.event)
            picture = settings.picture(product.product_id, now)
        except MalformedEventError as error:
            self._store.end_shop_event(work.id, note=str(error))
            return
        except RemoteError as error:
            self._reschedule(work, now, error.message, error.retry_after)
            return
        if picture:
            self._request(work, product, settings, picture, now)
        else:
            self._reschedule(work, now, "The product has no picture yet.")

    def _reschedule(self, work: ShopEventProgress, now: int, why: str, wait: float | None = None) -> None:
        if now - work.event.received_at >= GIVE_UP_MS:
            note = f"{why} The relay checked for a day. Nothing was sent, so nothing was charged."
            self._store.end_shop_event(work.id, note=note)
            return
        seconds = max(wait or 0, WAITS[min(work.attempts, len(WAITS)) - 1])
        self._store.reschedule_shop_event(work.id, until=now + round(seconds * 1000), note=why)

    def _request(
        self, work: ShopEventProgress, product: Product, settings: NewProductSettings, picture: str, now: int
    ) -> None:
        sku = product.skus[0] if product.skus else ""
        words = {"{title}": product.title, "{sku}": sku, "{handle}": product.handle}
        prompt = settings.prompt
        for place, word in words.items():
            prompt = prompt.replace(place, word)
        context = {"product_id": product.product_id, "sku": sku, "title": product.title}
        request = JobRequest(
            _KIND,
            {"prompt": prompt, "image_url": picture, "duration": settings.seconds},
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
