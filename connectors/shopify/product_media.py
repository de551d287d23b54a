"""What is on a product already: its media, and the marker that says which of them this relay attached.

The marker is a metafield of the product, one per generation: it outlives our database.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.shopify.client import Api
from connectors.shopify.outputs import MediaFile, plain
from connectors.shopify.queries import MARKERS, MEDIA, NAMESPACE
from relay.errors import RemoteError

_KEY = re.compile(r"[A-Za-z0-9_-]{2,64}")
_MOST_PAGES = 6  # a product has 250 media at most


@dataclass(frozen=True, slots=True)
class ProductMedia:
    """A product's media in order, and what our marker says: the ids it names, and its digest."""

    media: Sequence[Mapping[str, Any]]
    marked: Sequence[str]
    digest: str | None

    @property
    def statuses(self) -> dict[str, str]:
        return {str(node["id"]): str(node["status"]) for node in self.media}


def marker_key(generation_id: str) -> str:
    if _KEY.fullmatch(generation_id):
        return generation_id
    return hashlib.sha256(generation_id.encode("utf-8", "replace")).hexdigest()[:40]


def read_product_media(api: Api, product: str, key: str, now: int) -> ProductMedia:
    """Everything that is on the product. Raises RemoteError (record) when there is no such product."""
    variables = {"id": product, "namespace": NAMESPACE, "key": key, "after": None}
    media: list[Mapping[str, Any]] = []
    marker: Mapping[str, Any] = {}
    for _ in range(_MOST_PAGES):
        found = _existing(api.call(MEDIA, variables, now)["product"])
        marker = found["metafield"] or {}
        media += found["media"]["nodes"]
        page = found["media"]["pageInfo"]
        if not page["hasNextPage"]:
            break
        variables["after"] = page["endCursor"]
    marked = [each for each in str(marker.get("value", "")).split(",") if each]
    return ProductMedia(media, marked, marker.get("compareDigest"))


def of_others(api: Api, product: str, key: str, now: int) -> set[str]:
    """The media that the markers of other generations name."""
    found = _existing(api.call(MARKERS, {"id": product, "namespace": NAMESPACE}, now)["product"])
    others = (node["value"] for node in found["metafields"]["nodes"] if node["key"] != key)
    return {each for value in others for each in str(value).split(",")}


def ours(
    nodes: Iterable[Mapping[str, Any]], media_files: Sequence[MediaFile], alt: str, not_these: Iterable[str]
) -> dict[str, str]:
    """MediaFile number -> id of the media that is it, by content type and alternative text, in order."""
    known = set(not_these)
    free = [node for node in nodes if node["id"] not in known and plain(node["alt"]) == alt]
    found = {}
    for media_file in media_files:
        node = next((node for node in free if node["mediaContentType"] == media_file.kind), None)
        if node:
            free.remove(node)
            found[str(media_file.number)] = str(node["id"])
    return found


def _existing(product: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if product is None:
        raise RemoteError("The product is not in the store any more. Name another one.", "record")
    return product
