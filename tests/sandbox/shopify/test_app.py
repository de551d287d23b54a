"""The Shopify lookalike answers as recorded stores did, and its answers fit Shopify's schema."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
from graphql import execute_sync, parse, print_ast
from graphql.language import FieldNode, OperationDefinitionNode

from sandbox import PlannedResponse, Sandbox
from tests.reference.shopify import recorded, schema, shape
from tests.sandbox.client import Client

API = "/admin/api/2026-10/graphql.json"
STAGE = """mutation($input: [StagedUploadInput!]!) { stagedUploadsCreate(input: $input) {
  stagedTargets { url resourceUrl parameters { name value } } userErrors { field message } } }"""
ATTACH = """mutation($product: ProductUpdateInput!, $media: [CreateMediaInput!]!) {
  productUpdate(product: $product, media: $media) {
    product { id media(last: 3) { nodes {
      id alt mediaContentType status mediaErrors { code details message } } } }
    userErrors { field message } } }"""
STATUS = """query($ids: [ID!]!) { nodes(ids: $ids) { __typename id
  ... on Video { status duration sources { url format mimeType width height fileSize } mediaErrors { code } }
  ... on MediaImage { status image { url width height } mediaErrors { code } } } }"""
MARK = """mutation($metafields: [MetafieldsSetInput!]!) { metafieldsSet(metafields: $metafields) {
  metafields { id namespace key type value compareDigest }
  userErrors { field message code elementIndex } } }"""
SHOP = """{ shop { id name myshopifyDomain plan { publicDisplayName } }
  currentAppInstallation { accessScopes { handle } } }"""
VARIANTS = """{ productVariants(first: 1, query: "sku:MUG-1") {
  nodes { id sku product { id title } } pageInfo { hasNextPage endCursor } } }"""
VIDEO = {
    "resource": "VIDEO",
    "filename": "a.mp4",
    "mimeType": "video/mp4",
    "httpMethod": "POST",
    "fileSize": "5",
}


def ask(client: Client, query: str, variables: object = None, token: str = "shpat_any") -> requests.Response:
    headers = {"X-Shopify-Access-Token": token}
    return client.call("POST", API, json={"query": query, "variables": variables or {}}, headers=headers)


def data(client: Client, query: str, variables: object = None) -> dict[str, Any]:
    answer = ask(client, query, variables)
    assert answer.status_code == 200
    assert "errors" not in answer.json(), answer.text
    return dict(next(iter(answer.json()["data"].values())))


def product_of(client: Client) -> dict[str, Any]:
    return dict(client.call("GET", "/sandbox/shopify").json()["products"][0])


def staged(client: Client, **changes: object) -> dict[str, Any]:
    return dict(data(client, STAGE, {"input": [{**VIDEO, **changes}]})["stagedTargets"][0])


def fields_of(target: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(each["name"], (None, each["value"])) for each in target["parameters"]]


def send(client: Client, parts: list[tuple[str, Any]]) -> requests.Response:
    return client.call("POST", "/", files=parts, headers={})


def uploaded(client: Client) -> str:
    target = staged(client)
    assert send(client, [*fields_of(target), ("file", ("a.mp4", b"video"))]).status_code == 204
    return str(target["resourceUrl"])


def attach(client: Client, source: str, kind: str = "VIDEO", **changes: object) -> dict[str, Any]:
    media = {"originalSource": source, "mediaContentType": kind, "alt": "A mug", **changes}
    return data(client, ATTACH, {"product": {"id": product_of(client)["id"]}, "media": [media]})


def last(payload: dict[str, Any]) -> dict[str, Any]:
    return dict(payload["product"]["media"]["nodes"][-1])


def mark(client: Client, value: str, **digest: object) -> dict[str, Any]:
    given = {"ownerId": product_of(client)["id"], "namespace": "ns", "key": "vgen_1", "value": value}
    return data(client, MARK, {"metafields": [{**given, "type": "single_line_text_field", **digest}]})


@pytest.mark.parametrize(
    "name",
    [
        "staged_upload_video_post",
        "staged_upload_video_missing_file_size",
        "staged_upload_unsupported_mime",
        "staged_upload_unknown_resource",
    ],
)
def test_a_recorded_request_gets_an_answer_of_the_recorded_shape(client: Client, name: str) -> None:
    record = recorded(name)
    answer = ask(client, record["request"]["query"], record["request"]["variables"])
    wanted = record["response"]
    assert answer.status_code == wanted["status"]
    got = answer.json()
    got.get("errors", [{}])[0].setdefault("locations", [{"line": 2, "column": 35}])
    assert sorted_shape(got) == sorted_shape(wanted["body"])
    if "data" in got:
        mine, theirs = got["data"]["stagedUploadsCreate"], wanted["body"]["data"]["stagedUploadsCreate"]
        assert mine["userErrors"] == theirs["userErrors"]
        for ours, real in zip(mine["stagedTargets"], theirs["stagedTargets"], strict=True):
            assert ours["url"] == real["url"]
            assert [each["name"] for each in ours["parameters"]] == [
                each["name"] for each in real["parameters"]
            ]
    else:
        assert got["errors"][0]["message"] == wanted["body"]["errors"][0]["message"]


def sorted_shape(value: Any) -> Any:
    """Shapes without the order of fields and without what only some problems carry."""
    if isinstance(value, dict):
        return {name: sorted_shape(inner) for name, inner in value.items() if name != "message" or inner}
    return [sorted_shape(each) for each in value] if isinstance(value, list) else type(value).__name__


def test_a_recorded_read_of_a_product_s_media_has_the_recorded_shape(client: Client) -> None:
    record = recorded("product_media_read_processing")
    attach(client, "https://example.com/a.png", "IMAGE")
    attach(client, "https://youtu.be/dQw4w9WgXcQ", "EXTERNAL_VIDEO")
    got = ask(client, record["request"]["query"], {"id": product_of(client)["id"]}).json()
    assert shape(got["data"]) == shape(record["response"]["body"]["data"])
    assert shape(got["extensions"]) == shape(record["response"]["body"]["extensions"])


@pytest.mark.parametrize("name", ["product_update_media_ok", "product_update_media_invalid_source"])
def test_a_recorded_attach_has_the_recorded_answer(client: Client, name: str) -> None:
    record = recorded(name)
    attach(client, "https://example.com/a.png", "IMAGE")
    if name.endswith("source"):
        attach(client, "https://youtu.be/dQw4w9WgXcQ", "EXTERNAL_VIDEO")
    variables = {**record["request"]["variables"], "product": {"id": product_of(client)["id"]}}
    got = ask(client, record["request"]["query"], variables).json()
    wanted = record["response"]["body"]
    assert shape(got) == shape(wanted)
    assert got["data"]["productUpdate"]["userErrors"] == wanted["data"]["productUpdate"]["userErrors"]


def test_recorded_claims_of_a_metafield_are_answered_as_recorded(client: Client) -> None:
    owner = product_of(client)["id"]
    digest: object = None
    for name in ("metafields_set_claim_ok", "metafields_set_cas_ok", "metafields_set_stale"):
        record = recorded(name)
        given = {
            **record["request"]["variables"]["metafields"][0],
            "ownerId": owner,
            "key": "k",
            "namespace": "n",
        }
        if name.endswith("cas_ok"):
            given["compareDigest"] = digest
        got = ask(client, record["request"]["query"], {"metafields": [given]}).json()
        assert shape(got) == shape(record["response"]["body"]), name
        wanted = record["response"]["body"]["data"]["metafieldsSet"]["userErrors"]
        assert got["data"]["metafieldsSet"]["userErrors"] == wanted
        digest = (got["data"]["metafieldsSet"]["metafields"] or [{}])[0].get("compareDigest")


def test_a_field_that_does_not_exist_is_refused_as_recorded(client: Client) -> None:
    record = recorded("graphql_undefined_field")
    got = ask(client, record["request"]["query"], record["request"]["variables"]).json()["errors"][0]
    wanted = record["response"]["body"]["errors"][0]
    assert (got["message"], got["extensions"]) == (wanted["message"], wanted["extensions"])


def test_every_answer_fits_the_schema(client: Client) -> None:
    """graphql-core runs each request with the lookalike's answer as its data: what does not fit breaks."""
    source = uploaded(client)
    product = product_of(client)["id"]
    media = [
        {"originalSource": source, "mediaContentType": "VIDEO", "alt": "A"},
        {"originalSource": "https://example.com/a.png", "mediaContentType": "IMAGE"},
    ]
    claim = {"ownerId": product, "namespace": "n", "key": "k1", "value": "v", "compareDigest": None}
    asked: list[tuple[str, dict[str, Any]]] = [
        (STAGE, {"input": [VIDEO]}),
        (STAGE, {"input": [{**VIDEO, "fileSize": None}]}),
        (ATTACH, {"product": {"id": product}, "media": media}),
        (ATTACH, {"product": {"id": product}, "media": [{**media[1], "originalSource": "x"}]}),
        (ATTACH, {"product": {"id": "gid://shopify/Product/1"}, "media": media}),
        (MARK, {"metafields": [claim]}),
        (SHOP, {}),
        (VARIANTS, {}),
        ('{ productByIdentifier(identifier: {handle: "clay-mug"}) { id title handle status } }', {}),
    ]
    for query, variables in asked:
        check_against_schema(query, variables, ask(client, query, variables).json())
    client.pass_time(60)
    ids = [each["id"] for each in product_of(client)["media"]]
    check_against_schema(STATUS, {"ids": ids}, ask(client, STATUS, {"ids": ids}).json())


