"""A Shopify store under the real paths: its tokens, its Admin API, and the upload URL for videos.

Any `shpat_...` token is valid, and any client secret but `wrong`. The store's content is shown at
/sandbox/shopify, where products can be added and failures of media can be injected.
"""

import re
from typing import Any

from flask import Blueprint, Response, jsonify, render_template_string, request
from flask.typing import ResponseReturnValue

from sandbox import validation
from sandbox.config import Config
from sandbox.inboxes import Inboxes
from sandbox.shopify.graphql import QueryError, cut, read
from sandbox.shopify.resolvers import COSTS, ROOTS, SCOPES
from sandbox.shopify.store import TOKEN_LIVES, Place, Store

INBOX = "shopify"
REFUSED = "[API] Invalid API key or access token (unrecognized login or wrong password)"
SEED_RULES: dict[str, validation.Rule] = {
    "title": validation.text,
    "handle": validation.text,
    "sku": validation.text,
    "lag": validation.whole_number(0, 3600),
}
ERROR_RULES: dict[str, validation.Rule] = {"code": validation.text}
PICTURE_RULES: dict[str, validation.Rule] = {
    "id": validation.text,
    "source": validation.text,
    "alt": validation.text,
}
EDIT_RULES: dict[str, validation.Rule] = {
    "id": validation.text,
    "title": validation.text,
    "handle": validation.text,
    "sku": validation.text,
    "reverse_media": validation.flag,
    "delete": validation.flag,
}
REMOVAL_RULES: dict[str, validation.Rule] = {"id": validation.text}
_NAME = re.compile(rb'name="([^"]*)"')

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Shopify of the sandbox</title>
{% for product in products %}
<h1>{{ product.title }} ({{ product.sku }}): {{ product.media|length }} media</h1>
<table border="1">
<tr><th>id<th>kind<th>status<th>alternative text<th>from
{% for each in product.media %}
<tr><td>{{ each.id }}<td>{{ each.kind }}<td>{{ each.status }}<td>{{ each.alt }}<td>{{ each.source }}
{% endfor %}
</table>
{% for key, value in product.metafields.items() %}<p>{{ key }} = {{ value }}{% endfor %}
{% endfor %}
</html>
"""


def shopify(config: Config, inboxes: Inboxes) -> Blueprint:
    routes = Blueprint("shopify", __name__)
    store = Store(config)

    @routes.post("/admin/oauth/access_token")
    def token() -> Response:
        return inboxes.respond(INBOX, lambda: _grant(store))

    @routes.post("/admin/api/<version>/graphql.json")
    def graphql(version: str) -> Response:
        def usual() -> Response:
            with store.lock:
                if not store.knows(request.headers.get("X-Shopify-Access-Token", "")):
                    return _answer(401, {"errors": REFUSED})
                response = jsonify(_execute(store, request.get_json()))
                response.headers["X-Shopify-API-Version"] = version
                return response

        return inboxes.respond(INBOX, usual)

    @routes.post("/")
    def upload() -> Response:
        def usual() -> Response:
            with store.lock:
                return _take(store, request.get_data(), request.mimetype_params.get("boundary", ""))

        return inboxes.respond(INBOX, usual)

    @routes.get("/sandbox/shopify")
    def show() -> ResponseReturnValue:
        """A page for a browser, JSON for other clients."""
        with store.lock:
            products = _shown(store)
        if request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html":
            return render_template_string(PAGE, products=products)
        return jsonify(products=products)

    @routes.post("/sandbox/shopify/products")
    def seed() -> ResponseReturnValue:
        """`lag`: seconds until the search finds it."""
        given = validation.check(request.get_json(), SEED_RULES, required=("title",))
        handle = given.get("handle") or re.sub(r"[^a-z0-9]+", "-", given["title"].lower()).strip("-")
        with store.lock:
            product = store.add(given["title"], handle, given.get("sku", ""), given.get("lag", 0))
        return jsonify(id=product.id), 201

    @routes.post("/sandbox/shopify/pictures")
    def add_picture() -> ResponseReturnValue:
        """A person uploads a picture in the store's admin."""
        given = validation.check(request.get_json(), PICTURE_RULES, required=("id", "source"))
        with store.lock:
            product = store.products.get(given["id"])
            if product is None:
                return jsonify(error="There is no such product."), 404
            return jsonify(id=store.attach(product, "IMAGE", given["source"], given.get("alt", "")).id), 201

    @routes.post("/sandbox/shopify/removals")
    def remove() -> ResponseReturnValue:
        """A person deletes a media in the store's admin."""
        given = validation.check(request.get_json(), REMOVAL_RULES, required=("id",))
        with store.lock:
            return jsonify(removed=store.remove(given["id"])), 202

    @routes.post("/sandbox/shopify/edits")
    def edit() -> ResponseReturnValue:
        """A person changes a product in the store's admin, or deletes it."""
        given = validation.check(request.get_json(), EDIT_RULES, required=("id",))
        with store.lock:
            product = store.products.get(given["id"])
            if product is None:
                return jsonify(error="There is no such product."), 404
            for name in ("title", "handle", "sku"):
                setattr(product, name, given.get(name, getattr(product, name)))
            if given.get("reverse_media"):
                product.media.reverse()
            if given.get("delete"):
                del store.products[product.id]
            return jsonify(id=product.id), 202

    @routes.post("/sandbox/shopify/errors")
    def inject_error() -> ResponseReturnValue:
        """The processing of the next media that is attached ends with this code."""
        given = validation.check(request.get_json(), ERROR_RULES, required=("code",))
        with store.lock:
            store.errors.append(given["code"])
        return jsonify(pending=list(store.errors)), 202

    return routes


