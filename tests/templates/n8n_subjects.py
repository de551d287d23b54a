"""How each template is given products, how each product ended, and which jobs were paid for it.

A scenario needs no more of a template than this, so that it can be played on each one where it applies.
"""

import json
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import requests

from sandbox import LedgerEntry
from tests.templates.n8n_copies import Copy
from tests.templates.n8n_scene import OUTPUT, PHOTO, by_shopify
from tests.templates.n8n_world import START_KEY, TEAM, World

PATIENCE = 2400.0  # seconds until limits are waited out: thirty films are 90 calls, 5 a minute
PARTS = ("image.edit", "voice.generation", "video.generation", "compose.generation")
COMPLETED = "Completed"
BY_HAND = "Start by hand"


class Subject(Protocol):
    slug: str
    jobs_of_one: int  # paid jobs of one product

    def begin(self, world: World, skus: Sequence[str]) -> list[int]:
        """All of them in the same second. The statuses of the responses, if it is called by HTTP."""
        ...

    def ended(self, world: World, sku: str) -> list[str]:
        """For each place of this product, how it ended: Completed, or whatever is written there."""
        ...

    def paid(self, world: World, known: int, skus: Sequence[str]) -> list[LedgerEntry]:
        """Of the jobs from number `known` on, those of these products."""
        ...


class Posted:
    """Started by a call with the key, kept in Airtable by SKU. The addresses of its jobs name the record."""

    jobs_of_one = 1

    def __init__(self, slug: str, path: str, table: str) -> None:
        self.slug, self.path, self.table = slug, path, table

    def post(self, world: World, sku: Any, image_url: str = PHOTO) -> requests.Response:
        return requests.post(
            f"{world.n8n.url}/webhook/{self.path}",
            json={"sku": sku, "title": f"Title of {sku}", "image_url": image_url},
            headers={"X-Start-Key": START_KEY},
            timeout=PATIENCE,
        )

    def post_all(self, world: World, skus: Sequence[str], image_url: str = PHOTO) -> list[requests.Response]:
        with ThreadPoolExecutor(len(skus)) as threads:
            return list(threads.map(lambda sku: self.post(world, sku, image_url), skus))

    def begin(self, world: World, skus: Sequence[str]) -> list[int]:
        return [each.status_code for each in self.post_all(world, skus)]

    def records(self, world: World, skus: Sequence[str]) -> list[dict[str, Any]]:
        """With their `id`, by SKU."""
        found = [
            {"id": each["id"], **each["fields"]}
            for each in world.records_with_ids(self.table)
            if each["fields"].get("SKU") in skus
        ]
        return sorted(found, key=lambda each: str(each["SKU"]))

    def ended(self, world: World, sku: str) -> list[str]:
        return [str(each.get("Status", "")) for each in self.records(world, [sku])]

    def paid(self, world: World, known: int, skus: Sequence[str]) -> list[LedgerEntry]:
        ids = {each["id"] for each in self.records(world, skus)}
        return [each for each in world.sandbox.jobs[known:] if _record_of(each) in ids]


class Filmed(Posted):
    """An edit of a picture names no record: no other template has one."""

    jobs_of_one = len(PARTS)

    def paid(self, world: World, known: int, skus: Sequence[str]) -> list[LedgerEntry]:
        edits = [each for each in world.sandbox.jobs[known:] if each.kind == PARTS[0]]
        return super().paid(world, known, skus) + edits


class Relayed(Posted):
    """The relay's jobs name no record: each product has a picture of its own, by which its jobs are known."""

    def post_all(self, world: World, skus: Sequence[str], image_url: str = "") -> list[requests.Response]:
        with ThreadPoolExecutor(len(skus)) as threads:
            return list(threads.map(lambda sku: self.post(world, sku, image_url or _own(sku)), skus))

    def paid(self, world: World, known: int, skus: Sequence[str]) -> list[LedgerEntry]:
        own = {_own(sku) for sku in skus}
        return [each for each in world.sandbox.jobs[known:] if each.request.get("image_url") in own]


class Listed:
    """Rows of a sheet, of the template itself or of a copy; run by hand until each row has a status."""

    jobs_of_one = 1

    def __init__(self, slug: str, workflow: str, path: str, tab: str, book: str) -> None:
        self.slug, self.workflow, self.path, self.tab, self.book = slug, workflow, path, tab, book

    @classmethod
    def of(cls, copy: Copy) -> "Listed":
        return cls(copy.slug, copy.id, copy.path, copy.tab, copy.book)

    def fill(self, world: World, skus: Sequence[str]) -> None:
        rows = [{"SKU": sku, "Title": f"Title {place}", "Image URL": PHOTO} for place, sku in enumerate(skus)]
        world.list_products(self.tab, rows, self.book)

    def run(self, world: World) -> None:
        world.n8n.run(self.workflow, BY_HAND)

    def begin(self, world: World, skus: Sequence[str]) -> list[int]:
        self.fill(world, skus)
        self.run(world)
        return []

    def rows(self, world: World) -> list[dict[str, Any]]:
        return world.rows(self.tab, self.book)

    def ended(self, world: World, sku: str) -> list[str]:
        return [str(row.get("Status") or "") for row in self.rows(world) if row["SKU"] == sku]

    def paid(self, world: World, known: int, skus: Sequence[str]) -> list[LedgerEntry]:
        jobs = world.sandbox.jobs[known:]
        return [each for each in jobs if re.search(rf"/{self.path}\b", str(each.request.get("webhook_url")))]


