"""The sandbox answers each sampled request with the sample's status, field names and types."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from sandbox import Sandbox
from tests.samples import PATH, sample
from tests.sandbox.client import Client, Clock
from tests.sandbox.replay import Replay

ID = "1SampleSpreadsheetOfTheseTests_0123456789abc"
HEADER = ["Generation ID", "Status", "Prompt", "Credits", "SKU"]
TABLE = "appAbCdEfGhIjKlMn/tblAbCdEfGhIjKlMn"


def samples_of(service: str) -> set[str]:
    names = {f"{service}/{path.stem}" for path in (PATH / service).glob("*.json")}
    return {name for name in names if not name.startswith(f"{service}/refusals")}


@pytest.fixture
def sandbox(start: Callable[..., Sandbox]) -> Sandbox:
    return start(paced=False)


@pytest.fixture
def replay(sandbox: Sandbox) -> Replay:
    return Replay(sandbox.url)


def of_airtable(replay: Replay) -> Replay:
    """The sandbox's own base and table in the place of the sampled ones."""
    for sampled, ours in zip(TABLE.split("/"), ("appSandbox00000000", "tblSandbox00000000"), strict=True):
        replay.know(sampled, ours)
    return replay


def test_airtable_is_answered_as_sampled(replay: Replay, client: Client) -> None:
    of_airtable(replay)
    names = ["upsert", "update", "attach.partial", "attach"]
    for name in names:
        replay.same(f"airtable/{name}")
    copy = {"records": [{"fields": {"Generation ID": "vgen_abc123"}}]}
    client.call("POST", "/v0/appSandbox00000000/Videos", json=copy, headers={"Authorization": "Bearer pat1"})
    replay.refused("airtable/refusals", "INVALID_RECORDS", "airtable/upsert")
    listed = replay.same("airtable/find")["records"]
    assert len(listed) == 2
    for name in ("tables", "remove"):
        replay.same(f"airtable/{name}")
    replay.refused("airtable/refusals", "404", "airtable/remove")
    replay.refused("airtable/refusals", "ROW_DOES_NOT_EXIST", "airtable/attach")
    assert replay.sent == samples_of("airtable")


@pytest.mark.parametrize(
    ("word", "cell"),
    [
        ("INVALID_VALUE_FOR_COLUMN", {"Credits": "many"}),
        ("INVALID_ATTACHMENT_OBJECT", {"Files": ["https://example.com/a.png"]}),
        ("INVALID_MULTIPLE_CHOICE_OPTIONS", {"Status": ""}),
        ("UNKNOWN_FIELD_NAME", {"Promt": "x"}),
    ],
)
def test_airtable_refuses_a_cell_as_sampled(replay: Replay, word: str, cell: dict[str, Any]) -> None:
    sampled = sample("airtable/upsert").request["body"]
    body = sampled | {"records": [{"fields": {"Generation ID": "vgen_abc123"} | cell}]}
    of_airtable(replay).refused("airtable/refusals", word, "airtable/upsert", body=body)


def test_airtable_refuses_a_token_and_a_base_as_sampled(replay: Replay) -> None:
    for word, token in (("AUTHENTICATION_REQUIRED", ""), ("UNAUTHORIZED", "Bearer keyOld")):
        replay.refused("airtable/refusals", word, "airtable/find", headers={"Authorization": token})
    replay.refused("airtable/refusals", "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND", "airtable/find")


def test_airtable_throttles_as_sampled(start: Callable[..., Sandbox]) -> None:
    replay = of_airtable(Replay(start().url))
    for _ in range(5):
        replay.send("airtable/find")
    replay.refused("airtable/refusals", "RATE_LIMIT_REACHED", "airtable/find")


def make_book(sandbox: Sandbox, *rows: list[Any], **more: Any) -> None:
    tabs = [{"title": "Results", "sheetId": 1001, "frozen_rows": 1, "values": list(rows)}]
    book = {"id": ID, "tabs": tabs} | more
    requests.post(f"{sandbox.url}/sandbox/sheets", json=book, timeout=5).raise_for_status()


def test_sheets_is_answered_as_sampled(replay: Replay, sandbox: Sandbox) -> None:
    make_book(sandbox, HEADER)
    for name in ("token", "append", "read", "put", "tabs", "change.widen", "change.delete_row"):
        replay.same(f"sheets/{name}")
    make_book(sandbox, tabs=[{"title": "Sheet1"}])
    replay.same("sheets/change.add_tab")
    assert replay.sent == samples_of("sheets")