def _answer(status: int, body: dict[str, Any]) -> Response:
    response = jsonify(body)
    response.status_code = status
    return response


def _grant(store: Store) -> Response:
    request.get_data()  # kept, so that the inbox can read it too
    form = request.form
    if form.get("grant_type") != "client_credentials" or not form.get("client_id"):
        return _answer(
            400, {"error": "invalid_request", "error_description": "Missing or invalid parameter."}
        )
    if form.get("client_secret", "wrong") == "wrong":
        return _answer(400, {"error": "invalid_client", "error_description": "Client authentication failed."})
    with store.lock:
        token = store.grant()
    return _answer(200, {"access_token": token, "scope": ",".join(SCOPES), "expires_in": TOKEN_LIVES})


def _execute(store: Store, given: dict[str, Any]) -> dict[str, Any]:
    """The body of an answer; a request that cannot be understood costs nothing."""
    try:
        operation, fields = read(str(given.get("query")), given.get("variables") or {})
        root = ROOTS[operation](store)
        fine, cost = store.spend(sum(COSTS.get(field.name, 1) for field in fields))
        if not fine:
            documentation = "https://shopify.dev/api/usage/rate-limits"
            extensions = {"code": "THROTTLED", "documentation": documentation}
            error = {"message": "Throttled", "extensions": extensions}
            return {"errors": [error], "extensions": {"cost": cost}}
        return {"data": cut(root, fields), "extensions": {"cost": cost}}
    except QueryError as error:
        return error.body


def _take(store: Store, body: bytes, boundary: str) -> Response:
    """A form as Google Cloud Storage takes it: the fields as they were named, then `file`, and no more."""
    parts = body.split(b"--" + boundary.encode() + b"\r\n")[1:]
    pieces = [(_NAME.search(part), part.partition(b"\r\n\r\n")[2]) for part in parts]
    named = [(match[1].decode() if match else "", content) for match, content in pieces]
    place = store.places.get(dict(named).get("key", b"").removesuffix(b"\r\n").decode("utf-8", "replace"))
    sent = [(name, content.removesuffix(b"\r\n").decode("utf-8", "replace")) for name, content in named[:-1]]
    end = b"\r\n--" + boundary.encode() + b"--\r\n"
    if place is None or sent != place.fields or named[-1][0] != "file" or not store.is_open(place):
        return _refusal(403, "AccessDenied", "Access denied.")
    return _keep(place, len(named[-1][1].removesuffix(end)))


def _keep(place: Place, size: int) -> Response:
    if size > place.size:
        return _refusal(400, "EntityTooLarge", "Your proposed upload is larger than the maximum object size.")
    if size < place.smallest:
        return _refusal(
            400, "EntityTooSmall", "Your proposed upload is smaller than the minimum object size."
        )
    place.got = True
    return Response(status=201 if place.is_image else 204)


def _refusal(status: int, code: str, words: str) -> Response:
    body = (
        f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>{words}</Message></Error>"
    )
    return Response(body, status=status, mimetype="application/xml")


def _shown(store: Store) -> list[dict[str, Any]]:
    return [
        {
            "id": product.id,
            "title": product.title,
            "handle": product.handle,
            "sku": product.sku,
            "media": [
                {
                    "id": each.id,
                    "kind": each.kind,
                    "status": store.status(each),
                    "alt": each.alt,
                    "source": each.source,
                }
                for each in product.media
            ],
            "metafields": {f"{space}.{key}": each.value for (space, key), each in product.metafields.items()},
        }
        for product in store.products.values()
    ]
