"""What the fields of a request to the Admin API do: the queries and mutations of the way of a media file.

https://shopify.dev/docs/api/admin-graphql/2026-10
"""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sandbox.shopify.graphql import QueryError
from sandbox.shopify.store import Product, Store
from sandbox.shopify.types import (
    Shape,
    connection,
    media_shape,
    metafield_shape,
    product_shape,
    user_error,
    variant_shape,
)

UPLOADS = "https://shopify-video-production-core-originals.storage.googleapis.com"
IMAGES = "https://shopify-staged-uploads.storage.googleapis.com"
SCOPES = ("read_products", "write_products")
MOST_MEDIA = 250
RESOURCES = (
    "COLLECTION_IMAGE, FILE, IMAGE, MODEL_3D, PRODUCT_IMAGE, SHOP_IMAGE, VIDEO, BULK_MUTATION_VARIABLES, "
    "RETURN_LABEL, URL_REDIRECT_IMPORT, DISPUTE_FILE_UPLOAD"
)
STALE = "The resource has been updated since it was loaded. Try again with an updated `compareDigest` value."
_SKU = re.compile(r'sku:(?:"((?:\\.|[^"\\])*)"|(\S+))')
_ID = re.compile(r"gid://shopify/[A-Za-z0-9]+/[0-9]+")

# Field -> what it costs, as recorded where it was.
COSTS = {
    "shop": 2,
    "currentAppInstallation": 2,
    "node": 3,
    "nodes": 6,
    "product": 19,
    "productByIdentifier": 3,
    "productVariants": 15,
    "stagedUploadsCreate": 11,
    "productUpdate": 30,
    "metafieldsSet": 10,
}


def query_root(store: Store) -> Shape:
    return {
        "__typename": "QueryRoot",
        "shop": lambda: {
            "__typename": "Shop",
            "id": "gid://shopify/Shop/1",
            "name": "Sandbox",
            "myshopifyDomain": "sandbox.myshopify.com",
            "plan": {"__typename": "ShopPlan", "publicDisplayName": "Development"},
        },
        "currentAppInstallation": lambda: {
            "__typename": "AppInstallation",
            "accessScopes": [{"__typename": "AccessScope", "handle": scope} for scope in SCOPES],
        },
        "node": lambda id: _node(store, id),  # noqa: A006 - the argument's name there
        "nodes": lambda ids: [_node(store, each) for each in ids],
        "product": lambda id: _product(store, _checked_id(id)),  # noqa: A006 - the argument's name there
        "productByIdentifier": lambda identifier: _identified(store, identifier),
        "productVariants": lambda query="", **page: _variants(store, query, page),
    }


def mutation_root(store: Store) -> Shape:
    return {
        "__typename": "Mutation",
        "stagedUploadsCreate": lambda input: _stage(store, input),  # noqa: A006 - the argument's name there
        "productUpdate": lambda product, media=None: _update(store, product, media or []),
        "metafieldsSet": lambda metafields: _set_metafields(store, metafields),
    }


ROOTS: Mapping[str, Callable[[Store], Shape]] = {"query": query_root, "mutation": mutation_root}


def _checked_id(given: object) -> str:
    if isinstance(given, str) and _ID.fullmatch(given):
        return given
    problem = f"Invalid global id '{given}'"
    raise QueryError(
        "Variable $id of type ID! was provided invalid value",
        "INVALID_VARIABLE",
        value=given,
        problems=[{"path": [], "explanation": problem, "message": problem}],
    )


def _node(store: Store, given: str) -> Shape | None:
    media = store.media(_checked_id(given))
    return media_shape(store, media) if media else _product(store, given)


def _product(store: Store, product_id: str) -> Shape | None:
    product = store.products.get(product_id)
    return product_shape(store, product) if product else None


def _identified(store: Store, identifier: Mapping[str, str]) -> Shape | None:
    if len(identifier) != 1:
        raise QueryError("`ProductIdentifierInput` requires exactly one argument", "invalidOneOfInputObject")
    ((name, value),) = identifier.items()
    if name == "id":
        return _product(store, _checked_id(value))
    product = next((each for each in store.products.values() if each.handle == value), None)
    return product_shape(store, product) if product else None


def _variants(store: Store, query: str, page: Mapping[str, Any]) -> Shape:
    """The search finds similar SKUs too, and new products late."""
    match = _SKU.fullmatch(query)
    wanted = re.sub(r"\\(.)", r"\1", match[1] if match[1] is not None else match[2]) if match else ""
    found = [
        variant_shape(store, product)
        for product in store.products.values()
        if wanted.lower() in product.sku.lower() and product.found_from <= store.clock()
    ]
    return connection("ProductVariant", found)(**page)


