"""The store's things as Shopify's objects: the fields that are requested here."""

from collections.abc import Callable, Sequence
from typing import Any

from sandbox.shopify.store import KINDS, Media, Metafield, Product, Store, iso

Shape = dict[str, Any]


def connection(kind: str, items: Sequence[Shape]) -> Callable[..., Shape]:
    """A list in pages; a cursor is a place in the list."""

    def page(
        first: int | None = None, last: int | None = None, after: str | None = None, **_: object
    ) -> Shape:
        start = int(after) if after else 0
        stop = min(len(items), start + first) if first is not None else len(items)
        if last is not None:
            start = max(start, stop - last)
        return {
            "__typename": f"{kind}Connection",
            "nodes": list(items[start:stop]),
            "edges": [{"__typename": f"{kind}Edge", "node": each} for each in items[start:stop]],
            "pageInfo": {
                "__typename": "PageInfo",
                "hasNextPage": stop < len(items),
                "hasPreviousPage": start > 0,
                "startCursor": str(start) if items else None,
                "endCursor": str(stop) if items else None,
            },
        }

    return page


def product_shape(store: Store, product: Product) -> Shape:
    metafields = {each: metafield_shape(found) for each, found in product.metafields.items()}

    def listed(namespace: str | None = None, reverse: bool | None = None, **rest: Any) -> Shape:
        kept = [shape for (space, _), shape in metafields.items() if namespace in (None, space)]
        return connection("Metafield", kept[::-1] if reverse else kept)(**rest)

    return {
        "__typename": "Product",
        "id": product.id,
        "title": product.title,
        "handle": product.handle,
        "status": "ACTIVE",
        "media": connection("Media", [media_shape(store, each) for each in product.media]),
        "metafield": lambda key, namespace="": metafields.get((namespace, key)),
        "metafields": listed,
    }


def variant_shape(store: Store, product: Product) -> Shape:
    return {
        "__typename": "ProductVariant",
        "id": f"gid://shopify/ProductVariant/{product.number}",
        "sku": product.sku,
        "product": product_shape(store, product),
    }


def media_shape(store: Store, media: Media) -> Shape:
    status = store.status(media)
    kind = KINDS[media.kind]
    url = f"https://cdn.shopify.com/s/files/1/0000/0001/files/{media.number}"
    file = f"https://cdn.shopify.com/s/files/1/0000/0001/files/{media.name}?v={round(media.created)}"
    picture = {"__typename": "Image", "url": file, "width": 1280, "height": 720}
    errors = []
    if status == "FAILED":
        words = "An injected fault of the sandbox"
        errors.append({"__typename": "MediaError", "code": media.error, "details": words, "message": words})
    source = {
        "__typename": "VideoSource",
        "url": f"{url}.mp4",
        "format": "mp4",
        "mimeType": "video/mp4",
        "width": 1280,
        "height": 720,
        "fileSize": 1_128_375,
    }
    shape: Shape = {
        "__typename": kind,
        "id": media.id,
        "alt": media.alt,
        "mediaContentType": media.kind,
        "status": status,
        "mediaErrors": errors,
        "mediaWarnings": [],
        "preview": {"__typename": "MediaPreviewImage", "image": picture if status == "READY" else None},
    }
    if kind == "ExternalVideo":
        return shape | {"originUrl": media.source, "embedUrl": media.source}
    shape |= {
        "createdAt": iso(media.created),
        "updatedAt": iso(media.created),
        "fileStatus": status,
        "fileErrors": [{**each, "__typename": "FileError"} for each in errors],
    }
    if kind == "Video":
        ready = status == "READY"
        return shape | {
            "duration": 5000 if ready else None,
            "filename": media.name,
            "originalSource": source if ready else None,
            "sources": [source] if ready else [],
        }
    original = {"__typename": "MediaImageOriginalSource", "fileSize": 68, "url": file}
    ready = status == "READY"
    images = {"image": picture if ready else None, "originalSource": original if ready else None}
    return shape | {"mimeType": None, **images}


def metafield_shape(metafield: Metafield) -> Shape:
    return {
        "__typename": "Metafield",
        "id": f"gid://shopify/Metafield/{metafield.number}",
        "namespace": metafield.namespace,
        "key": metafield.key,
        "type": metafield.type,
        "value": metafield.value,
        "compareDigest": metafield.digest,
    }


def user_error(field: Sequence[str], message: str, **rest: Any) -> Shape:
    return {"__typename": "UserError", "field": list(field), "message": message, **rest}
