"""Airtable before the first result: options that explain themselves, columns compared, a test taken back."""

import json
import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from responses import RequestsMock

from connectors.airtable.connector import AirtableOptions
from connectors.base import CheckResult
from sandbox import PlannedResponse
from tests.connectors.airtable.sandboxed import (
    API,
    BASE,
    FILES,
    OPTIONS,
    TABLE,
    TOKEN,
    Bench,
    airtable,
    expected,
    on_the_bench,
)
from tests.connectors.contract import KEY, NOW, VIDEO, asked, field_errors


@pytest.fixture
def bench() -> Iterator[Bench]:
    with on_the_bench() as bench:
        yield bench


def test_two_tables_of_a_base_share_its_limit(bench: Bench) -> None:
    one, other = bench.airtable(), bench.airtable(table="Others")
    assert one.target == other.target == one.quota == f"airtable:{BASE}"


def test_check_finds_a_table_that_fits_and_writes_nothing(bench: Bench) -> None:
    for table in (TABLE, "Videos"):
        found = bench.airtable(table=table, **FILES).check()
        assert (found.ok, found.message.split(". ")[0]) == (True, 'The table "Videos" has the columns')
    assert bench.records() == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"table": "videos "}, 'The base has no table "videos". Did you mean "Videos"?'),
        ({"table": "Invoices"}, 'The base has no table "Invoices".'),
        ({"columns": "prompt=Promt"}, '"Promt": create it with the type Long text. Did you mean "Prompt"?'),
        ({"columns": "credits=Kosten"}, '"Kosten": create it with the type Number.'),
        ({"columns": "context.sku=SKU"}, '"SKU": create it with the type Single line text.'),
        (
            {"columns": "context.sku=Files"},
            '"Files" has the type Attachment, which does not take context.sku',
        ),
        ({"columns": "generation_id=Link"}, '"Link" has the type URL, which does not take generation_id'),
        ({"columns": "prompt=Completed"}, "change it to Long text"),
        ({"attachment_column": "Data"}, '"Data": create it with the type Attachment.'),
        ({"attachment_column": "Links end"}, "has the type Date with time, which does not take files"),
    ],
)
def test_check_names_what_does_not_fit_and_what_to_create(
    bench: Bench, options: dict[str, str], words: str
) -> None:
    found = bench.airtable(**options).check()
    assert not found.ok
    assert words in found.message


def test_check_names_every_column_that_is_missing(bench: Bench) -> None:
    sentence = bench.airtable(columns="prompt=A, link=B, error=C").check().message
    assert [word for word in ("A", "B", "C") if f'"{word}"' in sentence] == ["A", "B", "C"]


def test_check_says_which_scope_it_needs(bench: Bench) -> None:
    body = json.dumps({"error": {"type": "INVALID_PERMISSIONS", "message": "No."}})
    bench.sandbox.plan_response("airtable", PlannedResponse(403, body))
    found = bench.airtable().check()
    assert not found.ok
    assert "schema.bases:read" in found.message


@pytest.mark.parametrize("body", ["{}", "[]", '{"tables":[7]}', '{"tables":[{"id":"tbl"}]}', "<html>"])
def test_check_survives_an_answer_of_any_shape(bench: Bench, body: str) -> None:
    bench.sandbox.plan_response("airtable", PlannedResponse(200, body))
    assert not asked(bench.airtable().check).ok


def test_a_test_record_says_that_it_is_one_and_can_be_removed(bench: Bench) -> None:
    bench.deliver(VIDEO)
    found = bench.airtable().test(KEY, NOW)
    (_, record) = bench.records()
    assert record["fields"] == {
        "Generation ID": "relay-test-3f2a9c0d",
        "Status": "test",
        "Prompt": "A test from CreativeAI Relay.",
    }
    assert found.ok
    assert found.link.endswith(record["id"])
    assert found.written == {"record": record["id"]}
    assert bench.airtable().remove_test(found.written) == CheckResult(True, "The test record is removed.")
    assert bench.airtable().remove_test(found.written).message == "The test record was gone already."
    assert bench.cells() == [expected(VIDEO)]


def test_a_test_finds_a_column_that_is_missing(bench: Bench) -> None:
    found = asked(lambda: bench.airtable(columns="error=Fehler").test(KEY, NOW))
    assert not found.ok
    assert 'Unknown field name: "Fehler"' in found.message


def test_a_test_whose_record_is_not_known_cannot_be_removed() -> None:
    assert not airtable().remove_test({}).ok


def test_an_id_that_was_meddled_with_stays_within_the_table() -> None:
    with RequestsMock() as net:
        net.delete(re.compile(rf"{API}/.*"), json={"deleted": True})
        airtable().remove_test({"record": "../../appOther/x?y"})
        parts = urlsplit(str(net.calls[0].request.url))
    assert parts.path.startswith(f"/v0/{BASE}/{TABLE}/..%2F")
    assert parse_qs(parts.query) == {}


def test_the_address_in_the_browser_names_base_and_table() -> None:
    address = "https://airtable.com/appAbCdEfGhIjKlMn/tblAbCdEfGhIjKlMn/viwAbCdEfGhIjKlMn?blocks=hide"
    options = AirtableOptions.model_validate({"token": TOKEN, "base_id": address, "table": address})
    assert (options.base_id, options.table) == ("appAbCdEfGhIjKlMn", "tblAbCdEfGhIjKlMn")


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"token": "keyAbCdEfGhIjKlMn"}, "token", "no longer takes"),
        ({"token": "s3cret"}, "token", "starts with pat"),
        ({"token": "pat x\ny"}, "token", "starts with pat"),
        ({"base_id": "tblAbCdEfGhIjKlMn"}, "base_id", "match"),
        ({"base_id": "app../../x"}, "base_id", "match"),
        ({"table": " "}, "table", "at least 1"),
        ({"columns": "prompt=Same, error=Same"}, "columns", "two fields go to one column"),
        ({"attachment_column": "Link"}, "attachment_column", "a column of their own"),
    ],
)
def test_a_wrong_option_is_named(given: dict[str, str], field: str, words: str) -> None:
    found = field_errors("airtable", {**OPTIONS, **given})
    assert list(found) == [field]
    assert words in found[field]
