"""A product is made in the shop; its picture comes later; then its video is made, once, and attached."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from relay.bootstrap.configuration import configure
from relay.bootstrap.queue import account
from relay.demo.destinations import environment_of
from relay.store.sqlite.store import SqliteStore
from sandbox import API_KEY, SIGNING_SECRET, UNLIMITED, Config, Sandbox, serve
from tests.wire import wait_until
from tests.wire.program import RelayProcess

SECRET = "a secret of the store, for this test"
PATIENCE = 60.0
ACCOUNT = account(configure({"CREATIVEAI_API_KEY": API_KEY}).settings)


class World:
    """A relay on the sandbox whose store tells it of new products."""

    def __init__(self, folder: Path, **environ: str) -> None:
        config = Config(keys={API_KEY: UNLIMITED}, speed=60, output_base="https://cdn.creativeai.run/output")
        self.sandbox: Sandbox = serve(config=config)
        given = environment_of(self.sandbox) | {
            "CREATIVEAI_API_KEY": API_KEY,
            "CREATIVEAI_WEBHOOK_SECRET": SIGNING_SECRET,
            "SHOPIFY_CLIENT_SECRET": SECRET,
            "SHOPIFY_VIDEO_PROMPT": "The camera circles the {title} slowly",
        }
        self.relay = RelayProcess(folder, given | environ)
        self.relay.start()
        self.store = SqliteStore(self.relay.database_path)
        self._told = 0

    def stop(self) -> None:
        self.store.close()
        self.relay.kill()
        self.sandbox.stop()

    def order(self, path: str, **asked: Any) -> Any:
        answer = requests.post(f"{self.sandbox.url}/sandbox/shopify/{path}", json=asked, timeout=10)
        assert answer.ok, answer.text
        return answer.json()

    def tell(self, product: str, *, secret: str = SECRET, **more: Any) -> int:
        """The store's webhook, under an id of its own; the status that answers it."""
        self._told += 1
        about = {"id": int(product.rpartition("/")[2]), "admin_graphql_api_id": product, **more}
        body = json.dumps(about).encode()
        signature = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
        headers = {
            "Content-Type": "application/json",
            "X-Shopify-Topic": "products/create",
            "X-Shopify-Shop-Domain": "sandbox.myshopify.com",
            "X-Shopify-Hmac-SHA256": signature,
            "X-Shopify-Webhook-Id": f"webhook-{self._told}",
        }
        url = f"http://127.0.0.1:{self.relay.port}/webhooks/shopify/shopify"
        return requests.post(url, data=body, headers=headers, timeout=10).status_code

    def notes(self) -> list[str]:
        found = [self.store.shop_work(event_id) for event_id, _ in self.store.shop_events(limit=50)]
        return [work.note for work in found if work]

    def hurry(self) -> None:
        """As if the wait to the next look were over."""
        for event_id, _ in self.store.shop_events(limit=50):
            work = self.store.shop_work(event_id)
            if work and work.due_at is not None:
                self.store.reschedule_shop_event(event_id, until=time.time_ns() // 1_000_000, note=work.note)

    def videos(self, product: str) -> list[str]:
        listed = requests.get(
            f"{self.sandbox.url}/sandbox/shopify", headers={"Accept": "application/json"}, timeout=10
        ).json()["products"]
        (found,) = [each for each in listed if each["id"] == product]
        return [each["status"] for each in found["media"] if each["kind"] == "VIDEO"]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.stop()


def test_a_new_product_gets_its_video_once_its_picture_is_there(world: World) -> None:
    product = world.order("products", title="Clay bowl", sku="BOWL-1")["id"]
    about = {"title": "Clay bowl", "handle": "clay-bowl", "variants": [{"sku": "BOWL-1"}]}
    assert world.tell(product, **about) == 200
    wait_until(lambda: world.notes() == ["The product has no picture yet."], PATIENCE)
    assert world.store.jobs(limit=9) == []
    world.order("pictures", id=product, source="https://cdn.shopify.com/bowl.jpg")

    def has_its_video() -> bool:
        world.hurry()
        return world.videos(product) == ["READY"]

    wait_until(has_its_video, PATIENCE)
    (job,) = world.store.jobs(limit=9)
    assert job.input["prompt"] == "The camera circles the Clay bowl slowly"
    assert job.context == {"product_id": product, "sku": "BOWL-1", "title": "Clay bowl"}
    assert job.source == "shop"


def test_however_often_the_store_tells_there_is_one_video_also_after_a_kill(world: World) -> None:
    product = world.order("products", title="Clay bowl", sku="BOWL-1")["id"]
    world.order("pictures", id=product, source="https://cdn.shopify.com/bowl.jpg")
    # A kill while the job is being sent would put it on hold: whether it was made is then not known.
    world.store.pause_queue(ACCOUNT, "Not before the kills are over.", now=time.time_ns() // 1_000_000)
    for _ in range(2):
        for _ in range(3):
            assert world.tell(product, title="Clay bowl") == 200
        world.relay.kill()
        world.relay.start()

    def all_ended() -> bool:
        world.hurry()
        found = [world.store.shop_work(event_id) for event_id, _ in world.store.shop_events(limit=50)]
        return len(found) == 6 and all(work and work.due_at is None for work in found)

    wait_until(all_ended, PATIENCE)
    assert len(world.store.jobs(limit=9)) == 1
    world.store.resume_queue(ACCOUNT, now=time.time_ns() // 1_000_000)
    wait_until(lambda: world.videos(product) == ["READY"], PATIENCE)


def test_a_forged_one_starts_nothing(world: World) -> None:
    product = world.order("products", title="Clay bowl")["id"]
    assert world.tell(product, secret="somebody else's") == 401
    assert world.store.shop_events(limit=9) == []


def test_without_words_new_products_start_nothing_and_the_reason_is_kept(tmp_path: Path) -> None:
    world = World(tmp_path, SHOPIFY_VIDEO_PROMPT="")
    try:
        product = world.order("products", title="Clay bowl")["id"]
        assert world.tell(product) == 200
        words = "New products start nothing: the connection has no words."
        wait_until(lambda: world.notes() == [words], PATIENCE)
        assert world.store.jobs(limit=9) == []
    finally:
        world.stop()