def check_against_schema(query: str, variables: dict[str, Any], answer: dict[str, Any]) -> None:
    assert "errors" not in answer, answer
    document = parse(query)
    (operation,) = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    assert all(isinstance(each, FieldNode) for each in operation.selection_set.selections)

    def resolve(source: Any, info: Any, **_: Any) -> Any:
        return source[info.path.key]

    def kind(value: Any, info: Any, abstract: Any) -> str:
        if "__typename" in value:
            return str(value["__typename"])
        return str(value["id"].split("/")[3])

    found = execute_sync(
        schema(),
        document,
        root_value=answer["data"],
        variable_values=variables,
        field_resolver=resolve,
        type_resolver=kind,
    )
    assert found.errors is None, (print_ast(document), found.errors)
    assert found.data == answer["data"]


def test_a_video_is_processed_by_the_clock(client: Client) -> None:
    media = last(attach(client, uploaded(client)))
    states = [media["status"]]
    for seconds in (3, 6):
        client.pass_time(seconds)
        states.append(data_of_nodes(client, [media["id"]])[0]["status"])
    assert states == ["UPLOADED", "PROCESSING", "READY"]
    assert data_of_nodes(client, [media["id"]])[0]["sources"][0]["url"].startswith("https://cdn.shopify.com/")