def test_sheets_refuses_as_sampled(replay: Replay, sandbox: Sandbox, clock: Clock) -> None:
    replay.refused("sheets/refusals", "UNAUTHENTICATED", "sheets/read")
    replay.same("sheets/token")
    replay.refused("sheets/refusals", "NOT_FOUND", "sheets/read")
    make_book(sandbox, shared_with=["else@x.example"])
    replay.refused("sheets/refusals", "The caller does not have permission", "sheets/read")
    make_book(sandbox, tabs=[{"title": "Other"}])
    replay.refused("sheets/refusals", "No grid with id", "sheets/read")
    replay.refused("sheets/refusals", "Unable to parse range", "sheets/append")
    make_book(sandbox, HEADER)
    far = {"gridRange": {"sheetId": 1001, "startColumnIndex": 51, "endColumnIndex": 52}}
    asked = sample("sheets/read").request["body"] | {"dataFilters": [far]}
    replay.refused("sheets/refusals", "exceeds grid limits", "sheets/read", body=asked)
    sampled = sample("sheets/append").request["body"]
    long = sampled | {"values": [["x" * 50_001]]}
    replay.refused("sheets/refusals", "maximum of 50000", "sheets/append", body=long)


def test_sheets_throttles_as_sampled(start: Callable[..., Sandbox]) -> None:
    sandbox = start()
    make_book(sandbox, HEADER)
    replay = Replay(sandbox.url)
    replay.same("sheets/token")
    for _ in range(60):
        replay.same("sheets/put")
    replay.refused("sheets/refusals", "RESOURCE_EXHAUSTED", "sheets/put")


@pytest.mark.parametrize(
    ("word", "claims"),
    [
        ("short-lived", {"exp": 1_800_009_999}),
        ("invalid_scope", {"scope": "https://www.googleapis.com/auth/drive.file"}),
        ("Signature", {"iss": None}),
    ],
)
def test_google_s_sign_in_refuses_as_sampled(replay: Replay, word: str, claims: dict[str, Any]) -> None:
    form = sample("sheets/token").request["form"]
    header, sampled = form["assertion"]
    changed = form | {"assertion": [header, sampled | claims]}
    replay.refused("sheets/refusals.token", word, "sheets/token", form=changed)


def until_uploaded(replay: Replay) -> Replay:
    for name in ("token", "variants", "media", "stage", "upload"):
        replay.same(f"shopify/{name}")
    return replay


def test_shopify_is_answered_as_sampled(replay: Replay, client: Client) -> None:
    until_uploaded(replay)
    refused = replay.same("shopify/attach.refused")["data"]["productUpdate"]["userErrors"]
    assert refused == sample("shopify/attach.refused").body["data"]["productUpdate"]["userErrors"]
    for name in ("shop", "product", "attach", "mark", "mark.stale", "media.attached", "file_names"):
        replay.same(f"shopify/{name}")
    client.pass_time(9)
    assert replay.same("shopify/status")["data"]["nodes"][0]["status"] == "READY"
    replay.same("shopify/stage.refused")
    assert replay.sent == samples_of("shopify") - {"shopify/status.failed"}


def test_shopify_fails_to_process_as_sampled(replay: Replay, client: Client) -> None:
    client.call("POST", "/sandbox/shopify/errors", json={"code": "VIDEO_MAX_DURATION_ERROR"})
    until_uploaded(replay).same("shopify/attach")
    client.pass_time(9)
    assert replay.same("shopify/status.failed")["data"]["nodes"][0]["status"] == "FAILED"


def test_shopify_refuses_as_sampled(replay: Replay) -> None:
    replay.refused("shopify/refusals", "401", "shopify/shop")
    form = sample("shopify/token").request["form"] | {"client_secret": "wrong"}
    replay.refused("shopify/refusals.token", "invalid_client", "shopify/token", form=form)
    replay.same("shopify/token")
    body = {"query": "{ shop { nope } }"}
    replay.refused("shopify/refusals", "undefinedField", "shopify/shop", body=body)
    replay.refused("shopify/refusals.upload", "AccessDenied", "shopify/upload")


@pytest.mark.heavy
def test_shopify_throttles_as_sampled(start: Callable[..., Sandbox]) -> None:
    replay = Replay(start().url)
    replay.same("shopify/token")
    while "errors" not in replay.send("shopify/variants").json():
        pass
    replay.refused("shopify/refusals", "THROTTLED", "shopify/variants")