def _stage(store: Store, given: list[dict[str, Any]]) -> Shape:
    targets, errors = [], []
    for place, each in enumerate(given):
        resource = each.get("resource")
        if resource not in RESOURCES.split(", "):
            _refuse_resource(given, place, resource)
        error = _staging_error(each, place)
        if error:
            errors.append(error)
            targets.append(_target(None, None, []))
            continue
        if resource == "IMAGE":
            image = store.stage_image(str(each["filename"]), str(each["mimeType"]))
            targets.append(_target(f"{IMAGES}/", f"{IMAGES}/{image.key}", image.fields))
            continue
        staged = store.stage(str(each["filename"]), int(each["fileSize"]))
        targets.append(_target(UPLOADS, f"{UPLOADS}?external_video_id={staged.number}", staged.fields))
    return {"__typename": "StagedUploadsCreatePayload", "stagedTargets": targets, "userErrors": errors}


def _staging_error(given: Mapping[str, Any], place: int) -> Shape | None:
    where = ["input", str(place)]
    mime = str(given.get("mimeType"))
    if not mime.startswith({"VIDEO": "video/", "IMAGE": "image/"}.get(str(given["resource"]), "none")):
        return user_error(
            [*where, "mimeType"], f"{given.get('filename')}: ({mime}) is not a recognized format"
        )
    if given["resource"] == "VIDEO" and not given.get("fileSize"):
        return user_error([*where, "fileSize"], "file size is required for video resources")
    if given.get("httpMethod") != "POST":
        return user_error([*where, "httpMethod"], "the sandbox takes files by POST only")
    return None


def _refuse_resource(given: object, place: int, resource: object) -> None:
    words = f'Expected "{resource}" to be one of: {RESOURCES}'
    raise QueryError(
        "Variable $input of type [StagedUploadInput!]! was provided invalid value for "
        f"{place}.resource ({words})",
        "INVALID_VARIABLE",
        value=given,
        problems=[{"path": [place, "resource"], "explanation": words}],
    )


def _target(url: str | None, resource: str | None, fields: list[tuple[str, str]]) -> Shape:
    parameters = [{"__typename": "StagedUploadParameter", "name": n, "value": v} for n, v in fields]
    return {
        "__typename": "StagedMediaUploadTarget",
        "url": url,
        "resourceUrl": resource,
        "parameters": parameters,
    }


def _update(store: Store, given: Mapping[str, Any], media: list[dict[str, Any]]) -> Shape:
    product = store.products.get(_checked_id(given.get("id")))
    if product is None:
        errors = [user_error(["id"], "Product does not exist")]
        return {"__typename": "ProductUpdatePayload", "product": None, "userErrors": errors}
    errors = [error for place, each in enumerate(media) if (error := _media_error(store, each, place))]
    if len(product.media) + len(media) > MOST_MEDIA:
        errors.append(user_error(["media"], f"Exceeded {MOST_MEDIA} media for this product"))
    if not errors:
        for each in media:
            store.attach(product, each["mediaContentType"], each["originalSource"], each.get("alt") or "")
    shape = product_shape(store, product)
    return {"__typename": "ProductUpdatePayload", "product": shape, "userErrors": errors}


def _media_error(store: Store, given: Mapping[str, Any], place: int) -> Shape | None:
    where = ["media", str(place)]
    source = str(given["originalSource"])
    parts = urlsplit(source)
    if len(given.get("alt") or "") > 512:
        return user_error([*where, "alt"], "Alt is too long (maximum is 512 characters)")
    if given["mediaContentType"] == "VIDEO":
        number = parse_qs(parts.query).get("external_video_id", [""])[0]
        if not any(str(each.number) == number and each.got for each in store.places.values()):
            return user_error([*where, "originalSource"], f"Invalid video url={source}")
    elif source.startswith(f"{IMAGES}/"):
        staged = store.places.get(parts.path.removeprefix("/"))
        if staged is None or not staged.got:
            return user_error([*where, "originalSource"], "Image URL is invalid")
    elif parts.scheme not in ("http", "https") or not parts.hostname or len(source) > 2048:
        return user_error([*where, "originalSource"], "Image URL is invalid")
    return None


def _set_metafields(store: Store, given: list[dict[str, Any]]) -> Shape:
    """All or none. With `compareDigest`, also null, only where the metafield is still as it was read."""
    errors = []
    changes: list[tuple[Product, dict[str, Any]]] = []
    for place, each in enumerate(given):
        product = store.products.get(_checked_id(each["ownerId"]))
        where = ["metafields", str(place)]
        if product is None:
            errors.append(
                user_error(
                    [*where, "ownerId"], "Owner does not exist.", code="INVALID_VALUE", elementIndex=None
                )
            )
            continue
        known = product.metafields.get((each["namespace"], each["key"]))
        if "compareDigest" in each and each["compareDigest"] != (known.digest if known else None):
            errors.append(user_error(where, STALE, code="STALE_OBJECT", elementIndex=None))
        changes.append((product, each))
    made = [] if errors else [metafield_shape(store.set_metafield(*change)) for change in changes]
    for error in errors:
        error["__typename"] = "MetafieldsSetUserError"
    return {"__typename": "MetafieldsSetPayload", "metafields": made, "userErrors": errors}