def data_of_nodes(client: Client, ids: list[str]) -> list[Any]:
    return list(ask(client, STATUS, {"ids": ids}).json()["data"]["nodes"])


def test_a_failure_can_be_ordered(client: Client) -> None:
    client.call("POST", "/sandbox/shopify/errors", json={"code": "VIDEO_MAX_DURATION_ERROR"})
    media = last(attach(client, uploaded(client)))
    client.pass_time(9)
    (node,) = data_of_nodes(client, [media["id"]])
    assert (node["status"], node["mediaErrors"]) == ("FAILED", [{"code": "VIDEO_MAX_DURATION_ERROR"}])
    assert data_of_nodes(client, ["gid://shopify/Video/1"]) == [None]


Change = Callable[[list[tuple[str, Any]]], list[tuple[str, Any]]]
FILE = ("file", ("a.mp4", b"video"))


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        (lambda fields: [*fields, FILE], 204, ""),
        (lambda fields: [FILE, *fields], 403, "AccessDenied"),
        (lambda fields: [*fields[::-1], FILE], 403, "AccessDenied"),
        (lambda fields: [*fields[:-1], FILE], 403, "AccessDenied"),
        (lambda fields: [*fields, ("data", ("a.mp4", b"video"))], 403, "AccessDenied"),
        (lambda fields: [FILE], 403, "AccessDenied"),
        (lambda fields: [*fields, ("file", ("a.mp4", b"video!"))], 400, "EntityTooLarge"),
        (lambda fields: [*fields, ("file", ("a.mp4", b"vide"))], 400, "EntityTooSmall"),
    ],
    ids=[
        "right",
        "file first",
        "other order",
        "one missing",
        "other name",
        "file alone",
        "too long",
        "too short",
    ],
)
def test_an_upload_is_held_to_its_fields_its_order_and_its_size(
    client: Client, change: Change, status: int, code: str
) -> None:
    answer = send(client, change(fields_of(staged(client))))
    assert answer.status_code == status
    assert code in answer.text


