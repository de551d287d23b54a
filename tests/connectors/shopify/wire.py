"""A Shopify in `responses`: a store with one product that answers each operation, or as ordered."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from responses import RequestsMock

from connectors.base import Done, NotYet
from connectors.shopify.connector import Shopify
from relay.errors import RemoteError
from relay.http.client import Http
from tests.connectors.contract import CONTEXT, KEY, NOW, VIDEO, Kept, Refusal
from tests.connectors.files import GivenFiles

SHOP = "clay-and-co.myshopify.com"
URL = f"https://{SHOP}/admin/api/2026-10/graphql.json"
TOKEN_URL = f"https://{SHOP}/admin/oauth/access_token"
TOKEN = "shpat_s3cretS3cretS3cret"
FILE = "https://cdn.example.com/vgen_abc123.mp4"
BUCKET = "https://bucket.storage.googleapis.com"
PRODUCT = "gid://shopify/Product/1"
COST = {"maximumAvailable": 2000, "currentlyAvailable": 1900, "restoreRate": 100}
SCOPES = [{"handle": "read_products"}, {"handle": "write_products"}]

FILM = GivenFiles({FILE: b"x" * 100})

Reply = tuple[int, dict[str, str], str]


def body(data: Mapping[str, Any] | None = None, cost: int = 10, left: float = 1900, **rest: Any) -> str:
    state = {**COST, "currentlyAvailable": left}
    extensions = {"cost": {"requestedQueryCost": cost, "actualQueryCost": cost, "throttleStatus": state}}
    return json.dumps({**({"data": data} if data is not None else {}), "extensions": extensions, **rest})


def errors(code: str, message: str = "No", **rest: Any) -> str:
    return body(errors=[{"message": message, "extensions": {"code": code}}], **rest)


class Shop:
    """Answers like a store with one product; `instead` has other answers by operation, used once each."""

    def __init__(self, instead: Mapping[str, list[Refusal | Exception]] | None = None) -> None:
        self.instead = {name: list(each) for name, each in (instead or {}).items()}
        self.media: list[dict[str, Any]] = []
        self.marker: dict[str, str] | None = None
        self.left = 1900.0
        self.tokens: list[str] = []
        self.version = "2026-10"
        self.staged = ""

    def on(self, net: RequestsMock) -> None:
        net.add_callback("POST", URL, self.answer)
        net.add_callback("POST", f"{BUCKET}/", lambda _: self.other("upload") or (204, {}, ""))

    def other(self, name: str) -> Reply | None:
        for each in self.instead.get(name, [])[:1]:
            self.instead[name].pop(0)
            if isinstance(each, Exception):
                raise each
            return each.status, dict(each.headers), each.body
        return None

    def answer(self, request: Any) -> Reply:
        asked = json.loads(request.body)
        name = asked["query"].split("(")[0].split()[1]
        self.tokens.append(request.headers["X-Shopify-Access-Token"])
        usual = getattr(self, name)(asked["variables"])
        headers = {"X-Shopify-API-Version": self.version}
        return self.other(name) or (200, headers, body(usual, left=self.left))

    def RelayShop(self, _: Any) -> dict[str, Any]:  # noqa: N802 - the operation's name
        return {
            "shop": {"name": "Clay & Co", "myshopifyDomain": SHOP},
            "currentAppInstallation": {"accessScopes": SCOPES},
        }

    def RelayProduct(self, _: Any) -> dict[str, Any]:  # noqa: N802
        return {"productByIdentifier": {"id": PRODUCT}}

    def RelayVariants(self, _: Any) -> dict[str, Any]:  # noqa: N802
        page = {"hasNextPage": False, "endCursor": None}
        node = {"sku": "MUG-1", "product": {"id": PRODUCT}}
        return {"productVariants": {"nodes": [node], "pageInfo": page}}

    def RelayMedia(self, _: Any) -> dict[str, Any]:  # noqa: N802
        page = {"hasNextPage": False, "endCursor": None}
        return {"product": {"metafield": self.marker, "media": {"nodes": self.media, "pageInfo": page}}}

    def RelayFileNames(self, variables: Any) -> dict[str, Any]:  # noqa: N802
        return self.RelayStatus(variables)

    def RelayStage(self, variables: Any) -> dict[str, Any]:  # noqa: N802
        self.staged = variables["input"][0]["filename"]
        target = {
            "url": BUCKET,
            "resourceUrl": f"{BUCKET}?external_video_id=1",
            "parameters": [{"name": "key", "value": "a"}, {"name": "policy", "value": "p0l1cy" * 5}],
        }
        return {"stagedUploadsCreate": {"stagedTargets": [target], "userErrors": []}}

    def RelayAttach(self, variables: Any) -> dict[str, Any]:  # noqa: N802
        for each in variables["media"]:
            number = len(self.media) + 1
            kept = {"id": f"gid://shopify/Video/{number}", "status": "READY", "filename": self.staged}
            self.media.append({**kept, "alt": each["alt"], "mediaContentType": each["mediaContentType"]})
        return {"productUpdate": {"product": {"media": {"nodes": list(self.media)}}, "userErrors": []}}

    def RelayMark(self, variables: Any) -> dict[str, Any]:  # noqa: N802
        self.marker = {"value": variables["metafields"][0]["value"], "compareDigest": "d1"}
        return {"metafieldsSet": {"metafields": [self.marker], "userErrors": []}}

    def RelayStatus(self, variables: Any) -> dict[str, Any]:  # noqa: N802
        return {"nodes": [each for each in self.media if each["id"] in variables["ids"]]}


def accepts(net: RequestsMock) -> None:
    Shop().on(net)


def refuses(net: RequestsMock, answer: Refusal | Exception) -> None:
    if isinstance(answer, Exception):
        net.post(URL, body=answer)
    else:
        net.post(URL, status=answer.status, body=answer.body, headers=dict(answer.headers))


def asked(net: RequestsMock, operation: str) -> list[dict[str, Any]]:
    """The variables of each call of this operation."""
    found = [json.loads(each.request.body) for each in net.calls if each.request.url == URL]
    return [each["variables"] for each in found if f" {operation}" in each["query"]]


def shown(net: RequestsMock) -> str:
    return json.dumps([asked(net, "RelayAttach"), asked(net, "RelayStage")], ensure_ascii=False)


def connect(**options: str) -> Shopify:
    given = {"shop": SHOP, "access_token": TOKEN} if not options else {"shop": SHOP, **options}
    return Shopify(Shopify.Options.model_validate(given), Http())  # type: ignore[arg-type]


def once(shop: Shop, memory: Kept, result: Any = VIDEO, connector: Shopify | None = None) -> Done | NotYet:
    with RequestsMock(assert_all_requests_are_fired=False) as net:
        shop.on(net)
        return (connector or connect()).deliver(result, CONTEXT, KEY, memory, FILM, NOW)


def fault(shop: Shop, memory: Kept | None = None, result: Any = VIDEO) -> RemoteError:
    with pytest.raises(RemoteError) as caught:
        once(shop, Kept() if memory is None else memory, result)
    assert caught.value.message.endswith(".")
    return caught.value
