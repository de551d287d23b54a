"""A Shopify connection to the sandbox's store, with a clock moved by hand and steps at which it can die."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, BinaryIO

from connectors.base import Done, NotYet
from connectors.shopify.connector import Shopify, ShopifyOptions
from relay.delivery.output_files import OutputFiles
from relay.errors import FileError, RemoteError
from relay.files.source import FileSource
from relay.http.client import Http
from relay.models.archive import Copy
from relay.models.core import Output, Result, ResultStatus
from sandbox import Config, Sandbox, serve
from tests.connectors.contract import KEY, NOW, Kept
from tests.files.sources import close

SHOP = "clay-and-co.myshopify.com"
TOKEN = "shpat_s3cretS3cret"
CDN = "https://cdn.creativeai.run"
IMAGES = "https://shopify-staged-uploads.storage.googleapis.com"
ARCHIVE = "https://archive.example"
UPLOADS = "https://shopify-video-production-core-originals.storage.googleapis.com"
MOST_ROUNDS = 200
SKU = {"sku": "MUG-1", "title": "A clay mug"}


def video(name: str = "vgen_1") -> Result:
    output = Output(f"{CDN}/output/{name}.mp4", "video/mp4")
    return Result(name, ResultStatus.COMPLETED, "video", (output,), "A clay mug turns")


def images(count: int, name: str = "igen_1") -> Result:
    outputs = tuple(Output(f"{CDN}/output/{name}_{n}.png", "image/png") for n in range(count))
    return Result(name, ResultStatus.COMPLETED, "image", outputs, "A clay mug")


def no_copy(_: Copy) -> AbstractContextManager[BinaryIO]:
    raise FileError("There is no archive here.", "record")


class Killed(BaseException):
    """The process is gone."""


class Steps:
    """Counts what leaves the process, and ends it before or after one of these."""

    def __init__(self, at: int = -1, *, after: bool = False) -> None:
        self.count, self._at, self._after = 0, at, after

    @contextmanager
    def step(self) -> Iterator[None]:
        mine, self.count = self.count, self.count + 1
        if mine == self._at and not self._after:
            raise Killed
        yield
        if mine == self._at and self._after:
            raise Killed


class MortalHttp(Http):
    """The real one, in a process that dies at a step."""

    steps: Steps

    def send(self, *args: Any, **rest: Any) -> Any:
        with self.steps.step():
            return super().send(*args, **rest)

    def download(self, *args: Any, **rest: Any) -> Any:
        with self.steps.step():
            return super().download(*args, **rest)

    def upload(self, *args: Any, **rest: Any) -> Any:
        with self.steps.step():
            return super().upload(*args, **rest)


class MortalMemory(Kept):
    steps: Steps | None = None

    def save(self) -> None:
        if self.steps is None:
            super().save()
            return
        with self.steps.step():
            super().save()


class Store:
    """The sandbox's store and our connection to it. Time passes only while it waits."""

    def __init__(self, *, shop: str = SHOP, **settings: Any) -> None:
        self.now, self._shop = NOW / 1000, shop
        config = Config(clock=lambda: self.now, **settings)
        self.sandbox: Sandbox = serve(config=config)
        origins = (f"https://{shop}", UPLOADS, IMAGES, CDN, ARCHIVE)
        self.http = MortalHttp(origin_map=dict.fromkeys(origins, self.sandbox.url))
        self.http.steps = Steps()
        self._own = Http(allowed_hosts=["127.0.0.1"])
        self.connector = self.connect()
        self.memory = Kept()  # of the last delivery
        self._sources: list[FileSource] = []

    def connect(self, **options: Any) -> Shopify:
        """A connection in a process of its own: it remembers nothing of an earlier one."""
        given = {"shop": self._shop, "access_token": TOKEN} | options
        return Shopify(ShopifyOptions.model_validate(given), self.http)

    def close(self) -> None:
        for source in self._sources:
            close(source)
        self.http.close()
        self._own.close()
        self.sandbox.stop()

    def once(self, result: Result, context: Mapping[str, Any], memory: Kept) -> Done | NotYet:
        now = round(self.now * 1000)
        source = FileSource(self.http, wait=30)
        self._sources.append(source)
        files = OutputFiles(
            result, (), now, read_copy=no_copy, source=source, public_url="https://relay.example"
        )
        return self.connector.deliver(result, context, KEY, memory, files, now)

    def deliver(
        self, result: Result, context: Mapping[str, Any] = SKU, memory: Kept | None = None
    ) -> tuple[Done, Kept]:
        """To its end as the worker would: again after what passes, with what a crash leaves of the memory."""
        kept = memory or Kept()
        for _ in range(MOST_ROUNDS):
            self.memory = kept
            try:
                ended = self.once(result, context, kept)
            except RemoteError as error:
                if error.whose != "transient":
                    raise
                self.now += error.retry_after or 5
                kept = kept.after_crash()
                continue
            if isinstance(ended, Done):
                return ended, kept
            self.now += ended.after
            kept = kept.after_crash()
        raise AssertionError(f"no end after {MOST_ROUNDS} rounds")

    def until_killed(self, result: Result, memory: MortalMemory) -> bool:
        """Whether the process died on the way."""
        try:
            while isinstance(ended := self.once(result, SKU, memory), NotYet):
                self.now += ended.after
        except Killed:
            return True
        return False

    def products(self) -> list[dict[str, Any]]:
        answer = self._own.send("GET", f"{self.sandbox.url}/sandbox/shopify")
        return list(answer.json()["products"])

    def media(self, sku: str = "MUG-1") -> list[dict[str, Any]]:
        return [each for product in self.products() if product["sku"] == sku for each in product["media"]]

    def order(self, path: str, **asked: Any) -> dict[str, Any]:
        body = json.dumps(asked).encode()
        headers = {"Content-Type": "application/json"}
        answer = self._own.send(
            "POST", f"{self.sandbox.url}/sandbox/shopify/{path}", headers=headers, body=body
        )
        assert answer.status in (201, 202), answer.text
        return dict(answer.json())

    def uploads(self) -> int:
        """How many files were sent to an upload place."""
        return len(self.requests('name="file"'))

    def requests(self, word: str = "") -> list[str]:
        """The bodies that came, oldest first, those with this word in it."""
        return [each.body for each in self.sandbox.received("shopify") if word in each.body]


StartStore = Callable[..., Store]
