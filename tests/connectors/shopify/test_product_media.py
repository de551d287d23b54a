"""What is on a product already: read to its end, and only what carries our words is taken for ours."""

from collections.abc import Mapping
from typing import Any, cast

import pytest

from connectors.shopify.client import Api
from connectors.shopify.outputs import MediaFile
from connectors.shopify.product_media import appended, read_product_media
from connectors.shopify.queries import Document
from relay.models.core import Output
from tests.connectors.contract import NOW, Kept
from tests.connectors.shopify.store import SKU, Store, images, video

ALT = "A clay mug"
PRODUCT = "gid://shopify/Product/1"


class Pages:
    """A product's media as pages of ids; `asked` is where each read began."""

    def __init__(self, *pages: list[str]) -> None:
        self.pages, self.asked = pages, list[Any]()

    def call(self, _document: Document, variables: Mapping[str, Any], _now: int) -> dict[str, Any]:
        self.asked.append(variables["after"])
        number = int(variables["after"] or 0)
        more = number + 1 < len(self.pages)
        nodes = [node(each) for each in self.pages[number]]
        media = {"nodes": nodes, "pageInfo": {"hasNextPage": more, "endCursor": str(number + 1)}}
        return {"product": {"metafield": {"value": "v1,v2", "compareDigest": "d"}, "media": media}}


def node(name: str, kind: str = "VIDEO", alt: str | None = ALT) -> dict[str, Any]:
    return {"id": name, "alt": alt, "mediaContentType": kind, "status": "READY"}


def media_file(number: int, kind: str = "VIDEO") -> MediaFile:
    return MediaFile(number, kind, f"{number}.mp4", Output(f"https://cdn.test/{number}.mp4"))


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_media_are_read_page_by_page_to_the_last(count: int) -> None:
    pages = Pages(*([f"{number}a", f"{number}b"] for number in range(count)))
    existing = read_product_media(cast("Api", pages), PRODUCT, "vgen_1", NOW)
    assert list(existing.statuses) == [name for page in pages.pages for name in page]
    assert pages.asked == [None, *map(str, range(1, count))]
    assert (existing.marked, existing.digest) == (["v1", "v2"], "d")


@pytest.mark.heavy
def test_a_video_that_is_on_the_second_page_is_known_without_our_database(store: Store) -> None:
    store.deliver(images(55, "before"))
    first, _ = store.deliver(video())
    store.connector = store.connect()
    again, _ = store.deliver(video(), SKU, Kept())
    assert (again.link, "taken away" in again.note) == (first.link, False)
    assert len(store.media()) == 56


@pytest.mark.parametrize(
    ("nodes", "found"),
    [
        ([node("known"), node("a")], {"0": "a"}),
        ([node("known"), node("a", alt=None)], {"0": "a"}),
        ([node("known"), node("the shop's"), node("a")], {"0": "a"}),
        ([node("known"), node("the shop's", "IMAGE", alt=""), node("a")], {"0": "a"}),
        ([node("known")], {}),
        ([node("known"), node("a"), node("the shop's", "IMAGE")], {}),
        ([], {}),
    ],
)
def test_what_an_answered_attach_appended_stands_at_the_end(
    nodes: list[dict[str, Any]], found: dict[str, str]
) -> None:
    assert appended(nodes, [media_file(0)], ["known"]) == found


def test_each_file_gets_its_own_in_their_order() -> None:
    nodes = [node("old"), node("the shop's", "IMAGE"), node("v1"), node("i1", "IMAGE"), node("v2")]
    media_files = [media_file(0), media_file(1, "IMAGE"), media_file(2)]
    assert appended(nodes, media_files, ["old"]) == {"0": "v1", "1": "i1", "2": "v2"}
    assert appended(nodes[:-1], media_files, ["old"]) == {}
