"""What Airtable would refuse of every later result too pauses the connection, and says what to do."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from responses import RequestsMock

from relay.errors import RemoteError
from tests.connectors.airtable.sandboxed import (
    BASE,
    FILES,
    TABLE,
    Bench,
    airtable,
    by_name,
    expected,
    on_the_bench,
)
from tests.connectors.airtable.test_connector import ANY
from tests.connectors.contract import FAILED, KEY, NOW, VIDEO
from tests.connectors.files import NoFiles

FULL = "Delete records that are not needed, take a larger plan, or enter another table"
MAY_EDIT = "limits who may edit"


@pytest.fixture
def bench() -> Iterator[Bench]:
    with on_the_bench() as bench:
        yield bench


def refused(status: int, body: object, **options: str) -> RemoteError:
    with RequestsMock(assert_all_requests_are_fired=False) as net:
        net.patch(ANY, status=status, json=body)
        net.get(ANY, status=403, json=body)
        with pytest.raises(RemoteError) as caught:
            airtable(**options).deliver(VIDEO, {}, KEY, by_name(**options), NoFiles(), NOW)
    return caught.value


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (422, "RECORD_LIMIT_EXCEEDED", "The table has reached its limit of 1000 records."),
        (422, "LIMIT_CHECK_FAILED", "Table record limit exceeded"),
        (422, "TOO_MANY_ROWS", ""),
        (422, "INVALID_REQUEST_UNKNOWN", "This base has reached the maximum number of records for your plan"),
        (403, "PLAN_LIMIT", "Please upgrade your plan to add more records to this base."),
        (402, "PAYMENT_REQUIRED", "Your workspace is over its record limit."),
        (413, "QUOTA", "The workspace's attachment storage quota is used up."),
    ],
)
def test_a_table_that_is_full_pauses_the_connection(status: int, kind: str, words: str) -> None:
    error = refused(status, {"error": {"type": kind, "message": words}})
    assert (error.whose, error.status) == ("connection", status)
    assert FULL in error.message


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (422, "INVALID_VALUE_FOR_COLUMN", 'Field "Prompt" exceeds the limit of 100000 characters'),
        (
            422,
            "INVALID_REQUEST_UNKNOWN",
            "The value is too long for this record: it exceeds the maximum length",
        ),
        (413, "REQUEST_TOO_LARGE", "Request body is too large"),
        (422, "INVALID_RECORDS", "Two records match"),
    ],
)
def test_a_value_that_is_too_large_is_that_result_s_own_fault(status: int, kind: str, words: str) -> None:
    assert refused(status, {"error": {"type": kind, "message": words}}).whose == "record"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ('You are not permitted to write cell values in field "Status"', 'The field "Status" limits who may'),
        ("The field Status is locked; ask its owner", 'The field "Status" limits who may'),
        ('You cannot edit the field "Owner\'s note"', 'The field "Owner\'s note" limits who may'),
        ("Column “All links” is locked", 'The field "All links" limits who may'),
        ("Cannot edit fldAbCdEfGhIjKlMn: field permissions", 'The field "fldAbCdEfGhIjKlMn" limits who may'),
        ("insufficient privileges to create row", "one of the fields Generation ID, Status, Kind,"),
        ("field or table limits who may edit", "one of the fields Generation ID, Status, Kind,"),
        ("You are not permitted to create records in this table", "The table, or one of the fields"),
    ],
)
def test_a_field_that_only_others_may_edit_is_named(words: str, says: str) -> None:
    error = refused(403, {"error": {"type": "INVALID_PERMISSIONS", "message": words}})
    assert error.whose == "connection"
    assert says in error.message
    assert MAY_EDIT in error.message
    assert "scopes" not in error.message


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (
            "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND",
            "Invalid permissions, or the requested model was not found.",
        ),
        ("INVALID_PERMISSIONS", "You are not permitted to perform this operation"),
        ("INVALID_PERMISSIONS", ""),
    ],
)
def test_a_token_that_may_not_is_told_apart(kind: str, words: str) -> None:
    error = refused(403, {"error": {"type": kind, "message": words}})
    assert (error.whose, "scopes" in error.message, MAY_EDIT in error.message) == ("connection", True, False)


def limit(bench: Bench, **what: Any) -> None:
    order = {"base": BASE, "table": TABLE, **what}
    requests.post(f"{bench.sandbox.url}/sandbox/airtable/limits", json=order, timeout=5).raise_for_status()


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ({"most_records": 0}, FULL),
        ({"locked": "Credits"}, 'The field "Credits" limits who may edit it'),
        ({"types": {"Credits": "multipleAttachments"}}, 'The column "Credits" has the type Attachment'),
        ({"types": {"Generation ID": "url"}}, 'The column "Generation ID" has the type URL'),
        ({"types": {"Completed": "number"}}, 'The column "Completed" has the type Number'),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else "",
)
def test_on_the_sandbox_it_pauses_and_is_complete_after_the_repair(
    bench: Bench, what: dict[str, Any], says: str
) -> None:
    types = {
        each["name"]: each["type"] for each in bench.call("GET", "/sandbox/airtable")["tables"][0]["fields"]
    }
    limit(bench, **what)
    for result in (FAILED, VIDEO):
        with pytest.raises(RemoteError) as caught:
            bench.deliver(result)
        assert caught.value.whose == "connection"
        assert says in caught.value.message
    assert bench.records() == []
    limit(bench, most_records=10, types=types)
    bench.deliver(VIDEO)
    assert bench.cells() == [expected(VIDEO)]


def test_a_file_column_of_another_type_pauses_too(bench: Bench) -> None:
    limit(bench, types={"Files": "singleLineText"})
    with pytest.raises(RemoteError) as caught:
        bench.deliver(VIDEO, **FILES)
    assert (caught.value.whose, 'The column "Files" has the type' in caught.value.message) == (
        "connection",
        True,
    )
