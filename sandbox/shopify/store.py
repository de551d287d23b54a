"""What a Shopify store holds: products, their media and metafields, upload places, and points to spend.

Media are processed by the sandbox's clock: UPLOADED, after some seconds PROCESSING, then READY or FAILED.
"""

import hashlib
import itertools
import threading
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from sandbox.config import Config

PROCESSING_AFTER = 2.0  # seconds
READY_AFTER = 8.0
PLACE_LIVES = 3600.0
LARGEST_IMAGE = 20_971_520  # bytes
TOKEN_LIVES = 86_399
MOST_POINTS = 2000.0
POINTS_PER_SECOND = 100.0
KINDS = {"VIDEO": "Video", "IMAGE": "MediaImage", "EXTERNAL_VIDEO": "ExternalVideo"}


@dataclass(slots=True)
class Media:
    """`error` is the code with which its processing will end, "" if well; `name` what its file is called."""

    kind: str
    number: int
    alt: str
    source: str
    created: float
    name: str
    error: str = ""

    @property
    def id(self) -> str:
        return f"gid://shopify/{KINDS[self.kind]}/{self.number}"


@dataclass(slots=True)
class Metafield:
    number: int
    namespace: str
    key: str
    type: str
    value: str
    created: float

    @property
    def digest(self) -> str:
        return hashlib.sha256(f"{self.number} {self.value}".encode()).hexdigest()


@dataclass(slots=True)
class Product:
    """`found_from`: when the search finds it; it lags behind."""

    number: int
    title: str
    handle: str
    sku: str
    found_from: float
    media: list[Media] = field(default_factory=list)
    metafields: dict[tuple[str, str], Metafield] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"gid://shopify/Product/{self.number}"


@dataclass(slots=True)
class Place:
    """Where one file of `smallest` to `size` bytes may be sent to. `got`: it was."""

    number: int
    fields: list[tuple[str, str]]
    name: str
    size: int
    created: float
    smallest: int
    is_image: bool = False
    got: bool = False

    @property
    def key(self) -> str:
        return dict(self.fields)["key"]


class Store:
    """One store, whatever its name. Hold `lock` while reading or changing it."""

    def __init__(self, config: Config) -> None:
        self.lock = threading.RLock()
        self.clock: Callable[[], float] = config.clock
        self._speed, self._paced = config.speed, config.paced
        self._numbers = itertools.count(10_000_000_000_001)
        self.products: dict[str, Product] = {}
        self.places: dict[str, Place] = {}
        self.errors: deque[str] = deque()
        self._tokens: dict[str, float] = {}
        self._points, self._points_at = MOST_POINTS, self.clock()
        self.add("Clay mug", "clay-mug", "MUG-1")

    def add(self, title: str, handle: str, sku: str, lag: float = 0) -> Product:
        """A product; the search finds it only so many seconds later."""
        product = Product(next(self._numbers), title, handle, sku, self.clock() + lag / self._speed)
        self.products[product.id] = product
        return product

    def attach(self, product: Product, kind: str, source: str, alt: str) -> Media:
        error = self.errors.popleft() if self.errors else ""
        media = Media(
            kind, next(self._numbers), alt, source, self.clock(), self._file_name(kind, source), error
        )
        product.media.append(media)
        return media

    def _file_name(self, kind: str, source: str) -> str:
        """A video keeps the name that its upload was announced with; an image has the one in its address,
        with an end of its own where the store has a file of this name already."""
        parts = urlsplit(source)
        number = parse_qs(parts.query).get("external_video_id", [""])[0]
        if kind == "VIDEO":
            return next(each.name for each in self.places.values() if str(each.number) == number)
        path = PurePosixPath(unquote(parts.path))
        taken = {each.name for product in self.products.values() for each in product.media}
        return f"{path.stem}_{uuid.uuid4()}{path.suffix}" if path.name in taken else path.name

    def media(self, media_id: str) -> Media | None:
        return next(
            (each for product in self.products.values() for each in product.media if each.id == media_id),
            None,
        )

    def remove(self, media_id: str) -> bool:
        for product in self.products.values():
            for media in [each for each in product.media if each.id == media_id]:
                product.media.remove(media)
                return True
        return False

    def status(self, media: Media) -> str:
        age = (self.clock() - media.created) * self._speed
        if age < PROCESSING_AFTER:
            return "UPLOADED"
        if age < READY_AFTER:
            return "PROCESSING"
        return "FAILED" if media.error else "READY"

    def set_metafield(self, product: Product, given: dict[str, Any]) -> Metafield:
        known = product.metafields.get((given["namespace"], given["key"]))
        number = known.number if known else next(self._numbers)
        kind = str(given.get("type") or (known.type if known else ""))
        made = Metafield(number, given["namespace"], given["key"], kind, given["value"], self.clock())
        product.metafields[made.namespace, made.key] = made
        return made

    def stage(self, name: str, size: int) -> Place:
        """A place for a video; the names of its fields are Google Cloud Storage's."""
        key = f"c/o/v/{uuid.uuid4().hex}.mp4"
        fields = [
            ("GoogleAccessId", "video-production@sandbox.iam.gserviceaccount.com"),
            ("key", key),
            ("policy", uuid.uuid4().hex),
            ("signature", uuid.uuid4().hex),
        ]
        return self._keep(Place(next(self._numbers), fields, name, size, self.clock(), size))

    def stage_image(self, name: str, mime: str) -> Place:
        """A place for an image, with the fields of Google Cloud Storage's newer signatures."""
        fields = [
            ("Content-Type", mime),
            ("success_action_status", "201"),
            ("acl", "private"),
            ("key", f"tmp/1/products/{uuid.uuid4()}/{name}"),
            ("x-goog-date", "20260629T210730Z"),
            ("x-goog-credential", "merchant-assets@sandbox.iam.gserviceaccount.com"),
            ("x-goog-algorithm", "GOOG4-RSA-SHA256"),
            ("x-goog-signature", uuid.uuid4().hex),
            ("policy", uuid.uuid4().hex),
        ]
        number = next(self._numbers)
        return self._keep(Place(number, fields, name, LARGEST_IMAGE, self.clock(), 1, is_image=True))

    def _keep(self, place: Place) -> Place:
        self.places[place.key] = place
        return place

    def is_open(self, place: Place) -> bool:
        return self.clock() - place.created < PLACE_LIVES

    def grant(self) -> str:
        """A new access token, good for a day."""
        token = uuid.uuid4().hex
        self._tokens[token] = self.clock() + TOKEN_LIVES
        return token

    def knows(self, token: str) -> bool:
        return token.startswith("shpat_") or self._tokens.get(token, 0) > self.clock()

    def spend(self, cost: int) -> tuple[bool, dict[str, Any]]:
        """Whether the points pay for it, and what is said of them afterwards."""
        now = self.clock()
        refilled = self._points + (now - self._points_at) * POINTS_PER_SECOND
        self._points, self._points_at = min(MOST_POINTS, refilled), now
        fine = self._points >= cost or not self._paced
        if fine:
            self._points = max(0.0, self._points - cost)
        return fine, {
            "requestedQueryCost": cost,
            "actualQueryCost": cost if fine else None,
            "throttleStatus": {
                "maximumAvailable": int(MOST_POINTS),
                "currentlyAvailable": int(self._points),
                "restoreRate": int(POINTS_PER_SECOND),
            },
        }


def iso(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