class Sold:
    """Shopify calls when a product is created; its video ends among the product's media."""

    slug, jobs_of_one = "shopify-product-video", 1
    path = "creativeai-shopify-video-done"

    def __init__(self) -> None:
        self.products: dict[str, str] = {}

    def create(self, world: World, sku: str) -> None:
        self.products[sku] = world.add_product(f"Title of {sku}", sku)

    def called(self, world: World, product: str, title: str) -> int:
        raw = json.dumps(
            {"admin_graphql_api_id": product, "title": title, "images": [{"src": PHOTO}]}
        ).encode()
        headers = {"Content-Type": "application/json", **by_shopify(raw)}
        address = f"{world.n8n.url}/webhook/shopify-product-created"
        return requests.post(address, data=raw, headers=headers, timeout=90).status_code

    def begin(self, world: World, skus: Sequence[str]) -> list[int]:
        for sku in skus:
            if sku not in self.products:
                self.create(world, sku)
        with ThreadPoolExecutor(len(skus)) as threads:
            return list(threads.map(lambda sku: self.called(world, self.products[sku], sku), skus))

    def ended(self, world: World, sku: str) -> list[str]:
        names = {"READY": COMPLETED}
        return [names.get(each["status"], each["status"]) for each in world.media(self.products[sku])]

    def paid(self, world: World, known: int, skus: Sequence[str]) -> list[LedgerEntry]:
        numbers = {self.products[sku].rpartition("/")[2] for sku in skus}
        found = [(each, str(each.request.get("webhook_url"))) for each in world.sandbox.jobs[known:]]
        return [each for each, url in found if self.path in url and url.rpartition("%2F")[2] in numbers]


class Filled:
    """A form of a person, who is named like the product; the result is a message."""

    slug, jobs_of_one = "team-form", 1
    path = "creativeai-team-form-done"

    def send(self, world: World, sku: str) -> int:
        fields = {"field-0": "Voice", "field-1": "Say it", "field-2": PHOTO, "field-3": sku}
        parts = {name: (None, value) for name, value in fields.items()}
        address = f"{world.n8n.url}/form/creativeai-team"
        return requests.post(address, files=parts, auth=TEAM, timeout=PATIENCE).status_code

    def begin(self, world: World, skus: Sequence[str]) -> list[int]:
        with ThreadPoolExecutor(len(skus)) as threads:
            return list(threads.map(lambda sku: self.send(world, sku), skus))

    def ended(self, world: World, sku: str) -> list[str]:
        found = [each for each in world.messages() if f" for {sku}: " in each]
        return [COMPLETED if each.startswith("Ready") else each for each in found]

    def paid(self, world: World, known: int, skus: Sequence[str]) -> list[LedgerEntry]:
        found = [(each, str(each.request.get("webhook_url"))) for each in world.sandbox.jobs[known:]]
        return [each for each, url in found if self.path in url and url.rpartition("by=")[2] in skus]


def _own(sku: str) -> str:
    return f"{OUTPUT}/{sku}.png"


def _record_of(job: LedgerEntry) -> str:
    found = re.search(r"[?&]record=(\w+)", str(job.request.get("webhook_url", "")))
    return found[1] if found else ""


VIDEO = Posted("image-to-video-airtable", "creativeai-image-to-video", "Videos")
FILM = Filmed("commerce-pipeline", "creativeai-product-film", "Films")
RELAYED = Relayed("behind-the-relay", "relay-product-video", "Videos")
SHEET = Listed(
    "image-to-video-sheets-slack",
    "caiImageVideoG2",
    "creativeai-sheet-video-done",
    "Videos",
    "your-sheet-id",
)
CATALOGUE = Listed(
    "catalogue-batch", "caiCatalogueBat4", "creativeai-batch-done", "Catalogue", "your-sheet-id"
)
SHOP, FORM = Sold(), Filled()
SUBJECTS: Mapping[str, Subject] = {
    each.slug: each for each in (VIDEO, FILM, RELAYED, SHEET, CATALOGUE, SHOP, FORM)
}
