"""What is on a product already: its media, and the marker that says which of them this relay attached.

The marker is a metafield of the product, one per generation: it outlives our database.
"""

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.shopify.client import Api
from connectors.shopify.outputs import MediaFile
from connectors.shopify.queries import MEDIA, NAMESPACE
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


def appended(
    nodes: Sequence[Mapping[str, Any]], media_files: Sequence[MediaFile], before: Collection[str]
) -> dict[str, str]:
    """MediaFile number -> id, from the answer to an attach: what is new stands at the end, in our order.

    Empty when it is not there as it should be. What a merchant added since `before` stands in front of it.
    """
    last = [node for node in nodes if node["id"] not in before][-len(media_files) :]
    if [node["mediaContentType"] for node in last] != [media_file.kind for media_file in media_files]:
        return {}
    return {str(file.number): str(node["id"]) for file, node in zip(media_files, last, strict=True)}


def _existing(product: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if product is None:
        raise RemoteError("The product is not in the store any more. Name another one.", "record")
    return product
