"""Situations that cost money or lose a result, under the real limits of every service; all at the same time.

Each is one function: it plays the situation on a template, waits for its end and looks at what is there. Jobs
are counted where they are paid for: in the sandbox's ledger.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

from sandbox import PlannedResponse
from tests.templates.n8n_scene import OUTPUT, PHOTO, by_shopify
from tests.templates.n8n_world import START_KEY, World
from tests.wire import wait_until

PATIENCE = 540.0  # five creates a minute for all of them
SHEET = ("caiImageVideoG2", "Start by hand")
CATALOGUE = ("caiCatalogueBat4", "Start by hand")
VIDEOS, FILMS = "creativeai-image-to-video", "creativeai-product-film"
PARTS = ("image.edit", "voice.generation", "video.generation", "compose.generation")
THROTTLED = json.dumps({"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]})


def rows_with_one_sku(world: World) -> None:
    """SKU-1, SKU-1, SKU-2: run twice in the same second, and again after the end. Three are paid for."""
    _twice_and_again(world, "Videos", SHEET, ("SKU-1", "SKU-1", "SKU-2"))


def a_catalogue_run_twice_at_once(world: World) -> None:
    _twice_and_again(world, "Catalogue", CATALOGUE, ("CAT-1", "CAT-1", "CAT-2", "CAT-3"))


def ten_products_in_one_second(world: World) -> None:
    """And one of them twice: ten records, ten paid videos."""
    skus = [f"BURST-{number}" for number in range(10)]
    responses = _post_all(world, VIDEOS, [*skus, skus[0]])
    assert {each.status_code for each in responses} <= {202, 409}, [each.text for each in responses]
    assert sum(each.status_code == 202 for each in responses) >= len(skus)

    def completed() -> bool:
        return [each["Status"] for each in _records(world, "Videos", skus)] == ["Completed"] * len(skus)

    wait_until(completed, PATIENCE, pause=1)
    records = _records(world, "Videos", skus)
    paid = [each.id for each in world.sandbox.jobs if _record_of(each.request) in _ids(responses)]
    assert sorted(each["Generation ID"] for each in records) == sorted(paid)
    assert all(each["Video"] == f"{OUTPUT}/{each['Generation ID']}.mp4" for each in records)


def three_films_at_once_and_one_of_them_again(world: World) -> None:
    """The film that is made again has parts of its own, all of them, and nothing else is paid for."""
    skus, known = [f"FILM-{number}" for number in range(3)], len(world.sandbox.jobs)
    first = _films(world, skus)
    assert _paid_parts(world, known, skus) == dict.fromkeys(PARTS, 3)
    second = _films(world, skus[:1])
    columns = ("Picture", "Voice", "Video", "Film")
    assert not {first[0][each] for each in columns} & {second[0][each] for each in columns}
    assert _paid_parts(world, known, skus) == dict.fromkeys(PARTS, 4)


def a_photo_that_cannot_be_fetched(world: World) -> None:
    known = len(world.sandbox.jobs)
    [response] = _post_all(world, FILMS, ["NO-PHOTO"], image_url=f"{OUTPUT}/there/is/none.png")
    assert response.status_code == 202, response.text

    def refused() -> bool:
        return [each.get("Status") for each in _records(world, "Films", ["NO-PHOTO"])] == ["Not started"]

    wait_until(refused, PATIENCE, pause=1)
    [record] = _records(world, "Films", ["NO-PHOTO"])
    assert "photo could not be fetched" in record["Error"]
    assert "nothing was charged" in record["Error"]
    [found] = [each for each in world.records_with_ids("Films") if each["fields"] == record]
    assert not [each for each in world.sandbox.jobs[known:] if _record_of(each.request) == found["id"]]


def a_sku_that_is_no_text(world: World) -> None:
    for path in (VIDEOS, FILMS, "relay-product-video"):
        for sku in (["A"], {"a": 1}, True, ""):
            response = _post(world, path, sku)
            assert response.status_code == 422, (path, sku, response.text)
            assert "Nothing was started" in response.json()["error"]
    assert not [each for each in world.records("Videos") if "object" in str(each.get("SKU"))]


def a_product_in_a_busy_shop(world: World) -> None:
    """Shopify says THROTTLED with status 200, in the place of the first response."""
    product = world.add_product("Busy shop", "BUSY")
    world.sandbox.plan_response("shopify", PlannedResponse(200, THROTTLED))
    _created(world, product, "Busy shop")
    wait_until(lambda: [each["status"] for each in world.media(product)] == ["READY"], PATIENCE, pause=1)


def a_product_that_is_deleted_meanwhile(world: World) -> None:
    known = world.n8n.last()
    _created(world, "gid://shopify/Product/404404", "Deleted")

    def reported() -> list[str]:
        ended = world.n8n.executions(known)
        return [each.error for each in ended if "Product does not exist" in each.error]

    [error] = wait_until(reported, PATIENCE, pause=3)
    assert OUTPUT in error  # where the paid video is


SCENARIOS: tuple[Callable[[World], None], ...] = (
    rows_with_one_sku,
    a_catalogue_run_twice_at_once,
    ten_products_in_one_second,
    three_films_at_once_and_one_of_them_again,
    a_photo_that_cannot_be_fetched,
    a_sku_that_is_no_text,
    a_product_in_a_busy_shop,
    a_product_that_is_deleted_meanwhile,
)


def _twice_and_again(world: World, tab: str, run: tuple[str, str], skus: Sequence[str]) -> None:
    known = len(world.sandbox.jobs)
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda _: world.n8n.run(*run), range(2)))

    def completed() -> bool:
        return [row.get("Status") for row in world.rows(tab)] == ["Completed"] * len(skus)

    wait_until(completed, PATIENCE, pause=1)
    ended = world.n8n.last()
    world.n8n.run(*run)

    def ran_again() -> bool:
        later = world.n8n.executions(ended)
        return any(each.workflow == run[0] and run[1] in each.ran for each in later)

    wait_until(ran_again, PATIENCE, pause=3)
    rows = world.rows(tab)
    assert [row["SKU"] for row in rows] == list(skus)
    callback = {"Videos": "sheet-video-done", "Catalogue": "batch-done"}[tab]
    jobs = world.sandbox.jobs[known:]
    paid = [each.id for each in jobs if callback in str(each.request.get("webhook_url"))]
    own = [row["Generation ID"] for row in rows]
    assert set(own) <= set(paid), f"{len(paid)} paid, {rows}"
    assert len(paid) == len(set(own)) == len(skus), f"{len(paid)} paid, {rows}"
    assert [row["Video"] for row in rows] == [f"{OUTPUT}/{each}.mp4" for each in own]


def _post(world: World, path: str, sku: Any, image_url: str = PHOTO) -> requests.Response:
    """A caller waits: the limits of Airtable are waited out before it gets its response."""
    return requests.post(
        f"{world.n8n.url}/webhook/{path}",
        json={"sku": sku, "title": f"Title of {sku}", "image_url": image_url},
        headers={"X-Start-Key": START_KEY},
        timeout=PATIENCE,
    )


def _post_all(
    world: World, path: str, skus: Sequence[str], image_url: str = PHOTO
) -> list[requests.Response]:
    with ThreadPoolExecutor(len(skus)) as threads:
        return list(threads.map(lambda sku: _post(world, path, sku, image_url), skus))


def _films(world: World, skus: Sequence[str]) -> list[dict[str, Any]]:
    responses = _post_all(world, FILMS, skus)
    assert {each.status_code for each in responses} == {202}, [each.text for each in responses]

    def completed() -> bool:
        return [each["Status"] for each in _records(world, "Films", skus)] == ["Completed"] * len(skus)

    wait_until(completed, PATIENCE, pause=1)
    return _records(world, "Films", skus)


def _paid_parts(world: World, known: int, skus: Sequence[str]) -> Mapping[str, int]:
    """By kind. An edit names no record: no other scenario has one."""
    ids = {each["id"] for each in world.records_with_ids("Films") if each["fields"].get("SKU") in skus}
    paid = world.sandbox.jobs[known:]
    return Counter(each.kind for each in paid if each.kind == PARTS[0] or _record_of(each.request) in ids)


def _records(world: World, table: str, skus: Sequence[str]) -> list[dict[str, Any]]:
    found = [each for each in world.records(table) if each.get("SKU") in skus]
    return sorted(found, key=lambda each: str(each["SKU"]))


def _record_of(request: Any) -> str:
    found = re.search(r"[?&]record=(\w+)", str(request.get("webhook_url", "")))
    return found[1] if found else ""


def _ids(responses: Sequence[requests.Response]) -> set[str]:
    return {each.json()["id"] for each in responses if each.status_code == 202}


def _created(world: World, product: str, title: str) -> None:
    """Shopify calls."""
    raw = json.dumps({"admin_graphql_api_id": product, "title": title, "images": [{"src": PHOTO}]}).encode()
    headers = {"Content-Type": "application/json", **by_shopify(raw)}
    address = f"{world.n8n.url}/webhook/shopify-product-created"
    assert requests.post(address, data=raw, headers=headers, timeout=90).status_code == 200


def prepare(world: World) -> None:
    """The sheets, before anything runs."""
    for tab, skus in (
        ("Videos", ("SKU-1", "SKU-1", "SKU-2")),
        ("Catalogue", ("CAT-1", "CAT-1", "CAT-2", "CAT-3")),
    ):
        world.list_products(
            tab,
            [{"SKU": sku, "Title": f"Title {place}", "Image URL": PHOTO} for place, sku in enumerate(skus)],
        )