def test_an_image_is_taken_by_its_upload_up_to_20_mb_and_by_nothing_else_of_that_host(client: Client) -> None:
    image = {"resource": "IMAGE", "filename": "mug.png", "mimeType": "image/png", "fileSize": None}
    target = staged(client, **image)
    assert str(target["resourceUrl"]).endswith("/mug.png")
    assert (
        attach(client, target["resourceUrl"], "IMAGE")["userErrors"][0]["message"] == "Image URL is invalid"
    )
    large = send(client, [*fields_of(target), ("file", ("mug.png", b"x" * 20_971_521))])
    assert (large.status_code, "EntityTooLarge" in large.text) == (400, True)
    assert send(client, [*fields_of(target), ("file", ("mug.png", b"image"))]).status_code == 201
    assert not attach(client, target["resourceUrl"], "IMAGE")["userErrors"]


def test_an_upload_place_ends_after_an_hour(client: Client) -> None:
    target = staged(client)
    client.clock.now += 3601
    assert send(client, [*fields_of(target), FILE]).status_code == 403


def test_a_foreign_video_or_one_that_was_not_uploaded_is_refused(client: Client) -> None:
    for source in ("https://example.com/a.mp4", staged(client)["resourceUrl"]):
        payload = attach(client, source)
        assert payload["userErrors"] == [
            {"field": ["media", "0", "originalSource"], "message": f"Invalid video url={source}"}
        ]
        assert payload["product"]["media"]["nodes"] == []


def test_an_alternative_text_that_is_too_long_is_refused(client: Client) -> None:
    assert attach(client, "https://example.com/a.png", "IMAGE", alt="x" * 513)["userErrors"]
    assert not attach(client, "https://example.com/a.png", "IMAGE", alt="x" * 512)["userErrors"]


def test_a_marker_is_claimed_once(client: Client) -> None:
    first = mark(client, "a", compareDigest=None)
    assert first["userErrors"] == []
    assert mark(client, "b", compareDigest=None)["userErrors"][0]["code"] == "STALE_OBJECT"
    assert mark(client, "b", compareDigest="no")["userErrors"][0]["code"] == "STALE_OBJECT"
    assert mark(client, "b", compareDigest=first["metafields"][0]["compareDigest"])["userErrors"] == []
    assert mark(client, "c")["userErrors"] == []
    assert product_of(client)["metafields"] == {"ns.vgen_1": "c"}


def test_points_are_told_with_each_answer_and_run_out(client: Client) -> None:
    cost = {}
    for _ in range(200):
        answer = ask(client, STAGE, {"input": [VIDEO]}).json()
        cost = answer["extensions"]["cost"]
        if "errors" in answer:
            break
    assert answer["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert cost["actualQueryCost"] is None
    assert cost["throttleStatus"]["currentlyAvailable"] < cost["requestedQueryCost"]
    client.clock.now += 1
    assert "errors" not in ask(client, STAGE, {"input": [VIDEO]}).json()


def test_a_store_that_is_not_paced_never_runs_out(
    start: Callable[..., Sandbox], connect: Callable[..., Client]
) -> None:
    client = connect(start(paced=False))
    assert all("errors" not in ask(client, STAGE, {"input": [VIDEO]}).json() for _ in range(200))


def test_tokens_are_granted_for_a_day_and_others_refused(client: Client) -> None:
    form = {"grant_type": "client_credentials", "client_id": "app", "client_secret": "shpss_good"}
    granted = client.call("POST", "/admin/oauth/access_token", data=form).json()
    assert (granted["expires_in"], granted["scope"]) == (86_399, "read_products,write_products")
    assert ask(client, "{ shop { name } }", token=granted["access_token"]).status_code == 200
    client.clock.now += 86_400
    for token in (granted["access_token"], "", "made-up"):
        refused = ask(client, "{ shop { name } }", token=token)
        assert (refused.status_code, isinstance(refused.json()["errors"], str)) == (401, True)
    wrong = client.call("POST", "/admin/oauth/access_token", data={**form, "client_secret": "wrong"})
    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_client")


def test_the_version_asked_for_is_the_version_that_answers(client: Client) -> None:
    assert ask(client, "{ shop { name } }").headers["X-Shopify-API-Version"] == "2026-10"


@pytest.mark.parametrize(
    "query", ["", "{", "{ shop { name }", "subscription { a }", "{ shop { nope } }", "?"]
)
def test_what_cannot_be_understood_is_refused_with_a_200(client: Client, query: str) -> None:
    answer = ask(client, query)
    assert (answer.status_code, "errors" in answer.json()) == (200, True)


def test_an_id_that_is_none_is_refused_as_recorded(client: Client) -> None:
    got = ask(client, "query($id: ID!) { product(id: $id) { id } }", {"id": ""}).json()
    wanted = recorded("graphql_invalid_global_id")["response"]["body"]["errors"][0]
    assert got["errors"][0]["extensions"] == wanted["extensions"]


def test_pages_of_media_follow_one_another(client: Client) -> None:
    for number in range(5):
        attach(client, f"https://example.com/{number}.png", "IMAGE")
    query = """query($id: ID!, $after: String) { product(id: $id) { media(first: 2, after: $after) {
        nodes { id } pageInfo { hasNextPage endCursor } } } }"""
    found: list[str] = []
    after = None
    for _ in range(3):
        page = data(client, query, {"id": product_of(client)["id"], "after": after})["media"]
        found += [node["id"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    assert not page["pageInfo"]["hasNextPage"]
    assert found == [each["id"] for each in product_of(client)["media"]]


def test_products_are_added_found_and_shown(client: Client) -> None:
    made = client.call(
        "POST", "/sandbox/shopify/products", json={"title": "A Bowl!", "sku": "B-1", "lag": 10}
    )
    assert made.status_code == 201
    query = 'query { productVariants(first: 5, query: "sku:\\"B-1\\"") { nodes { product { id handle } } } }'
    assert data(client, query) == {"nodes": []}
    client.clock.now += 11
    assert data(client, query) == {"nodes": [{"product": {"id": made.json()["id"], "handle": "a-bowl"}}]}
    page = client.call("GET", "/sandbox/shopify", headers={"Accept": "text/html"})
    assert "A Bowl! (B-1)" in page.text
    assert client.call("POST", "/sandbox/shopify/products", json={}).status_code == 400


def test_any_other_answer_can_be_planned_and_all_is_kept(client: Client, sandbox: Sandbox) -> None:
    sandbox.plan_response("shopify", PlannedResponse(402, '{"errors": "Unavailable Shop"}'))
    assert ask(client, "{ shop { name } }").status_code == 402
    assert ask(client, "{ shop { name } }").status_code == 200
    first, _ = sandbox.received("shopify")
    assert json.loads(first.body)["query"] == "{ shop { name } }"
